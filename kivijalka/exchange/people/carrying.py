"""Carrying out what a file of people says: all of it or nothing, by the commands that people use, many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from kivijalka.access import Actor
from kivijalka.exchange.people import roles
from kivijalka.exchange.people.planning import People, comes_back
from kivijalka.exchange.working import begin_without_roles, leave_at_once
from kivijalka.organisation.models import Person
from kivijalka.organisation.registers import persons as register
from kivijalka.register.command import translated
from kivijalka.register.doors.files.commit import Tell, carry_out
from kivijalka.register.doors.files.plan import REFUSED, PlannedRow
from kivijalka.register.many import each
from kivijalka.register.refusal import Refused


@dataclass(frozen=True)
class Done:
    """How many roles were given and ended, and how many persons left because they were missing."""

    given: int = 0
    ended: int = 0
    left: int = 0


def do(actor: Actor, people: People, today: date, *, leaving: Sequence[Person], tell: Tell, rehearsed: bool) -> Done:
    """Write it. Why a row was refused stands with it: whoever calls rolls back then."""
    rows = people.plan.rows
    persons: dict[int, Any] = {row.number: row.record for row in rows if row.record is not None}
    for row in rows:
        if row.fate != REFUSED and comes_back(row, today):
            _begin_anew(row)
    for _portion, made in carry_out(register, actor, rows, tell, rehearsed=rehearsed):
        persons |= made
    given, ended = 0, 0
    if people.roles is not None:
        fit = [row for row in rows if row.fate != REFUSED]
        holders = [roles.Holder(row, persons[row.number], people.roles[row.number]) for row in fit]
        given, ended = roles.settle(actor, holders, today, rehearsed=rehearsed)
    return Done(given, ended, _leave(actor, leaving))


def _begin_anew(row: PlannedRow) -> None:
    try:
        with transaction.atomic():
            translated(lambda: begin_without_roles(row.record.pk))
    except Refused as refused:
        row.refuse("", row.record.code, refused.text)


def _leave(actor: Actor, persons: Sequence[Person]) -> int:
    answers = each(persons, lambda some: leave_at_once(actor, some), lambda one: leave_at_once(actor, [one])[0])
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
    return len(persons)
