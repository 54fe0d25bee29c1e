"""The site's settings in the mode of tests. The database is chosen by `tests/conftest.py`."""

import os

os.environ["KIVIJALKA_MODE"] = "test"

from kivijalka.web.settings import *  # noqa: F403  # the mode is read when the site's settings are imported
