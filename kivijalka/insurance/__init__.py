"""Insurance: what share of a loss somebody else bears."""
