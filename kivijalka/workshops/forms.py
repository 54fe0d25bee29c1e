"""What a participant fills in: the code, and one answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.scales import LEVELS, Scales
from kivijalka.register.command import Option
from kivijalka.register.doors.forms import RegisterForm
from kivijalka.register.fields import ScaleInput


def code_form(data: Any = None, code: str = "") -> RegisterForm:
    """The code that stands on the screen of whoever leads the workshop."""
    form = RegisterForm(data, initial={"code": code})
    form.fields["code"] = forms.CharField(
        label=_("Code of the workshop"),
        help_text=_("Eight letters and digits, such as K7MX-4P2Q. Whoever leads the workshop shows it."),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    return form


def answer_form(policy: PolicyVersion | None, data: Any = None, initial: dict[str, Any] | None = None) -> RegisterForm:
    """Likelihood and impact, in the words of the policy that the workshop was opened under; before that in figures."""
    likelihood, impact = _words(policy.scales) if policy else ({level: Option(str(level)) for level in LEVELS},) * 2
    form = RegisterForm(data, initial=initial)
    form.fields["question"] = forms.UUIDField(widget=forms.HiddenInput)
    form.fields["likelihood"] = _scale(_("How likely is it?"), likelihood)
    form.fields["impact"] = _scale(_("How great is the impact where it is felt most?"), impact)
    return form


def _words(scales: Scales) -> tuple[dict[int, Option], dict[int, Option]]:
    language = get_language() or "fi"
    likelihood = {
        step.level: Option(f"{step.level} {(step.name or step.text).in_(language)}", step.text.in_(language))
        for step in scales.likelihood
    }
    return likelihood, {level: Option(scales.impact_in_words(level, language)) for level in LEVELS}


def _scale(label: Any, options: dict[int, Option]) -> forms.TypedChoiceField:
    choices = list(options.items())
    field = forms.TypedChoiceField(label=label, choices=choices, coerce=int, widget=ScaleInput(choices=choices))
    field.widget.is_required = True
    return field
