"""Verbs of an objective: reached, given up, pursued again."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.objectives.models import Objective
from kivijalka.register.command import Ask, command

State = Objective.State
PURSUED = Q(state=State.PURSUED)


@command(_("Mark as reached"), when=PURSUED, primary=True)
def reach(
    actor: Actor, objective: Objective, *, outcome: Annotated[str, Ask(_("What shows that it is reached"), rows=3)]
) -> Objective:
    """The result is there."""
    return _now(objective, State.REACHED, outcome)


@command(_("Give up the objective"), when=PURSUED)
def give_up(actor: Actor, objective: Objective, *, outcome: Annotated[str, Ask(_("Reason"), rows=3)]) -> Objective:
    """It is pursued no more."""
    return _now(objective, State.GIVEN_UP, outcome)


@command(_("Pursue again"), when=~PURSUED)
def pursue(actor: Actor, objective: Objective) -> Objective:
    """It is to be reached after all, or once more."""
    return _now(objective, State.PURSUED, "")


def _now(objective: Objective, state: str, outcome: str) -> Objective:
    objective.state, objective.outcome = state, outcome
    objective.save(update_fields=["state", "outcome"])
    return objective
