"""The trail sealed: batches of its entries under a Merkle root, chained, signed, and checked by a stand-alone program."""
