"""Programmes of change: what they gather, how far they are, what they change, and which actions are chosen."""
