"""The access matrix: every kind of role x register x door, generated from the declarations."""
