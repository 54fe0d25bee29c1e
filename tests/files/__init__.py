"""The files door: import and export."""
