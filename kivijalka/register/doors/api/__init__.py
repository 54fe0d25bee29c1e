"""The door for programs: every register as JSON, described at /api/openapi.json."""

from kivijalka.register.doors.api.site import api

__all__ = ["api"]
