"""A tiny site that stands in for the real one in the tests of the launcher."""
