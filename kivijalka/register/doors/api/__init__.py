"""The door for programs: every register as JSON, described at /api/openapi.json."""

from kivijalka.register.doors.api.problems import problem
from kivijalka.register.doors.api.site import make_api

__all__ = ["make_api", "problem"]
