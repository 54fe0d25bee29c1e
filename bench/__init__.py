"""Figures that the project claims, one file each, measured against a peer in the same run."""
