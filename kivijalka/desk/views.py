"""My work: one list across all registers of what waits for the acting person, by due date."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kivijalka.access.request import ActingRequest
from kivijalka.desk import waiting
from kivijalka.organisation.about_me import own_unit, stands_in_for
from kivijalka.organisation.handover import asked
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.queries import offered_to
from kivijalka.organisation.views import refused_page, uuid_in
from kivijalka.register.discussion import unread_mentions
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.doors.place import kept
from kivijalka.register.doors.related import relate, together
from kivijalka.register.fields import DayField
from kivijalka.register.refusal import Refused


@require_GET
def my_work(request: ActingRequest) -> HttpResponse:
    """What waits for me, late first; of one unit and those below it, when the page is for one."""
    today = timezone.localdate()
    unit = unit_looked_at(request)
    actor = request.actor
    with together():
        desk = waiting.desk(actor, today, unit)
        to_hand_over = asked(actor) if request.as_of is None else []
        offers = relate(offered_to(actor.principal), ["record"])
        mentions = relate(unread_mentions(actor.person)[: waiting.MOST], ["person", "record"])
    context = {
        "desk": desk,
        "most": waiting.MOST,
        "late": sum(task.late for task in desk.now),
        "offers": offers,
        "asked": to_hand_over,
        "mentions": mentions,
        "unit": unit or own_unit(actor),
        "stands_in_for": stands_in_for(actor),
    }
    return render(request, "desk/my_work.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request: ActingRequest, pk: UUID, verb: str) -> HttpResponse:
    """Put a thing off: until when, and why."""
    today = timezone.localdate()
    task = waiting.task_of(request.actor, pk, verb, today)
    form = snooze_form(request.POST if request.method == "POST" else None)
    context = {"task": task, "last": today + waiting.LONGEST}
    if not form.is_bound:
        return render(request, "desk/snooze.html", {**context, "form": form})
    try:
        values = cleaned(form)
        waiting.snooze(request.actor, task, **values, today=today)
    except Refused as refused:
        return refused_page(request, "desk/snooze.html", form, refused, context)
    messages.success(request, _("Put off until %s.") % date_format(values["until"], "SHORT_DATE_FORMAT"))
    return redirect(kept(request, "/"))


@require_POST
def wake(request: ActingRequest) -> HttpResponse:
    """Take a thing that was put off back to the list."""
    today = timezone.localdate()
    task = waiting.task_of(request.actor, uuid_in(request.POST.get("record")), request.POST.get("verb", ""), today)
    waiting.wake(request.actor, task, today)
    messages.success(request, _("Back on your list."))
    return redirect(kept(request, "/"))


def snooze_form(data: Any = None) -> RegisterForm:
    """Until when, and why."""
    form = RegisterForm(data)
    form.fields["until"] = DayField(label=gettext_lazy("Put off until"))
    form.fields["reason"] = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    return form
