"""Doors to reports: an address tells all that a report is made of, so that it can be made again."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kivijalka.access import looking_back
from kivijalka.access.request import ActingRequest
from kivijalka.organisation.models import Unit
from kivijalka.register.doors.downloads import download
from kivijalka.register.doors.place import without
from kivijalka.register.fields import day_of
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.reports.documents import large
from kivijalka.reports.documents.asked import OTHERS, mark_of
from kivijalka.reports.documents.formats import FORMATS
from kivijalka.reports.documents.wanted import Wanted

LANGUAGES = dict(settings.LANGUAGES)


@require_GET
def report_file(request: ActingRequest, report: str, form: str) -> HttpResponse:
    """A report as a file. An address that leaves something out leads to one that tells all: which moment, language, reach.

    One over very many records is made by a job: a page offers that.
    """
    wanted = Wanted(report, form, request.GET, request.as_of or timezone.now())
    whole = whole_address(request, of_unit=wanted.kind.of_unit)
    if whole != request.get_full_path():
        return redirect(whole)
    try:
        asked = wanted.asked(request.actor, site_of(request), whole)
    except Refused as refused:
        return not_again(request, refused, wanted, whole)
    if not large.is_large(wanted.kind, asked):
        return download(wanted.make(asked), wanted.name(asked), FORMATS[form].kind)
    there = large.made_at(request.actor, whole)
    if there is not None:
        return redirect("made-report", there.pk)
    return render(request, "reports/large.html", {"address": whole, "unit": asked.unit, "kind": wanted.kind})


@require_POST
def make_page(request: ActingRequest) -> HttpResponse:
    """Have a large report made by a job, and lead to where it will be."""
    return redirect("made-report", large.ask(request.actor, request.POST.get("address", ""), site_of(request)).pk)


@require_GET
def made_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """How a large report stands, until it can be had."""
    report = large.mine(pk)
    context = {
        "report": report,
        "standing": large.standing(report),
        "anew": anew(report.address) if report.why_code in OTHERS else "",
    }
    alone = "HX-Request" in request.headers
    return render(request, "reports/_made.html" if alone else "reports/made.html", context)


@require_GET
def made_file(request: ActingRequest, pk: UUID) -> HttpResponse:
    """A large report that was made, for as long as its reader's reach is what it was made for."""
    report = large.mine(pk)
    if report.content is None:
        raise NotThere
    wanted = large.read(report.address)
    try:
        with looking_back(request.actor, wanted.moment) as then:
            wanted.asked(then, report.site, report.address)
    except Refused as refused:
        return not_again(request, refused, wanted, report.address)
    return download(bytes(report.content), report.name, FORMATS[report.name.rpartition(".")[2]].kind)


def not_again(request: ActingRequest, refused: Refused, wanted: Wanted, address: str) -> HttpResponse:
    """Why a report is not given to this reader, with the way to one for what they reach now; other refusals as they are."""
    if refused.code not in OTHERS:
        raise refused
    context = {"refused": refused, "kind": wanted.kind, "anew": anew(address)}
    return render(request, "reports/not_again.html", context, status=422)


def anew(address: str) -> str:
    """The same report for what the reader reaches now."""
    return without(address, "reach")


def site_of(request: ActingRequest) -> str:
    """What every link of a document begins with."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")


def whole_address(request: ActingRequest, *, of_unit: bool) -> str:
    """The address with its moment, language and the mark of the reader's reach: what it leaves out is as it is now."""
    given = {name: request.GET.getlist(name) for name in request.GET}
    query, language = dict(given), request.GET.get("language", "")
    if language and language not in LANGUAGES:
        words = _("A report is made in one of these languages: %s.") % ", ".join(LANGUAGES)
        raise Refused(words, code="invalid", field="language")
    if day := day_of(request.GET.get("as_of", "")):
        # Today is told as it stands at this moment.
        if day > timezone.localdate():
            raise Refused(_("This day has not come yet: nothing can be told of it."), code="future", field="as_of")
        query["as_of"] = [day.isoformat()]
    if request.as_of is None:
        query["as_of"] = [datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
    if not language:
        query["language"] = [str(translation.get_language())]
    if of_unit and not request.GET.get("unit") and (top := Unit.objects.seen().filter(parent=None).first()):
        query["unit"] = [top.code]
    if not request.GET.get("reach"):
        query["reach"] = [mark_of(request.actor)]
    return request.get_full_path() if query == given else f"{request.path}?{urlencode(query, doseq=True)}"
