"""Where an indicator stands."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kivijalka.monitoring.rules import standing


@pytest.mark.parametrize(
    ("value", "high_is_bad", "expected"),
    [(None, True, "unknown"), (7, True, "good"), (8, True, "warning"), (10, True, "warning"), (11, True, "past"),
     (13, False, "good"), (12, False, "warning"), (10, False, "warning"), (9, False, "past")],
)  # fmt: skip
def test_the_limit_is_the_last_good_value(value: int | None, high_is_bad: bool, expected: str) -> None:
    warning = Decimal(8 if high_is_bad else 12)
    given = None if value is None else Decimal(value)
    assert standing(given, warning, Decimal(10), high_is_bad=high_is_bad) == expected


def test_without_a_warning_all_up_to_the_limit_is_good() -> None:
    assert standing(Decimal(10), None, Decimal(10), high_is_bad=True) == "good"
