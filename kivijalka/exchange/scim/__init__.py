"""SCIM 2.0 (RFC 7643, 7644): the system that knows who works here says so, and persons and units follow (decision 12)."""
