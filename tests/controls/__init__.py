"""Tests of the controls room."""
