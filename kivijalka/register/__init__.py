"""Registers by one declaration: what each door, rule of access, and line of history is made from."""
