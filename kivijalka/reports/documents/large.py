"""Reports over very many records: made by a job in the name of who asks, and kept for them alone for a week."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kivijalka.access import Actor, acting
from kivijalka.actions.models import Action
from kivijalka.register.fields import day_of, end_of
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.kinds import Kind
from kivijalka.reports.documents.wanted import Wanted
from kivijalka.reports.models import MadeReport
from kivijalka.reports.views import rows_at
from kivijalka.risks.models import Risk

# A heavy kind of more records than this is not made while somebody waits for a page.
AT_ONCE = 1_500
TASK = "kivijalka.reports.jobs.make_report"
# What the job's session in the database is called: others see it while its transaction is open, and not after.
CALLED = "report %s %s/%s"
STEPS = 3
MOST_LETTERS = 2_000


@dataclass(frozen=True)
class Standing:
    """Where a report's job stands: whether it is still to be done, and which step of how many."""

    is_open: bool
    done: int = 0
    of: int = STEPS


def is_large(kind: Kind, asked: Asked) -> bool:
    """Whether a page had to wait long for it; a query for a heavy kind alone."""
    if not kind.heavy:
        return False
    risks = rows_at(Risk, asked.unit).filter(Risk.IS_OPEN).count()
    return risks + rows_at(Action, asked.unit).filter(state__in=Action.OPEN).count() > AT_ONCE


def mine(pk: UUID) -> MadeReport:
    """A report that the acting person asked for."""
    found: MadeReport | None = MadeReport.objects.seen().filter(pk=pk).first()
    if found is None:
        raise NotThere
    return found


def made_at(actor: Actor, address: str) -> MadeReport | None:
    """The report of an address, asked for before by the same person and not given up."""
    found: MadeReport | None = MadeReport.objects.seen().filter(address=address).defer("content").first()
    return found


def latest(most: int = 10) -> list[MadeReport]:
    """What the acting person asked for last."""
    return list(MadeReport.objects.seen().defer("content").order_by("-at")[:most])


def ask(actor: Actor, address: str, site: str) -> MadeReport:
    """Have the report of an address made by a job. Asked for twice it is made once, and anew if it could not be made."""
    wanted = read(address)
    assert actor.person is not None
    there = made_at(actor, address)
    if there is not None and not there.why and standing(there).is_open:
        return there
    report = there or MadeReport(person_id=actor.person, address=address, site=site)
    report.name, report.why, report.why_code = f"{wanted.report}.{wanted.form}", "", ""
    report.save()
    if there is None:
        report = MadeReport.objects.seen().get(person=actor.person, address=address)
    behalf = str(actor.on_behalf_of) if actor.on_behalf_of else None
    report.job = app.configure_task(TASK, lock="report").defer(
        report=str(report.pk), person=str(actor.person), on_behalf_of=behalf
    )
    report.save(update_fields=["job"])
    return report


def standing(report: MadeReport) -> Standing:
    """How far its job has come."""
    if report.content is not None or report.why or report.job is None:
        return Standing(False)
    status = ProcrastinateJob.objects.filter(pk=report.job).values_list("status", flat=True).first()
    return Standing(status in ("todo", "doing"), _told(report.pk) if status == "doing" else 0)


def make(pk: UUID, who: dict[str, Any]) -> None:
    """Make it as the person who asked. What is refused is kept with it, to be told."""
    with acting(**who, door="job"):
        report = MadeReport.objects.seen().filter(pk=pk).first()
    if report is None or report.content is not None:
        return
    content, name, why, why_code = b"", report.name, "", ""
    wanted = read(report.address)
    # A refusal is worded where it is found.
    language = translation.override(wanted.query.get("language", ""))
    try:
        with language, acting(**who, door="job", as_of=wanted.moment) as actor:
            _tell(pk, 1)
            asked = wanted.asked(actor, report.site, report.address)
            name = wanted.name(asked)
            _tell(pk, 2)
            content = wanted.make(asked)
    except Refused as refused:
        with language:
            why, why_code = str(refused), refused.code
    with acting(**who, door="job"):
        _tell(pk, STEPS)
        MadeReport.objects.filter(pk=pk).update(content=content or None, name=name, why=why, why_code=why_code)


def read(address: str) -> Wanted:
    """A whole address of a report; of one that was sent by hand, that it is none."""
    parts = urlsplit(address)
    query, found = QueryDict(parts.query), None
    if len(address) < MOST_LETTERS:
        with suppress(Resolver404):
            found = resolve(parts.path)
    moment, language = _moment(query.get("as_of", "")), query.get("language", "")
    is_whole = moment is not None and moment <= timezone.now() and language in dict(settings.LANGUAGES)
    if found is None or found.url_name != "report-file" or moment is None or not is_whole or not query.get("reach"):
        raise Refused(_("This is no address of a report. Choose one on the page Reports."), code="invalid")
    return Wanted(found.kwargs["report"], found.kwargs["form"], query, moment)


def _moment(text: str) -> datetime | None:
    """The moment as a whole address has it: a day, or an instant."""
    day = day_of(text)
    if day is not None:
        return end_of(day)
    with suppress(ValueError):
        instant = parse_datetime(text)
        return instant if instant is not None and timezone.is_aware(instant) else None
    return None


def _tell(report: UUID, step: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('application_name', %s, true)", [CALLED % (report, step, STEPS)])


def _told(report: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select application_name from pg_stat_activity where application_name like %s", [f"report {report} %"]
        )
        names = [re.fullmatch(r"report \S+ (\d+)/\d+", row[0]) for row in cursor.fetchall()]
    return max((int(name[1]) for name in names if name), default=0)
