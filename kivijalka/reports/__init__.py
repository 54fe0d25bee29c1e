"""Windows on the chain; only reads."""
