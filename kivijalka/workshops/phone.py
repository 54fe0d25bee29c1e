"""The pages of a participant: join by the code, then answer, one risk at a time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kivijalka.access.request import ActingRequest
from kivijalka.register.doors import once
from kivijalka.register.doors.filters import refuse_past
from kivijalka.register.doors.forms import cleaned
from kivijalka.register.refusal import Refused
from kivijalka.signin import throttle
from kivijalka.workshops import answering, forms, queries
from kivijalka.workshops.models import Question, Workshop

BOTH = ["GET", "HEAD", "POST"]
State = Workshop.State


@require_http_methods(BOTH)
def join_page(request: ActingRequest) -> HttpResponse:
    """The form of the code. An address in a QR code fills it in; nothing is joined before one presses the button."""
    form = forms.code_form(request.POST if request.method == "POST" else None, request.GET.get("code", ""))
    if not form.is_bound:
        return render(request, "workshops/join.html", {"form": form})
    refuse_past()
    try:
        pk = _joined(request, cleaned(form)["code"])
    except Refused as refused:
        if form.is_valid():
            form.refuse(refused)
        # Not 422: with a page that refuses, what was written is undone, and the failed try would not be counted.
        return render(request, "workshops/join.html", {"form": form, "refused": refused})
    return redirect("answer-workshop", pk)


def _joined(request: ActingRequest, code: str) -> UUID:
    """Whoever guesses waits longer and longer: counted by the person, wherever they come from, for a day.

    A code that fits takes nothing away: else whoever has one would guess others in between.
    """
    wrong = None
    with throttle.counted(throttle.key_of(f"workshop {request.actor.person}", ""), timezone.now()) as tries:
        try:
            found = answering.join(request.actor, code)
        except answering.WrongCode as refused:
            wrong = refused
            tries.failed()
    if wrong is not None:
        raise wrong
    return found


@require_http_methods(BOTH)
def answer_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """One risk and how one judges it: the first that is not answered yet, or the one that the address names."""
    workshop = queries.workshop_seen(pk)
    if request.method == "POST":
        return _answered(request, workshop)
    if not answering.takes_part(request.actor, workshop):
        return render(request, "workshops/not_joined.html", {"workshop": workshop}, status=403)
    return _phone(request, workshop)


def _answered(request: ActingRequest, workshop: Workshop) -> HttpResponse:
    refuse_past()
    # What a phone kept while it had no connection is its person's, whoever is signed in on it by now.
    if (key := request.POST.get(once.FIELD)) and once.issued_to(key) not in (None, request.actor.person):
        raise Refused(_("This was answered by somebody else on this device. Nothing was sent."), code="not_oneself")
    form = forms.answer_form(queries.policy_of(workshop), request.POST)
    try:
        given = cleaned(form)
        question, levels = given["question"], {name: given[name] for name in ("likelihood", "impact")}
        answering.answer(request.actor, workshop, question, **levels)
    except Refused as refused:
        # A page cannot be shown by a transaction that the database has refused.
        if form.is_valid():
            raise
        if not answering.takes_part(request.actor, workshop):
            raise answering.NotJoined from refused
        return _phone(request, workshop, form, refused)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"kept": True})
    return redirect("answer-workshop", workshop.pk)


def _phone(request: ActingRequest, workshop: Workshop, form: Any = None, refused: Any = None) -> HttpResponse:
    asked = list(Question.objects.seen().filter(workshop=workshop).order_by("id"))
    mine, policy = queries.own_answers(asked), queries.policy_of(workshop)
    wanted = (form.data if form else request.GET).get("question", "")
    shown = next((question for question in asked if str(question.pk) == wanted), None)
    if shown is None:
        shown = next((question for question in asked if question.pk not in mine), None)
    is_open = workshop.state == State.OPEN
    if form is None and shown is not None and is_open:
        given = mine.get(shown.pk)
        levels = {"likelihood": given.likelihood, "impact": given.impact} if given else {}
        form = forms.answer_form(policy, initial={"question": shown.pk, **levels})
    context = {
        "workshop": workshop,
        "is_open": is_open,
        "questions": [(number, question, mine.get(question.pk)) for number, question in enumerate(asked, start=1)],
        "shown": shown if is_open else None,
        "number": asked.index(shown) + 1 if shown else 0,
        "answered": len(mine),
        "form": form,
        "refused": refused,
        "dimensions": policy.scales.dimensions if policy else (),
        "next": reverse("answer-workshop", args=[workshop.pk]),
    }
    return render(request, "workshops/answer.html", context, status=422 if refused else 200)
