"""Decisions about actions, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from kivijalka.actions.rules import why_not_day, why_not_postpone, why_not_progress

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize("to", [TODAY, date(2026, 11, 24)])
def test_an_action_is_postponed_to_a_later_day_only(to: date) -> None:
    reason = why_not_postpone(to, TODAY)
    assert reason is not None
    assert (reason.code, reason.field) == ("not_later", "to")
    assert why_not_postpone(date(2026, 11, 26), TODAY) is None


@pytest.mark.parametrize(("progress", "allowed"), [(-1, False), (0, True), (100, True), (101, False)])
def test_progress_is_a_percentage(progress: int, allowed: bool) -> None:
    assert (why_not_progress(progress) is None) is allowed


def test_nothing_was_done_in_the_future() -> None:
    assert why_not_day(TODAY, TODAY, field="on") is None
    reason = why_not_day(date(2026, 11, 26), TODAY, field="on")
    assert reason is not None
    assert (reason.code, reason.field) == ("in_future", "on")
