"""Working a choice out: at once where it is small, by a job where it is large; for one person, within their reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kivijalka.access import Actor, acting
from kivijalka.actions.models import Action
from kivijalka.organisation.queries import numbers_below
from kivijalka.policy.queries import policy_in_force
from kivijalka.programmes.choosing import Asked, answered, asked
from kivijalka.programmes.models import Choice, Least, Working
from kivijalka.register.refusal import Refused

TASK = "kivijalka.programmes.jobs.work_out_choice"
# More candidates than this are not weighed while somebody waits for a page.
AT_ONCE = 120


@dataclass(frozen=True)
class Standing:
    """How far a job is: so many steps of how many; given up where it is neither open nor done."""

    is_open: bool
    done: int = 0
    of: int = 0


def begin(actor: Actor, choice: Choice) -> None:
    """Work the choice out for the acting person: now, or have it done by a job."""
    rows = Action.objects.seen().filter(unit__in=numbers_below(choice.unit_id), state=Action.State.PLANNED)
    made, _new = Working.objects.seen().update_or_create(
        choice=choice, person_id=actor.person, defaults={"version": choice.version, "found": None, "job": None}
    )
    if rows.count() <= AT_ONCE:
        _write(made.pk, _told(choice, answered(_ask(choice))))
        return
    behalf = str(actor.on_behalf_of) if actor.on_behalf_of else None
    made.job = app.configure_task(TASK, lock="choice").defer(
        choice=str(choice.pk), person=str(actor.person), on_behalf_of=behalf, language=translation.get_language()
    )
    made.save(update_fields=["job"])


def work(choice: UUID, who: dict[str, Any]) -> None:
    """The job: asks in one transaction, reckons in none, and writes down how far it is in short ones."""
    with acting(**who, door="job"):
        row = Choice.objects.seen().filter(pk=choice).first()
        made = Working.objects.seen().filter(choice=choice, person=who["person"]).first()
        if row is None or made is None:
            return
        given, bound = _ask(row), _told(row, {})

    def tell(done: int, of: int) -> None:
        with acting(**who, door="job"):
            _write(made.pk, {"done": done, "of": of})

    found = {**answered(given, tell), **bound}
    with acting(**who, door="job"):
        _write(made.pk, found)


def standing(made: Working) -> Standing | None:
    """Where the job of a working stands; None: there is none to wait for."""
    if made.job is None or (made.found is not None and "done" not in made.found):
        return None
    status = ProcrastinateJob.objects.filter(pk=made.job).values_list("status", flat=True).first()
    told = made.found or {}
    return Standing(status in ("todo", "doing", "succeeded"), told.get("done", 0), told.get("of", 0))


def latest(choice: Choice, person: Any) -> Working | None:
    """What was worked out for somebody last."""
    found: Working | None = Working.objects.seen().filter(choice=choice.pk, person=person).first()
    return found


def worked_out(actor: Actor, choice: Choice) -> dict[str, Any]:
    """What the acting person worked out of the choice as it is; where they did not, what they would. Refused where that takes
    a job, or the choice has changed since."""
    if latest(choice, actor.person) is None:
        begin(actor, choice)
    made = latest(choice, actor.person)
    if made is None or made.found is None or "lines" not in made.found:
        raise Refused(
            _("Work out the best set first: what is decided is the set that you have seen."), code="not_worked_out"
        )
    if is_stale(choice, made):
        raise Refused(
            _("The choice, or the risk policy, has changed since the set was worked out. Work it out anew."),
            code="stale",
        )
    found: dict[str, Any] = made.found
    return found


def is_stale(choice: Choice, made: Working) -> bool:
    """Whether the choice, what binds it, or the policy has changed since."""
    told = made.found or {}
    asked_now = {"policy": _policy(), "least": _least(choice)}
    return made.version != choice.version or any(told.get(name) != now for name, now in asked_now.items())


def _ask(choice: Choice) -> Asked:
    return asked(choice, policy_in_force(timezone.localdate()).scales)


def _told(choice: Choice, found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "policy": _policy(), "least": _least(choice)}


def _policy() -> str:
    return str(policy_in_force(timezone.localdate()).pk)


def _least(choice: Choice) -> list[list[str]]:
    rows = Least.objects.seen().filter(choice=choice.pk, least_eur__gt=0).order_by("id")
    return [[str(priority), str(eur)] for priority, eur in rows.values_list("priority", "least_eur")]


def _write(pk: Any, found: dict[str, Any]) -> None:
    Working.objects.filter(pk=pk).update(found=found, at=timezone.now())
