"""Checks of the declarations."""


def connect() -> None:
    """Register the checks with Django."""
