"""What the city and its units want to reach: risks are effects of uncertainty on it."""
