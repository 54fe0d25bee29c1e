"""Workshops: many assess the same risks, each by themselves and unseen; then they agree."""
