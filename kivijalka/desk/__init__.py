"""What waits for the acting person."""
