"""Pages of a choice: the set that was worked out or decided, with the frontier of budgets; and what came of the decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest, day_of
from kivijalka.actions.models import Action
from kivijalka.policy.queries import policy_known
from kivijalka.programmes import working
from kivijalka.programmes.models import Choice, ChosenAction, Least
from kivijalka.programmes.outcome import outcome
from kivijalka.programmes.registers import choices
from kivijalka.register.chart import Curve, line_of
from kivijalka.register.command import can
from kivijalka.register.doors.related import relate, together
from kivijalka.register.doors.rows import found
from kivijalka.register.doors.show import verbs_of

MOST = 200
LACKS = {
    "cost": gettext_lazy("says no cost"),
    "days": gettext_lazy("says no days of work"),
    "effect": gettext_lazy("does not say how much it takes off"),
    "risk": gettext_lazy("treats no assessed threat that you see"),
    "excluded": gettext_lazy("is excluded by one that is under way"),
    "circle": gettext_lazy("needs others that need it, in a circle: take one of their links out"),
    "needs": gettext_lazy("needs one that cannot be chosen"),
}


@dataclass(frozen=True)
class Line:
    """An action of a set: what it costs and saves, why it is in or out, and because of which other."""

    action: Action
    is_taken: bool
    cost: Decimal
    days: int | None
    worth: float
    why: Any
    other: Action | None


@dataclass(frozen=True)
class Set:
    """The lines of a set, the dearest worth first, and their sums: of what the reader sees."""

    taken: list[Line]
    others: list[Line]

    @property
    def cost(self) -> Decimal:
        return sum((line.cost for line in self.taken), Decimal(0))

    @property
    def days(self) -> int:
        return sum(line.days or 0 for line in self.taken)


@require_GET
def set_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """A draft: what was worked out for the reader, within their reach. A decided one: what was decided, and what came of it.
    A script asks again and again how far a job is."""
    choice = found(Choice.objects.seen().annotate(**can(Choice, choices.all_commands)), pk)
    if choice.state == Choice.State.DECIDED:
        return render(request, "programmes/decided.html", _decided(request, choice))
    made = working.latest(choice, request.actor.person)
    standing = working.standing(made) if made else None
    if request.headers.get("HX-Target", "").endswith("progress") and standing:
        return render(request, "programmes/_working.html", {"standing": standing, "choice": choice})
    told = _worked_out(made.found) if made and made.found and not standing else {}
    verbs = [] if request.as_of else [verb for verb in verbs_of(choices, choice) if verb.name != "edit"]
    context = {
        "choice": choice,
        "standing": standing,
        "verbs": verbs,
        "least": relate(Least.objects.seen().filter(choice=pk, least_eur__gt=0), ["priority"]),
        "is_stale": bool(told) and made is not None and working.is_stale(choice, made),
        **told,
    }
    return render(request, "programmes/set.html", context)


def panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On a choice's record page: the way to its set."""
    return ("programmes/_choice_panel.html", {"choice": record}) if isinstance(record, Choice) else None


def _worked_out(told: dict[str, Any]) -> dict[str, Any]:
    """What was worked out, as far as its actions are still seen; where they are not, nothing of it."""
    if told.get("impossible"):
        return {"is_impossible": True, "left_out": _lacking(told)}
    wanted = {line[0] for line in told["lines"]} | {pk for pk, _why in told["left_out"]}
    known = {str(pk): row for pk, row in Action.objects.seen().in_bulk(list(wanted)).items()}
    if any(line[0] not in known for line in told["lines"]):
        return {"is_gone": True}
    lines = [
        Line(known[pk], is_taken, Decimal(cost), days, worth, ChosenAction.Why(why).label, known.get(other or ""))
        for pk, is_taken, worth, why, other, cost, days in told["lines"]
    ]
    return {
        "set": _set(lines),
        "before": told["before"],
        "left": told["left"],
        "saved": told["before"] - told["left"],
        "is_proved": told["proved"],
        "gap": 100 * told["gap"],
        "frontier": _frontier(told["frontier"]),
        "left_out": _lacking(told, known),
        "is_worked_out": True,
        "most": MOST,
    }


def _lacking(told: dict[str, Any], known: dict[str, Action] | None = None) -> list[tuple[Action, Any]]:
    if known is None:
        wanted = [pk for pk, _why in told["left_out"]]
        known = {str(pk): row for pk, row in Action.objects.seen().in_bulk(wanted).items()}
    return [(known[pk], LACKS[why]) for pk, why in told["left_out"] if pk in known]


def _frontier(points: list[tuple[float, float]]) -> Curve | None:
    if len(points) < 2:
        return None
    return line_of(points, x=_("Budget, €"), y=_("Yearly loss that is left, €"))


def _decided(request: ActingRequest, choice: Choice) -> dict[str, Any]:
    """Which actions were taken and why, as far as they are seen; promised and measured."""
    with together():
        rows = relate(ChosenAction.objects.seen().filter(choice=choice.pk), ["action", "other"])
        relate([choice], ["decided_by", "policy_version"])
    lines = [
        Line(
            row.action,
            row.is_taken,
            row.cost_eur,
            row.work_days,
            float(row.worth_eur),
            row.get_why_display(),
            row.other,
        )
        for row in rows
        if row.action is not None
    ]
    policy = policy_known(day_of(request))
    came = outcome(choice, [line.action for line in lines if line.is_taken], policy.scales) if policy else None
    return {"choice": choice, "set": _set(lines), "outcome": came, "most": MOST}


def _set(lines: Iterable[Line]) -> Set:
    listed = sorted(lines, key=lambda line: (-line.worth, str(line.action.code)))
    return Set([line for line in listed if line.is_taken], [line for line in listed if not line.is_taken])
