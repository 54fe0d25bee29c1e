"""The site: settings, addresses, sign-in, and the frame around every page."""
