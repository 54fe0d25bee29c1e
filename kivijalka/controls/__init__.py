"""Controls: what keeps risks at their level, and the tests that show whether it works."""
