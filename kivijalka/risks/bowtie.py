"""The bow-tie of a risk: what may cause it, what prevents that, what limits what follows; made from the record and its links."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kivijalka.actions.models import Action
from kivijalka.actions.queries import TREATS
from kivijalka.controls.models import Control
from kivijalka.register.models import Link, Record
from kivijalka.risks.models import Risk

# What stands at the beginning of a line of a list.
BULLET = re.compile(r"^\s*(?:[-–•*]|\d+[.)])\s+")
OF_RISK = ("may_cause", "rests_on")


@dataclass(frozen=True)
class Box:
    """One box: words of the risk itself, or a record that is tied to it, with the actions that treat that one."""

    text: str
    record: Record | None = None
    note: str = ""
    is_bad: bool = False
    actions: tuple[Box, ...] = ()


@dataclass(frozen=True)
class BowTie:
    """From left to right. A control that prevents acts before the event; one that detects or corrects, after it."""

    causes: list[Box]
    prevents: list[Box]
    event: Box
    limits: list[Box]
    consequences: list[Box]

    @property
    def fans(self) -> tuple[list[str], list[str]]:
        """Lines from each cause to the event, and from the event to each consequence, in a square of a hundred."""
        into = [f"M0,{y:g}C55,{y:g} 45,50 100,50" for y in _middles(len(self.causes))]
        out = [f"M0,50C55,50 45,{y:g} 100,{y:g}" for y in _middles(len(self.consequences))]
        return into, out


def statements(text: str) -> list[str]:
    """A text as the statements of which it plainly is a list: by its lines, else by semicolons; else the whole."""
    lines = [BULLET.sub("", line).strip() for line in text.splitlines()]
    parts = [line for line in lines if line]
    if len(parts) == 1:
        parts = [part.strip() for part in parts[0].split(";") if part.strip()]
    return [capfirst(part) for part in parts]


def bowtie(risk: Risk, today: date) -> BowTie:
    """The picture of a risk as far as its reader sees what it is tied to, in five queries."""
    ties = list(Link.objects.of(risk).in_force(*OF_RISK))
    causing = [tie.a_id for tie in ties if tie.kind == "may_cause" and tie.b_id == risk.pk]
    caused = [tie.b_id for tie in ties if tie.kind == "may_cause" and tie.a_id == risk.pk]
    resting = [tie.b_id for tie in ties if tie.kind == "rests_on"]
    acting = _actions([risk.pk, *causing, *caused, *resting], today)
    risks = Risk.objects.seen().filter(pk__in=[*causing, *caused]).in_bulk()
    controls = Control.objects.seen().filter(pk__in=resting, state=Control.State.IN_USE).order_by("code")
    boxes = {control: _control(control, acting.get(control.pk, ())) for control in controls}
    preventing = [box for control, box in boxes.items() if control.kind == Control.Kind.PREVENTIVE]
    return BowTie(
        causes=[*_own(risk.cause), *_others(causing, risks, acting)],
        prevents=preventing,
        event=Box(risk.event or risk.title, note=_adequacy(risk), actions=acting.get(risk.pk, ())),
        limits=[box for box in boxes.values() if box not in preventing],
        consequences=[*_own(risk.consequence), *_others(caused, risks, acting)],
    )


def _adequacy(risk: Risk) -> str:
    """How adequate its controls are, in the words of the policy that it was answered under."""
    said = risk.get_control_adequacy_display()
    return f"{capfirst(_('adequacy of present controls'))}: {said}" if said else ""


def _own(text: str) -> list[Box]:
    return [Box(statement) for statement in statements(text)]


def _others(keys: Iterable[UUID], risks: Mapping[UUID, Risk], acting: Mapping[UUID, tuple[Box, ...]]) -> list[Box]:
    """Other risks at an end of this one, with what is still being done about them; one that is closed brings nothing
    about and follows from nothing."""
    found = sorted((risks[key] for key in keys if key in risks), key=lambda risk: str(risk.code))
    return [
        Box(
            risk.title,
            risk,
            risk.get_level_display() or risk.get_state_display(),
            actions=_open(acting.get(risk.pk, ())),
        )
        for risk in found
        if risk.state != Risk.State.CLOSED
    ]


def _open(actions: tuple[Box, ...]) -> tuple[Box, ...]:
    return tuple(box for box in actions if isinstance(box.record, Action) and box.record.state in Action.OPEN)


def _control(control: Control, actions: tuple[Box, ...]) -> Box:
    tested = (
        f"{control.get_result_display()} {formats.date_format(control.tested_on, 'SHORT_DATE_FORMAT')}"
        if control.tested_on
        else _("never tested")
    )
    note = f"{control.get_kind_display()}, {tested}"
    return Box(control.title, control, note, is_bad=control.result == Control.Result.FAILED, actions=actions)


def _actions(keys: list[Any], today: date) -> dict[UUID, tuple[Box, ...]]:
    """Actions by what they treat, the earliest due first; those that were cancelled act on nothing."""
    treats: Any = Link.objects.in_force(TREATS.kind).filter(b__in=keys).values_list("a", "b")
    where: dict[UUID, list[UUID]] = defaultdict(list)
    for action, treated in treats:
        where[action].append(treated)
    found: dict[UUID, list[Box]] = defaultdict(list)
    actions = Action.objects.seen().filter(pk__in=list(where)).exclude(state=Action.State.CANCELLED)
    for action in actions.order_by("due", "code"):
        for treated in where[action.pk]:
            found[treated].append(_action(action, today))
    return {treated: tuple(boxes) for treated, boxes in found.items()}


def _action(action: Action, today: date) -> Box:
    if action.state in Action.OPEN:
        due = _("due %s") % formats.date_format(action.due, "SHORT_DATE_FORMAT")
        return Box(action.title, action, f"{action.get_state_display()}, {due}", is_bad=action.due < today)
    return Box(action.title, action, action.get_state_display(), is_bad=action.state == Action.State.NO_EFFECT)


def _middles(count: int) -> list[float]:
    """Where each of so many boxes of equal height has its middle."""
    return [round(100 * (place + 0.5) / count, 2) for place in range(count)]
