"""What risks are watched by: indicators with a limit, and signals of change. Either asks for a new look at a risk."""
