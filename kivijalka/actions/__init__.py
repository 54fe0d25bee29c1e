"""Actions of the whole chain: who does what by when, and whether it worked."""
