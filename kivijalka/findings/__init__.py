"""Findings of audits, inspections and one's own, and exceptions from what is required."""
