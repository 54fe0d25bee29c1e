"""Units, persons, roles, delegation and responsibility: who answers for what, and so who sees what."""
