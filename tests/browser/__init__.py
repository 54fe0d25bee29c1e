"""Tests of the pages themselves: a real server, a real browser."""
