"""My tokens: what programs act for me, and making one, whose secret is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from kivijalka.access.request import ActingRequest
from kivijalka.organisation import tokens
from kivijalka.organisation.models import ServiceAccount, Unit
from kivijalka.organisation.registers import tokens as register
from kivijalka.organisation.views import refused_page, uuid_in
from kivijalka.register.doors import rows
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.fields import DayField, RecordField
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS

PAGE = "signin/tokens.html"


@require_http_methods(["GET", "HEAD", "POST"])
def my_tokens(request: ActingRequest) -> HttpResponse:
    """Tokens of mine that are in force, and a form to make one. It holds no key against sending twice: with it the
    answer would be kept, and the secret in it."""
    form = token_form(request.POST if request.method == "POST" else None)
    context = {"tokens": tokens.held_by(request.actor.person), "today": timezone.localdate()}
    if not form.is_bound:
        return render(request, PAGE, {**context, "form": form})
    try:
        values = cleaned(form)
        token, secret = tokens.make(request.actor, **values)
    except Refused as refused:
        return refused_page(request, PAGE, form, refused, context)
    context |= {"tokens": tokens.held_by(request.actor.person), "made": token, "secret": secret, "form": token_form()}
    return render(request, PAGE, context)


@require_POST
def revoke_token(request: ActingRequest) -> HttpResponse:
    """End a token of mine at this moment."""
    tokens.revoke(request.actor, rows.one(register, uuid_in(request.POST.get("id"))))
    messages.success(request, _("The token is revoked."))
    return redirect("my-tokens")


def token_form(data: Any = None) -> RegisterForm:
    """What for, until when, and what it may not."""
    form = RegisterForm(data, initial={"end": timezone.localdate() + timedelta(days=90), "reads": True})
    choices = [(key, found.names[1]) for key, found in REGISTERS.items()]
    form.fields |= {
        "name": forms.CharField(label=gettext_lazy("What it is for"), max_length=100),
        "end": DayField(label=gettext_lazy("Last day")),
        "service": RecordField(
            ServiceAccount,
            label=gettext_lazy("For a service account"),
            required=False,
            help_text=gettext_lazy("One that you answer for. Empty: the token acts in your own name."),
        ),
        "reads": forms.BooleanField(label=gettext_lazy("It only reads"), required=False),
        "registers": forms.MultipleChoiceField(
            label=gettext_lazy("Only these registers"),
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text=gettext_lazy("None chosen: all. Names of units and persons come from their registers."),
        ),
        "within": RecordField(
            Unit,
            label=gettext_lazy("Only this unit and below"),
            required=False,
            to_field="number",
        ),
    }
    return form
