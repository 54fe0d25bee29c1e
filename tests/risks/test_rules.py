"""Decisions about risks, without a database."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kivijalka.risks.rules import months_after, why_not_accept, why_not_assess, why_not_close, why_not_own

TODAY = date(2026, 11, 25)


def test_an_assessment_needs_an_impact() -> None:
    reason = why_not_assess(3, [None, None])
    assert reason is not None
    assert reason.code == "no_impact"


@pytest.mark.parametrize(("likelihood", "impact"), [(0, 3), (6, 3), (3, 6), (3, -1)])
def test_levels_go_from_one_to_five(likelihood: int, impact: int) -> None:
    reason = why_not_assess(likelihood, [impact, None])
    assert reason is not None
    assert reason.code == "not_a_level"


def test_one_impact_is_enough() -> None:
    assert why_not_assess(1, [None, 5]) is None


@pytest.mark.parametrize(
    ("until", "code"),
    [(TODAY - timedelta(1), "ends_in_past"), (TODAY, "ends_in_past"), (date(2027, 5, 26), "too_long")],
)
def test_an_acceptance_ends_after_today_and_within_the_policys_time(until: date, code: str) -> None:
    reason = why_not_accept(until, today=TODAY, latest=date(2027, 5, 25))
    assert reason is not None
    assert (reason.code, reason.field) == (code, "until")


def test_an_acceptance_may_last_to_the_very_last_day() -> None:
    assert why_not_accept(date(2027, 5, 25), today=TODAY, latest=date(2027, 5, 25)) is None


def test_a_risk_with_open_actions_is_not_closed() -> None:
    assert why_not_close(0) is None
    reason = why_not_close(1)
    assert reason is not None
    assert reason.code == "open_actions"


def test_nobody_accepts_their_own_risk() -> None:
    me, other = uuid4(), uuid4()
    assert why_not_own(me, me) is not None
    assert why_not_own(other, me) is None
    assert why_not_own(None, None) is None


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 600))
def test_months_after_is_that_many_months_later_and_never_past_the_day(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day
