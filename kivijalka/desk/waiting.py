"""What waits for the acting person, in every register; and a thing that they put off until a later day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Case, DateField, F, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from kivijalka.access import Actor
from kivijalka.register.declare import SOON, Register, Waits
from kivijalka.register.doors.related import ask
from kivijalka.register.models import Node
from kivijalka.register.models.working import Snooze
from kivijalka.register.refusal import NotThere, Reason, refuse
from kivijalka.register.registry import REGISTERS

MOST = 50
# Nothing is put off for longer.
LONGEST = timedelta(days=90)
Snoozes = dict[tuple[UUID, str], Snooze]


@dataclass(frozen=True)
class Task:
    """One thing that waits: its question, its record, when it is due, the likely verb, and whether it was put off."""

    question: Any
    record: Any
    register: Register[Any]
    due: date | None
    late: bool
    verb: str
    verb_label: Any
    snooze: Snooze | None


@dataclass(frozen=True)
class Desk:
    """What waits now, what is due later, and what was put off; each by its day."""

    now: list[Task]
    later: list[Task]
    off: list[Task]

    @property
    def next_on(self) -> date | None:
        """The day on which the next thing comes among those that wait now."""
        days = [task.due - SOON for task in self.later if task.due]
        return min([*days, *(task.snooze.until for task in self.off if task.snooze)], default=None)


def desk(actor: Actor, today: date, unit: Any = None) -> Desk:
    """What waits for the acting person; of one unit and those below it, when one is given. Complete when all that is
    asked `together` with it is there."""
    found = Desk([], [], [])
    waiting(today, snoozed(actor, today), partial(_laid_out, found, today), unit)
    return found


def _laid_out(desk: Desk, today: date, tasks: list[Task]) -> None:
    for task in tasks:
        is_later = task.due is not None and task.due > today + SOON
        (desk.off if task.snooze else desk.later if is_later else desk.now).append(task)


def snoozed(actor: Actor, today: date) -> Snoozes:
    """What the person has put off and has not come back yet, by record and verb."""
    found = Snooze.objects.filter(person=actor.person, until__gt=today)
    return {(snooze.record, snooze.verb): snooze for snooze in found}


def waiting(
    today: date, snoozes: Snoozes, take: Callable[[list[Task]], None], unit: Any = None, only: UUID | None = None
) -> None:
    """Give `take` what waits in every register, by its due date: two queries, however many registers there are."""
    asked = [(register, waits) for register in REGISTERS.values() for waits in register.waits]
    off = [pk for pk, _verb in snoozes]
    first, *others = (_rows(number, register, waits, unit, off, only) for number, (register, waits) in enumerate(asked))
    found = sorted(first.union(*others, all=True), key=lambda row: (row[2] is None, row[2] or today))

    def with_nodes(seen: dict[Any, Node]) -> None:
        nodes = seen | _without_node([(pk, asked[number][0]) for pk, number, _due in found if pk not in seen])
        tasks = []
        for pk, number, due in found:
            if pk in nodes:
                register, waits = asked[number]
                label = register.all_commands[waits.verb].label
                late = due is not None and due < today
                snooze = snoozes.get((pk, waits.verb))
                tasks.append(Task(waits.question, nodes[pk], register, due, late, waits.verb, label, snooze))
        take(tasks)

    ask(Node, "id", {pk for pk, _number, _due in found}, with_nodes)


def _without_node(missing: list[tuple[UUID, Register[Any]]]) -> dict[UUID, Node]:
    """Records that whoever is asked about them sees, and their nodes not: a rule names them beside the owner."""
    found: dict[UUID, Node] = {}
    for register in {register.key: register for _pk, register in missing}.values():
        for row in register.model.objects.seen().filter(pk__in=[pk for pk, of in missing if of is register]):
            found[row.pk] = Node(id=row.pk, register=register.key, code=row.code, title=str(row), key=row.key)
    return found


def _rows(number: int, register: Register[Any], waits: Waits, unit: Any, off: list[UUID], only: UUID | None) -> Any:
    """Records of one register that wait for one thing: their id, the thing's number, and when it is due.

    As many as are shown and one more, besides those that were put off.
    """
    due = F(waits.due) if waits.due else Value(None)
    rows: QuerySet[Any, Any] = register.model.objects.seen().filter(waits.rule())
    if only:
        rows = rows.filter(pk=only)
    if unit:
        rows = rows.filter(**{f"{register.model.unit_column}__in": unit.below})
    off_first = Case(When(pk__in=off, then=0), default=1)
    rows = rows.annotate(waits_as=Value(number), waits_on=Cast(due, DateField())).order_by(off_first, "waits_on", "id")
    return rows.values_list("pk", "waits_as", "waits_on")[: len(off) + MOST + 1]


def task_of(actor: Actor, pk: UUID, verb: str, today: date) -> Task:
    """One thing that waits for the person; what does not is answered as if it were not there."""
    found: list[Task] = []
    waiting(today, snoozed(actor, today), found.extend, only=pk)
    for task in found:
        if task.verb == verb:
            return task
    raise NotThere


def why_not_until(until: date, today: date) -> Reason | None:
    """Why a thing can't be put off until a day; None: it can."""
    if today < until <= today + LONGEST:
        return None
    text = _("Choose a day after today, at most %d days from now.") % LONGEST.days
    return Reason("until_when", text, field="until")


def snooze(actor: Actor, task: Task, *, until: date, reason: str, today: date) -> None:
    """Take a thing off the person's own list until a day. It stays due on its day, for everybody."""
    refuse(why_not_until(until, today))
    _keep(actor, task, until, reason)


def wake(actor: Actor, task: Task, today: date) -> None:
    """Take a thing that was put off back to the list at once."""
    _keep(actor, task, today, "")


def _keep(actor: Any, task: Task, until: date, reason: str) -> None:
    row = Snooze(person_id=actor.person, record=task.record.pk, verb=task.verb, until=until, reason=reason)
    Snooze.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["person", "record", "verb"],
        update_fields=["until", "reason"],
    )
