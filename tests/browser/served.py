"""Settings of the server under test: as the demo, its static files collected to a folder of the test's own."""

import os
from pathlib import Path

from kivijalka.web.settings import *  # noqa: F403  # settings are a module's names

STATIC_ROOT = Path(os.environ["KIVIJALKA_TEST_STATIC"])
