"""A list, or a record, on two days: what came to it, what left it, and what changed in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kivijalka.access import Actor, looking_back
from kivijalka.access.request import ActingRequest, day_of
from kivijalka.register.declare import Register
from kivijalka.register.doors import rows
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.doors.history import (
    Change,
    Telling,
    as_then,
    changes_of,
    command_of,
    names_in,
    raw_since,
)
from kivijalka.register.doors.related import relate, together
from kivijalka.register.fields import DayField, end_of
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import register_by_path

READ = ["GET", "HEAD"]
SINCE = "since"
# So many of each kind are shown; all are counted.
MOST = 50
Versions = dict[UUID, int]
# Of each row its version, and its class or nothing.
Stands = dict[UUID, tuple[int, str]]


@dataclass(frozen=True)
class Deed:
    """What was done in between: the verb, on which day, by whom."""

    what: Any
    at: datetime
    by: str


@dataclass(frozen=True)
class Told:
    """A record that differs: how it stands, what changed, and by which deeds."""

    row: Any
    changes: list[Change]
    deeds: list[Deed]


@dataclass(frozen=True)
class Different:
    """Records that differ in one way, the first of them by code; and how many there are."""

    heading: Any
    shown: list[Told]
    count: int


@require_http_methods(READ)
def list_compared(request: ActingRequest, path: str) -> HttpResponse:
    """What became of a list, with its filters, since a day; until now, or until the moment that is looked at."""
    register, params = register_by_path(path), request.GET.copy()
    for name in (SINCE, "show", "after", "before", "last", "sort", "column", "density"):
        params.pop(name, None)
    return _page(request, register, lambda: rows.all_rows(register, params)[0], {"query": params})


@require_http_methods(READ)
def record_compared(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """What became of a record since a day."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    return _page(request, register, lambda: register.model.objects.seen().filter(pk=pk), {"record": record})


def _page(
    request: ActingRequest, register: Register[Any], asked: Callable[[], QuerySet[Any, Any]], context: dict[str, Any]
) -> HttpResponse:
    form = since_form(request.GET if SINCE in request.GET else None)
    context |= {"register": register, "form": form, "query": context.get("query") or QueryDict()}
    refused = None
    if form.is_bound:
        try:
            since = moment_before(cleaned(form)[SINCE], request.as_of or timezone.now())
            context["differences"] = differences(register, request.actor, asked, since)
            context["meanwhile"] = meanwhile(register, since, day_of(request))
        except Refused as told:
            refused = told
            form.refuse(told) if form.is_valid() else None
    return render(request, "register/compare.html", context, status=422 if refused else 200)


def since_form(data: Any = None) -> RegisterForm:
    """Since which day."""
    form = RegisterForm(data)
    form.fields[SINCE] = DayField(label=gettext_lazy("Compare with how it stood on"))
    return form


def moment_before(day: date, later: datetime) -> datetime:
    """The end of a day that is before another moment."""
    if end_of(day) >= later:
        raise Refused(_("Choose a day that is over, before the one that is looked at."), code="invalid", field=SINCE)
    return end_of(day)


def meanwhile(register: Register[Any], since: datetime, until: date) -> Sequence[str]:
    """What else changed since a moment that its records are judged by, in sentences."""
    return register.meanwhile(timezone.localdate(since), until) if register.meanwhile else ()


@dataclass
class Moved:
    """Which rows differ, by how: each with its version now, or then if it has left; and how those stood then and now."""

    before: Stands
    after: Stands
    rose: Versions = field(default_factory=dict)
    fell: Versions = field(default_factory=dict)
    changed: Versions = field(default_factory=dict)
    came: Versions = field(default_factory=dict)
    left: Versions = field(default_factory=dict)


def differences(
    register: Register[Any], actor: Actor, asked: Callable[[], QuerySet[Any, Any]], since: datetime
) -> list[Different]:
    """How rows differ from how they stood then, in words."""
    found = moved(register, actor, asked, since)
    groups = {
        _("Rose"): found.rose,
        _("Fell"): found.fell,
        _("Changed in between"): found.changed,
        _("Came to the list"): found.came,
        _("Left the list"): found.left,
    }
    if not register.badges:
        del groups[_("Rose")], groups[_("Fell")]
    shown = [pk for versions in groups.values() for pk in _first(versions)]
    return _told(register, groups, found.before, raw_since(register, shown, since, actor.as_of), since)


def moved(register: Register[Any], actor: Actor, asked: Callable[[], QuerySet[Any, Any]], since: datetime) -> Moved:
    """Which rows differ from how they stood then. What one may see is judged at each moment by today's roles."""
    # A list is asked then as it is now, also by a field that the city had not added yet.
    with looking_back(actor, since):
        before = _told_short(register, asked())
    after = _told_short(register, asked())
    found = Moved(_stands(before - after), _stands(after - before))
    for pk, (version, grade) in found.after.items():
        former, former_grade = found.before.get(pk, (0, ""))
        if not former:
            found.came[pk] = version
        elif former != version:
            is_graded = former_grade and grade and former_grade != grade
            into = found.changed if not is_graded else found.rose if former_grade < grade else found.fell
            into[pk] = version
    found.left.update({pk: version for pk, (version, _grade) in found.before.items() if pk not in found.after})
    return found


def _told(
    register: Register[Any],
    groups: dict[Any, Versions],
    before: Stands,
    versions: list[dict[str, Any]],
    since: datetime,
) -> list[Different]:
    raw = {(version["id"], version["version"]): version for version in versions}
    stood = {known: as_then(register.model, version) for known, version in raw.items()}
    with together():
        names = names_in(register, versions)
        relate(stood.values(), register.related)
    telling = Telling(names, register.words())
    deeds: dict[UUID, list[Deed]] = defaultdict(list)
    for version in versions:
        if version["kept_from"] > since:
            by = names.get(version["kept_by"], "")
            deeds[version["id"]].append(Deed(command_of(register, version), version["kept_from"], by))

    def different(heading: Any, versions: Versions) -> Different:
        found = []
        for pk, version in _first(versions).items():
            now, then = (pk, version), (pk, before[pk][0] if pk in before else version)
            if now in raw and then in raw:
                found.append(Told(stood[now], changes_of(register, raw[now], raw[then], telling), deeds[pk]))
        return Different(heading, sorted(found, key=lambda one: str(one.row.code)), len(versions))

    return [different(heading, versions) for heading, versions in groups.items()]


def _told_short(register: Register[Any], found: QuerySet[Any, Any]) -> set[str]:
    """Id, version and class, if the register has one, of each row. In one text: of ten thousand rows few differ, and only
    those need reading."""
    graded: list[Any] = sorted(register.badges)[:1] or [Value("")]
    blank, words = Value(" "), TextField()
    row = Concat(Cast("pk", words), blank, Cast("version", words), blank, *graded, output_field=words)
    told = found.order_by().aggregate(told=StringAgg(row, ","))["told"]
    return set(told.split(",")) if told else set()


def _stands(told: set[str]) -> Stands:
    """Which version stands, and its class, by row; in the order of ids, and so of codes, which rise with time."""
    rows = (row.split(" ") for row in sorted(told))
    return {UUID(pk): (int(version), grade) for pk, version, grade in rows}


def _first(versions: Versions) -> Versions:
    return dict(list(versions.items())[:MOST])
