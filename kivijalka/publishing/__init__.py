"""What the city has chosen to publish."""
