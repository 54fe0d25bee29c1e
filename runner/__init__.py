"""Sets up, starts, watches and stops Kivijalka on one machine, with Python's standard library alone."""
