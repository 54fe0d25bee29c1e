"""Tests of the risks room."""
