"""When a test of a control may be recorded."""

from __future__ import annotations

from datetime import date

import pytest

from kivijalka.controls import rules

TODAY = date(2026, 6, 15)


@pytest.mark.parametrize(
    ("on", "next_test", "last", "code"),
    [
        (TODAY, None, None, None),
        (TODAY, date(2026, 6, 16), date(2026, 6, 15), None),
        (date(2026, 6, 16), None, None, "in_future"),
        (date(2026, 6, 1), None, date(2026, 6, 2), "later_known"),
        (TODAY, TODAY, None, "not_later"),
    ],
)
def test_a_test_is_of_the_past_in_its_order_and_the_next_is_to_come(
    on: date, next_test: date | None, last: date | None, code: str | None
) -> None:
    reason = rules.why_not_tested(on, next_test, today=TODAY, last=last)
    assert (reason.code if reason else None) == code
