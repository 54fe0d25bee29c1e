"""The page on which a report is chosen: kind, day, language and format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from kivijalka.access.actor import current_actor
from kivijalka.access.request import ActingRequest
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.fields import DayField
from kivijalka.register.refusal import Refused
from kivijalka.reports.documents import decision_note, large
from kivijalka.reports.documents.formats import FORMATS, Format
from kivijalka.reports.documents.kinds import KINDS, Kind
from kivijalka.risks.models import Risk


def named(kinds: Mapping[str, Kind | Format], keys: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """The kinds or formats that can be chosen, those of these keys or all, in the reader's language."""
    return [(key, kinds[key].name) for key in keys or kinds]


def offered() -> dict[str, Kind]:
    """The kinds that are of a unit, as far as the acting person may make them somewhere."""
    actor = current_actor()
    return {key: kind for key, kind in KINDS.items() if kind.of_unit and (not kind.right or actor.holds(kind.right))}


class Choice(RegisterForm):
    """What a report is asked."""

    kind = forms.ChoiceField(label=gettext_lazy("Report"), choices=lambda: named(offered()))
    as_of = DayField(
        label=gettext_lazy("Of which day"), required=False, help_text=gettext_lazy("Empty means as it is now.")
    )
    since = DayField(
        label=gettext_lazy("What moved since"),
        required=False,
        help_text=gettext_lazy("Empty means three months, or six in a report to a board."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    form = forms.ChoiceField(label=gettext_lazy("Format"), choices=lambda: named(FORMATS))


@require_GET
def choose_page(request: ActingRequest) -> HttpResponse:
    """Choose a report; what is chosen leads to its address."""
    is_chosen, refused = "kind" in request.GET, None
    begun = {"language": translation.get_language(), "as_of": request.as_of and request.as_of.date(), "form": "pdf"}
    form = Choice(request.GET if is_chosen else None, initial=begun)
    unit = unit_looked_at(request)
    if is_chosen and form.is_valid():
        return redirect(_address(form.cleaned_data, unit))
    if is_chosen:
        refused = Refused(_("Some of the answers do not fit."), code="invalid")
    kinds = [(kind.name, kind.says) for kind in offered().values()]
    context = {"form": form, "unit": unit, "refused": refused, "kinds": kinds, "made": large.latest()}
    return render(request, "reports/choose.html", context, status=422 if refused else 200)


class NoteChoice(RegisterForm):
    """What a risk note is asked."""

    case = forms.CharField(label=gettext_lazy("Case number"), help_text=gettext_lazy("For example HEL 2026-001234"))
    title = forms.CharField(label=gettext_lazy("Title of the proposal"), max_length=decision_note.LONGEST_TITLE)
    risk = forms.CharField(
        label=gettext_lazy("Risks"),
        help_text=gettext_lazy("Their codes with spaces between them, such as R-012345 R-012346"),
        widget=forms.Textarea({"rows": 3}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    form = forms.ChoiceField(label=gettext_lazy("Format"), choices=lambda: named(FORMATS, KINDS["note"].formats))


@require_GET
def note_page(request: ActingRequest) -> HttpResponse:
    """Choose the risks of a case; what cannot be told is said here, before the document is asked for."""
    is_chosen, refused = "case" in request.GET, None
    form = NoteChoice(request.GET if is_chosen else None, initial=_begun(request))
    if is_chosen:
        try:
            return redirect(_note_address(cleaned(form)))
        except Refused as told:
            refused = told
            form.refuse(told) if form.is_valid() else None
    context = {"form": form, "refused": refused}
    return render(request, "reports/note.html", context, status=422 if refused else 200)


def _begun(request: ActingRequest) -> dict[str, Any]:
    return {"language": translation.get_language(), "form": "pdf", "risk": request.GET.get("risk", "")}


def _note_address(chosen: dict[str, Any]) -> str:
    asked = {
        "case": decision_note.case_of(chosen["case"]),
        "title": decision_note.title_of(chosen["title"]),
        "risk": [risk.code for risk in decision_note.chosen([chosen["risk"]])],
        "language": chosen["language"],
    }
    return f"{reverse('report-file', args=['note', chosen['form']])}?{urlencode(asked, doseq=True)}"


def _address(chosen: dict[str, Any], unit: Any) -> str:
    asked = {
        "unit": unit.code if unit else "",
        "as_of": chosen["as_of"].isoformat() if chosen["as_of"] else "",
        "since": chosen["since"].isoformat() if chosen["since"] else "",
        "language": chosen["language"],
    }
    address = reverse("report-file", args=[chosen["kind"], chosen["form"]])
    return f"{address}?{urlencode({name: text for name, text in asked.items() if text})}"


def panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On a risk's record page: the way to it on one page."""
    return ("reports/_report_panel.html", {"record": record}) if isinstance(record, Risk) else None
