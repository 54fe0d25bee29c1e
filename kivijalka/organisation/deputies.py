"""The page of standing in: who does it for me, for whom I do it, and giving my roles to somebody for an absence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from kivijalka.access import Actor
from kivijalka.access.request import ActingRequest
from kivijalka.organisation import delegation
from kivijalka.organisation.models import Person, Role
from kivijalka.organisation.registers import delegations
from kivijalka.organisation.views import refused_page, uuid_in
from kivijalka.register.command import add
from kivijalka.register.doors import rows
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.doors.related import value_of
from kivijalka.register.fields import DayField, RecordField
from kivijalka.register.refusal import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def deputies(request: ActingRequest) -> HttpResponse:
    """Who stands in for whom, and a form to give one's roles to a deputy."""
    today = timezone.localdate()
    roles = delegation.roles_of(request.actor.principal)
    form = absence_form(roles, request.POST if request.method == "POST" else None)
    context = {
        "given": delegation.given_by(request.actor.principal),
        "taken": delegation.given_to(request.actor.person, today),
        "personal": [role for role in roles if role.kind.personal],
        "today": today,
    }
    if not form.is_bound:
        return render(request, "organisation/deputies.html", {**context, "form": form})
    try:
        give(request.actor, form, roles)
    except Refused as refused:
        return refused_page(request, "organisation/deputies.html", form, refused, context)
    messages.success(request, _("Saved."))
    return redirect("deputies")


@require_POST
def end_deputy(request: ActingRequest) -> HttpResponse:
    """End a delegation at this moment."""
    pk = uuid_in(request.POST.get("id"))
    delegation.end_now(request.actor, rows.one(delegations, pk))
    messages.success(request, _("The delegation has ended."))
    return redirect("deputies")


def absence_form(roles: list[Role], data: Any = None) -> RegisterForm:
    """To whom, what, from when, until when, why."""
    form = RegisterForm(data)
    given = [role for role in roles if not role.kind.personal]
    choices = [(str(role.pk), f"{role.kind}, {value_of(role, 'unit') or role.code}") for role in given]
    form.fields |= {
        "deputy": RecordField(Person, label=gettext_lazy("Deputy")),
        "role": forms.ChoiceField(
            label=gettext_lazy("Role"), choices=[("", _("All that can be given")), *choices], required=False
        ),
        "start": DayField(label=gettext_lazy("First day")),
        "end": DayField(label=gettext_lazy("Last day")),
        "reason": forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False),
    }
    return form


def give(actor: Actor, form: RegisterForm, roles: list[Role]) -> None:
    """What the form says, as a delegation."""
    values = cleaned(form)
    role = next((role for role in roles if str(role.pk) == values["role"]), None)
    me = Person.objects.seen().filter(pk=actor.principal).first()
    add(delegations, actor, **{**values, "role": role, "principal": me})
