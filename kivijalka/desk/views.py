"""My work: one list across all registers of what waits for the acting person, by due date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import DateField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kivijalka.organisation.handover import asked
from kivijalka.organisation.looked_at import own_unit, unit_looked_at
from kivijalka.organisation.models import Unit
from kivijalka.organisation.queries import delegations_in_force, offered_to
from kivijalka.register.declare import Register, Waits
from kivijalka.register.models import Node
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


@require_GET
def my_work(request: Any) -> HttpResponse:
    """What waits for me, late first; of one unit and those below it, when the page is for one."""
    today = timezone.localdate()
    unit = unit_looked_at(request)
    tasks = waiting(today, unit)
    context = {
        "tasks": tasks[:MOST],
        "late": sum(task.late for task in tasks),
        "offers": offered_to(request.actor.principal),
        "asked": asked(request.actor) if request.as_of is None else [],
        "unit": unit or own_unit(request),
        "delegations": delegations_in_force(request.actor.person, today),
    }
    return render(request, "desk/my_work.html", context)


def waiting(today: date, unit: Unit | None = None) -> list[Task]:
    """What waits in every register, by its due date: two queries, however many registers there are."""
    asked = [(register, waits) for register in REGISTERS.values() for waits in register.waits]
    first, *others = (_rows(number, register, waits, unit) for number, (register, waits) in enumerate(asked))
    found = list(first.union(*others, all=True))
    nodes = Node.objects.defer("words", "folded").in_bulk([pk for pk, _number, _due in found])
    tasks = []
    for pk, number, due in found:
        if pk in nodes:
            register, waits = asked[number]
            label = register.all_commands[waits.verb].label
            late = due is not None and due < today
            tasks.append(Task(waits.question, nodes[pk], register, due, late, waits.verb, label))
    return sorted(tasks, key=lambda task: (task.due is None, task.due or today))


def _rows(number: int, register: Register[Any], waits: Waits, unit: Any) -> Any:
    """Records of one register that wait for one thing: their id, the thing's number, and when it is due."""
    due = F(waits.due) if waits.due else Value(None)
    rows: QuerySet[Any, Any] = register.model.objects.seen().filter(waits.rule())
    if unit:
        rows = rows.filter(**{f"{register.model.unit_column}__in": unit.below})
    rows = rows.annotate(number=Value(number), day=Cast(due, DateField()))
    return rows.order_by("day", "id").values_list("pk", "number", "day")[:MOST]
