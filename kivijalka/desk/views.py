"""My work: one list across all registers of what waits for the acting person, by due date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kivijalka.organisation.handover import asked
from kivijalka.organisation.queries import delegations_in_force, offered_to
from kivijalka.register.declare import Register, Waits
from kivijalka.register.registry import REGISTERS

MOST = 50


@dataclass(frozen=True)
class Task:
    """One thing that waits: its question, its record, when it is due, and the likely verb."""

    question: Any
    record: Any
    register: Register[Any]
    due: date | None
    late: bool
    verb: str
    verb_label: Any


@login_required
@require_GET
def my_work(request: Any) -> HttpResponse:
    """What waits for me, late first; then what comes next."""
    today = timezone.localdate()
    tasks = [
        task for register in REGISTERS.values() for waits in register.waits for task in waiting(register, waits, today)
    ]
    tasks.sort(key=lambda task: (task.due is None, task.due or today))
    context = {
        "tasks": tasks[:MOST],
        "late": sum(task.late for task in tasks),
        "offers": offered_to(request.actor.principal),
        "asked": asked(request.actor) if request.as_of is None else [],
        "delegations": delegations_in_force(request.actor.person, today),
    }
    return render(request, "desk/my_work.html", context)


def waiting(register: Register[Any], waits: Waits, today: date) -> list[Task]:
    """Records of one register that wait for one thing: one query."""
    rows = register.model.objects.seen().filter(waits.rule())
    rows = rows.order_by(waits.due, "id") if waits.due else rows.order_by("id")
    label = register.all_commands[waits.verb].label
    tasks = []
    for record in rows[:MOST]:
        due = getattr(record, waits.due) if waits.due else None
        late = due is not None and due < today
        tasks.append(Task(waits.question, record, register, due, late, waits.verb, label))
    return tasks
