"""Whether everything is tried, as `./run test --full` asks, or what repeats is tried once."""

from __future__ import annotations

import os

FULL = bool(os.environ.get("KIVIJALKA_TEST_FULL"))
