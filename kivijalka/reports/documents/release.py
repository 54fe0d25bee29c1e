"""Which release of the house made a document."""

from __future__ import annotations

import tomllib
from functools import cache

from django.conf import settings


@cache
def release() -> str:
    """Name and version, as the project tells them."""
    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name'].capitalize()} {project['version']}"
