"""Pages of a programme: how it stands, what it changes, what slips over all of them; and one begun from a template."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from kivijalka.access import Actor
from kivijalka.access.request import ActingRequest, day_of
from kivijalka.actions.models import Action
from kivijalka.organisation.about_me import own_unit
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Person, Unit
from kivijalka.policy.queries import policy_known
from kivijalka.programmes import commands
from kivijalka.programmes.benefit import benefit
from kivijalka.programmes.models import Milestone, Priority, Programme
from kivijalka.programmes.money import shares
from kivijalka.programmes.progress import progress
from kivijalka.programmes.registers import programmes
from kivijalka.programmes.slips import MOST, slips
from kivijalka.programmes.templates import choices, templates
from kivijalka.register.command import add
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.doors.place import kept
from kivijalka.register.doors.rows import found
from kivijalka.register.fields import DayField, RecordField
from kivijalka.register.models import SPAN, Confidentiality
from kivijalka.register.refusal import NotThere, Refused


@require_GET
def progress_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Milestones by workstream with what holds them up, actions, money against the budget."""
    programme, day = found(Programme.objects.seen(), pk), day_of(request)
    context = {"programme": programme, "progress": progress(programme, day), "day": day, "open_states": Action.OPEN}
    return render(request, "programmes/progress.html", context)


@require_GET
def benefit_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """The yearly loss of the risks that the programme's actions treat: before, as expected, as measured."""
    programme, policy = found(Programme.objects.seen(), pk), policy_known(day_of(request))
    context = {
        "programme": programme,
        "policy": policy,
        "benefit": benefit(programme, policy.scales) if policy else None,
    }
    return render(request, "programmes/benefit.html", context)


@require_GET
def slipping_page(request: ActingRequest) -> HttpResponse:
    """Milestones that are late, were moved, or wait for a late one: of a unit and all below it."""
    unit: Any = unit_looked_at(request)
    rows = Milestone.objects.seen()
    listed = slips(rows.filter(unit__in=unit.below) if unit else rows, day_of(request))
    context = {"unit": unit, "slips": listed[:MOST], "most": MOST, "is_more": len(listed) > MOST}
    return render(request, "programmes/slipping.html", context)


@require_GET
def money_page(request: ActingRequest) -> HttpResponse:
    """What share of the money each priority gets, of a unit and all below it, beside what it is meant to get."""
    unit: Any = unit_looked_at(request)
    rows = Programme.objects.seen()
    found_shares = shares(rows.filter(unit__in=unit.below) if unit else rows, day_of(request))
    context = {"unit": unit, "shares": found_shares, "open_states": [Programme.State.PLANNED, Programme.State.RUNNING]}
    return render(request, "programmes/money.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def begin_page(request: ActingRequest) -> HttpResponse:
    """A programme from a template: workstreams and milestones with days counted from its start."""
    unit = unit_looked_at(request) or _own_unit(request.actor)
    form = _form(request.POST if request.method == "POST" else None)
    if form.is_bound:
        try:
            made = _begin(request.actor, unit, cleaned(form))
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Saved."))
            return redirect(kept(request, f"{made.get_absolute_url()}progress/"))
    may = request.as_of is None and _may_begin(request.actor, unit)
    context = {"unit": unit, "form": form, "may": may, "templates": templates().values()}
    return render(request, "programmes/begin.html", context, status=422 if form.errors else 200)


def panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On a programme's record page the ways to how it stands and what it changes; on a priority's, to the money."""
    if isinstance(record, Priority):
        return "programmes/_priority_panel.html", {}
    return ("programmes/_panel.html", {"programme": record}) if isinstance(record, Programme) else None


def _form(data: Any) -> RegisterForm:
    form = RegisterForm(data)
    form.fields |= {
        "template": forms.ChoiceField(label=gettext_lazy("Template"), choices=choices()),
        "start": DayField(label=gettext_lazy("Starts on"), initial=timezone.localdate),
        "title": forms.CharField(
            label=gettext_lazy("Title"),
            max_length=200,
            required=False,
            help_text=gettext_lazy("Empty means what the template is called."),
        ),
        "chair": RecordField(Person, label=gettext_lazy("Chair of the steering group")),
    }
    return form


def _begin(actor: Actor, unit: Unit, values: dict[str, Any]) -> Programme:
    """All of it or nothing."""
    template, start = templates()[values["template"]], values["start"]
    me = Person.objects.seen().filter(pk=actor.principal).first()
    with transaction.atomic():
        made = add(
            programmes, actor, title=values["title"] or str(template.title), unit=unit, owner=me,
            chair=values["chair"], starts_on=start, ends_on=start,
        )  # fmt: skip
        commands.lay_out(actor, made, template=template.key, start=start)
    return made


def _may_begin(actor: Actor, unit: Unit) -> bool:
    """For what the page shows; the database decides when it is written."""
    key = Confidentiality.INTERNAL * SPAN + unit.number
    return all(actor.has_in_reach(f"{name}.edit", key) for name in ("programme", "workstream", "milestone"))


def _own_unit(actor: Actor) -> Unit:
    """Where the acting person works."""
    known = own_unit(actor)
    there: Unit | None = Unit.objects.seen().filter(code=known.code).first() if known else None
    if there is None:
        raise NotThere
    return there
