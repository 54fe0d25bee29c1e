"""The engine: losses, learning, cascades and choices, exact or with stated bounds. Arrays in, arrays out."""
