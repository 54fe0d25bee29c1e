"""Meetings of management teams: an agenda of what changed, decisions as they are made, minutes that stay."""
