"""The site's settings in the mode of tests. The database is chosen by `tests/conftest.py`."""

import os

os.environ["KIVIJALKA_MODE"] = "test"

from django.contrib.auth.hashers import Argon2PasswordHasher

from kivijalka.web.settings import *  # noqa: F403  # the mode is read when the site's settings are imported

# Argon2 as on the site, with a cost that a test has time for: hundreds of them sign in.
Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
Argon2PasswordHasher.memory_cost = 1024
