"""First steps: a unit chooses typical risks that are true in it, and is led to an assessed risk with a treatment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from kivijalka.access import Actor
from kivijalka.access.request import ActingRequest
from kivijalka.actions.queries import TREATS
from kivijalka.areas.names import Area
from kivijalka.areas.packs import Starter, kind_named, packs, starters, unit_kinds
from kivijalka.organisation.about_me import own_unit
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Unit
from kivijalka.register.doors.place import kept
from kivijalka.register.doors.show import Verb
from kivijalka.register.models import SPAN, Confidentiality, Link
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.risks import beginnings, commands, queries
from kivijalka.risks.models import Risk
from kivijalka.risks.registers import risks

# Risks that are led further at a time, and how far back they are looked for.
MOST, LOOKED_AT = 12, 100
# What is asked of a risk, in order: the verb that answers, and what the step is called.
STEPS = (
    ("assess", gettext_lazy("Assess")),
    ("name_control", gettext_lazy("Controls")),
    ("decide", gettext_lazy("Decide")),
    ("treat", gettext_lazy("First action")),
)


@dataclass(frozen=True)
class Led:
    """A risk on its way: each step with whether it is done, and the verb of the first one that is not."""

    risk: Any
    steps: list[tuple[str, Any, bool]]

    @property
    def next(self) -> Verb | None:
        left = next((verb for verb, _label, is_done in self.steps if not is_done), None)
        return Verb(left, risks.all_commands[left].words(self.risk).label, primary=True) if left else None


@require_http_methods(["GET", "HEAD", "POST"])
def first_steps(request: ActingRequest) -> HttpResponse:
    """Typical risks of the unit's kind to choose from, and what is left to do with those that it has."""
    unit = unit_looked_at(request) or _own(request.actor)
    refused = None
    if request.method == "POST":
        try:
            return _taken(request, unit)
        except Refused as told:
            if told.code != "none_chosen":
                raise
            refused = told
    kind = request.GET.get("kind", "")
    kind = kind if kind in unit_kinds() else kind_named([unit.name_fi, unit.name_sv, unit.name_en])
    led = list(_led(unit))
    here = f"{reverse('first-steps')}?{urlencode({'unit': unit.code, 'kind': kind})}"
    context = {
        "unit": unit,
        "kind": kind,
        "kinds": sorted(unit_kinds().values(), key=lambda one: str(one.name)),
        "may": may_begin(request.actor, unit),
        "led": [one for one in led if one.next][:MOST],
        "is_done": not all(one.next for one in led),
        "offered": offered(kind, queries.begun_from(unit)),
        "ticked": request.POST.getlist("starter"),
        "here": here,
        "refused": refused,
    }
    return render(request, "risks/first_steps.html", context, status=422 if refused else 200)


def offered(kind: str, had: set[str]) -> list[tuple[Area, list[Starter]]]:
    """Typical risks for a kind of unit by area, without those that it has; its own kind's before those of any."""
    found = []
    for area, pack in packs().items():
        fitting = [one for one in pack.starters if one.fits(kind) and one.key not in had]
        if fitting:
            found.append((area, sorted(fitting, key=lambda one: kind not in one.units)))
    return found


def may_begin(actor: Actor, unit: Unit) -> bool:
    """Whether this person may add ordinary risks at the unit today; the database decides when they are written."""
    key = Confidentiality.INTERNAL * SPAN + unit.number
    return actor.as_of is None and actor.has_in_reach("risk.edit", key)


def _own(actor: Actor) -> Unit:
    """Where the acting person works."""
    known = own_unit(actor)
    found: Unit | None = Unit.objects.seen().filter(code=known.code).first() if known else None
    if found is None:
        raise NotThere
    return found


def _taken(request: ActingRequest, unit: Unit) -> HttpResponse:
    known = starters()
    chosen = [known[key] for key in dict.fromkeys(request.POST.getlist("starter")) if key in known]
    made = beginnings.take(request.actor, unit, chosen)
    said = ngettext(
        "%d risk is now the unit's. Assess it next.", "%d risks are now the unit's. Assess them next.", len(made)
    )
    messages.success(request, said % len(made))
    return redirect(kept(request, f"{reverse('first-steps')}?{urlencode({'unit': unit.code})}"))


def _led(unit: Unit) -> Iterable[Led]:
    """Open risks of the unit, the latest first, with how far each is."""
    open_ones = Risk.objects.seen().filter(unit=unit.number).filter(Risk.IS_OPEN)
    found = list(open_ones.order_by("-id")[:LOOKED_AT])
    treats = Link.objects.in_force(TREATS.kind).filter(b__in=[risk.pk for risk in found])
    treated = set(treats.values_list("b", flat=True))
    for risk in found:
        yield Led(risk, [(verb, label, done(risk, verb, risk.pk in treated)) for verb, label in STEPS])


def done(risk: Risk, verb: str, is_treated: bool) -> bool:
    """Whether a step is behind; a risk that is to be accepted needs no action."""
    answers: dict[str, bool] = {
        "assess": risk.state != Risk.State.DRAFT,
        "name_control": risk.control_adequacy != "" or not commands.ADEQUACY.choices,
        "decide": risk.treatment != "",
        "treat": is_treated or risk.treatment == Risk.Treatment.ACCEPT,
    }
    return answers[verb]
