"""The small and the whole example city, each made once for all tests."""

from datetime import date

import pytest

from kivijalka.example.city import make_city
from kivijalka.example.shape import City

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def small() -> City:
    return make_city(1, "small", TODAY)


@pytest.fixture(scope="session")
def whole() -> City:
    return make_city(1, "city", TODAY)
