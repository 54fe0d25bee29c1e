"""Decisions about units and roles, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from kivijalka.organisation.rules import why_not_end, why_not_move

START = date(2026, 1, 1)


def test_a_unit_moves_under_another_that_is_in_force() -> None:
    assert why_not_move(3, 9, {3, 4}, ended=False) is None


@pytest.mark.parametrize(
    ("to", "ended", "code"),
    [(3, False, "under_itself"), (4, False, "circle"), (9, True, "ended")],
    ids=["under itself", "below itself", "under one that has ended"],
)
def test_a_unit_does_not_move(to: int, ended: bool, code: str) -> None:
    reason = why_not_move(3, to, {3, 4}, ended=ended)
    assert reason is not None
    assert (reason.code, reason.field) == (code, "to")


def test_what_began_may_end_on_its_first_day() -> None:
    assert why_not_end(START, start=START, has_units_below=False) is None


def test_nothing_ends_before_its_start() -> None:
    reason = why_not_end(date(2025, 12, 31), start=START, has_units_below=False)
    assert reason is not None
    assert reason.code == "ends_before_start"


def test_a_unit_does_not_end_above_units_in_force() -> None:
    reason = why_not_end(START, start=START, has_units_below=True)
    assert reason is not None
    assert reason.code == "units_below"
