"""Fields that the city adds to registers without code: their definitions, and the values that records hold of them."""
