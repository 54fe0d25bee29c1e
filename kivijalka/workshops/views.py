"""The pages of whoever leads a workshop: how it goes, and what came of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from kivijalka.access.request import ActingRequest
from kivijalka.register import qr
from kivijalka.register.command import can
from kivijalka.register.doors.related import relate, together
from kivijalka.register.doors.rows import found
from kivijalka.register.doors.show import verbs_of
from kivijalka.workshops import codes, queries, shown
from kivijalka.workshops.models import Participant, Workshop
from kivijalka.workshops.registers import workshops

READ = ["GET", "HEAD"]
State = Workshop.State
REVEALED = (State.CLOSED, State.ENDED)


@require_http_methods(READ)
def lead_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Who has joined and how many have answered; from the closing on, how the answers are spread. A script asks for the
    counts again and again."""
    if request.headers.get("HX-Target", "").endswith("progress"):
        return render(request, "workshops/_progress.html", _progress(queries.workshop_seen(pk)))
    workshop = _one(pk)
    context = _told(workshop)
    may_lead = workshop.right_edit and request.as_of is None
    if may_lead and workshop.state == State.OPEN:
        context |= _way_in(request, workshop)
    verbs = [verb for verb in verbs_of(workshops, workshop) if verb.name not in ("edit", "agree")]
    may_agree = may_lead and workshop.state == State.CLOSED
    context |= {"verbs": [] if request.as_of else verbs, "may_agree": may_agree}
    return render(request, "workshops/lead.html", context)


@require_http_methods(READ)
def summary_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """What came of the workshop, as a document: who took part, how the answers were spread, what was agreed."""
    return render(request, "workshops/summary.html", _told(_one(pk)))


def panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On the record's page: the ways to the other pages."""
    return ("workshops/_panel.html", {"workshop": record}) if isinstance(record, Workshop) else None


def _one(pk: UUID) -> Any:
    """The workshop with what may be done with it; what it points at is fetched with the rest."""
    return found(Workshop.objects.seen().annotate(**can(Workshop, workshops.all_commands)), pk)


def _progress(workshop: Workshop) -> dict[str, Any]:
    """Who has joined, and how many have answered."""
    with together():
        spreads = queries.questions(workshop)
        people = relate(Participant.objects.seen().filter(workshop=workshop).order_by("joined_at", "id"), ["person"])
    return {"people": people, "spreads": spreads}


def _told(workshop: Workshop) -> dict[str, Any]:
    """What both pages tell."""
    policy = queries.policy_of(workshop)
    with together():
        progress = _progress(workshop)
        relate([workshop], ["owner", "unit"])
    is_shown = policy is not None and workshop.state in REVEALED
    return {
        **progress,
        "workshop": workshop,
        "policy": policy,
        "shown": shown.shown(progress["spreads"], policy) if policy is not None and is_shown else [],
        "impacts": shown.Words.of(policy).impacts if policy else [],
        "is_shown": is_shown,
    }


def _way_in(request: ActingRequest, workshop: Workshop) -> dict[str, Any]:
    """The code, the address to write it at, and both as a drawing for a camera."""
    code, join = codes.code_of(workshop.pk), reverse("join-workshop")
    site = settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")
    return {
        "code": code,
        "address": f"{site}{join}".partition("://")[2],
        "qr": qr.drawn(f"{site}{join}?{urlencode({'code': code})}"),
    }
