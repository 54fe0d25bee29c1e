"""Beginning from a typical risk: what of the pack a unit takes as its own, and what forms of such a risk begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.access.actor import say_command
from kivijalka.areas.packs import Starter, starters
from kivijalka.organisation.models import Unit
from kivijalka.register.command import translated
from kivijalka.register.refusal import Reason, refuse
from kivijalka.register.turns import wait_for_turn
from kivijalka.risks import queries
from kivijalka.risks.models import Risk


def take(actor: Actor, unit: Unit, chosen: Sequence[Starter]) -> list[Risk]:
    """Make risks of the unit from typical ones, in the words of whoever takes them, to be changed and assessed.

    What the unit has taken already, as far as this person sees, is left out.
    """
    refuse(None if chosen else Reason("none_chosen", _("Tick at least one risk that is true in this unit.")))
    with transaction.atomic():
        wait_for_turn(f"begin {unit.number}")
        had = queries.begun_from(unit)
        made = [_risk(actor, unit, starter) for starter in chosen if starter.key not in had]
        say_command("add")
        translated(lambda: _write(made))
    return made


def _write(made: list[Risk]) -> None:
    for risk in made:
        risk.save(force_insert=True)


def _risk(actor: Actor, unit: Unit, starter: Starter) -> Risk:
    words = {name: str(getattr(starter, name)) for name in ("title", "cause", "event", "consequence")}
    return Risk(
        unit_id=unit.number,
        owner_id=str(actor.principal),
        kind=starter.kind,
        sign=starter.sign,
        areas=list(starter.areas),
        starter=starter.key,
        **words,
    )


def control(risk: Risk) -> dict[str, Any]:
    """What the form of naming a control begins with: the typical one, owned by the risk's owner."""
    found = starters().get(risk.starter)
    typical = {"title": str(found.control.title), "kind": found.control.kind} if found else {}
    return {**typical, "owner": risk.owner}


def treatment(risk: Risk) -> dict[str, Any]:
    """What the form of a first action begins with: the typical one, done by the risk's owner. A second one is another."""
    found = starters().get(risk.starter)
    if found is None or queries.open_actions(risk):
        return {}
    typical = found.treatment
    words = {"title": typical.title, "expected_effect": typical.effect, "how_measured": typical.measure}
    return {**{name: str(text) for name, text in words.items()}, "owner": risk.owner}
