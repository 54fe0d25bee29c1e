"""Doors to reports: an address tells all that a report is made of, so that it can be made again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Unit
from kivijalka.register.doors.downloads import download
from kivijalka.register.fields import day_of
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.reports.documents.asked import Asked, mark_of, same_reach, something_recorded, was_there
from kivijalka.reports.documents.formats import FORMATS
from kivijalka.reports.documents.kinds import KINDS, Kind

LANGUAGES = dict(settings.LANGUAGES)


@require_GET
def report_file(request: ActingRequest, report: str, form: str) -> HttpResponse:
    """A report as a file. An address that leaves something out leads to one that tells all: which moment, language, reach."""
    kind = KINDS.get(report)
    if kind is None or form not in kind.formats:
        raise NotThere
    whole = whole_address(request, kind)
    if whole != request.get_full_path():
        return redirect(whole)
    asked = asked_of(request, kind)
    name = f"{report}-{asked.unit.code if asked.unit else 'all'}-{asked.day.isoformat()}-{asked.language}.{form}"
    return download(made(kind, form, asked), name, FORMATS[form].kind)


def made(kind: Kind, form: str, asked: Asked) -> bytes:
    """The report in a format, in its language."""
    with translation.override(asked.language):
        return FORMATS[form].render(kind.make(asked))


def asked_of(request: ActingRequest, kind: Kind) -> Asked:
    """What the address asks, or why it cannot be had."""
    same_reach(request.actor, request.GET.get("reach", ""))
    something_recorded()
    moment = request.as_of
    assert moment is not None, "the address was made whole"
    unit = unit_then(request)
    was_there(unit, timezone.localdate(moment))
    site = settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")
    return Asked(
        actor=request.actor,
        moment=moment,
        as_of=request.GET["as_of"],
        unit=unit,
        language=request.GET["language"],
        site=site,
        address=site + request.get_full_path(),
        given=given_of(request, kind, timezone.localdate(moment)),
    )


def unit_then(request: ActingRequest) -> Any:
    """The unit of the address as it was then."""
    try:
        return unit_looked_at(request)
    except NotThere as error:
        words = _("There was no such unit on that day, or you may not see it.")
        raise Refused(words, code="not_there", field="unit") from error


def given_of(request: ActingRequest, kind: Kind, day: date) -> dict[str, Any]:
    """What a kind of report asks besides, read from the address."""
    found: dict[str, Any] = {"risk": request.GET.get("risk", "")}
    if since := request.GET.get("since", ""):
        found["since"] = _since(since, day)
    return found


def _since(text: str, day: date) -> date:
    try:
        since = day_of(text)
    except (ValueError, OverflowError):
        since = None
    if since is None or since >= day:
        words = _("Write a day before the one that the report is of, such as %s.") % "2026-01-31"
        raise Refused(words, code="invalid", field="since")
    return since


def whole_address(request: ActingRequest, kind: Kind) -> str:
    """The address with its moment, language and the mark of the reader's reach: what it leaves out is as it is now."""
    query = {name: request.GET.getlist(name) for name in request.GET}
    language = request.GET.get("language", "")
    if language and language not in LANGUAGES:
        words = _("A report is made in one of these languages: %s.") % ", ".join(LANGUAGES)
        raise Refused(words, code="invalid", field="language")
    if day := day_of(request.GET.get("as_of", "")):
        query["as_of"] = [day.isoformat()]
    if request.as_of is None:
        _come(request.GET.get("as_of", ""))
        query["as_of"] = [datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
    if not language:
        query["language"] = [str(translation.get_language())]
    if not request.GET.get("unit") and kind.of_unit and (top := Unit.objects.seen().filter(parent=None).first()):
        query["unit"] = [top.code]
    if not request.GET.get("reach"):
        query["reach"] = [mark_of(request.actor)]
    whole = f"{request.path}?{urlencode(query, doseq=True)}"
    return whole if query != {name: request.GET.getlist(name) for name in request.GET} else request.get_full_path()


def _come(text: str) -> None:
    """Refuse a day to come. Today is told as it stands at this moment."""
    day = day_of(text) if text else None
    if day is not None and day > timezone.localdate():
        raise Refused(_("This day has not come yet: nothing can be told of it."), code="future", field="as_of")
