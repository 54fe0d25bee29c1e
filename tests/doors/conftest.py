"""The town of the matrix: built once a module, every test's own rows undone after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors.scene import Town, undone


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: Any) -> Iterator[Town]:
    with django_db_blocker.unblock(), undone():
        yield Town.built()


@pytest.fixture
def own_rows(town: Town) -> Iterator[Town]:
    with undone():
        yield town
