"""What a year may cost: the records joined to the engine. Only reads; no tables."""
