"""People from a file: a city's personnel system says who works where, with which roles, and who does no longer."""
