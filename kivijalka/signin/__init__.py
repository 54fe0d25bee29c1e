"""Who is at the door: guesses slowed down, devices, second factors, sessions, tokens."""
