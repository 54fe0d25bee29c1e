"""Says how the work beside the pages stands, and begins anew what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.models import Count, Max, Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from kivijalka.register.sealing import seals

# A worker tells every ten seconds that it lives.
SILENT = timedelta(seconds=30)
# Sealed within ten seconds of its end; an entry says when its transaction began.
UNSEALED = timedelta(minutes=10)


@dataclass(frozen=True)
class Standing:
    """Jobs of one kind: when the last was done and the last failed, how many wait and are under way."""

    task: str
    done: datetime | None
    failed: datetime | None
    waiting: int
    doing: int

    @property
    def is_wrong(self) -> bool:
        """What is periodic is well again when a later one was done; of the rest, each that was given up is missed."""
        if self.failed is None:
            return False
        is_periodic = any(known.task.name == self.task for known in app.periodic_registry.periodic_tasks.values())
        return not (is_periodic and self.done is not None and self.done > self.failed)

    def __str__(self) -> str:
        told = [f"done {_at(self.done)}", f"failed {_at(self.failed)}", f"{self.waiting} wait, {self.doing} under way"]
        return f"{'WRONG' if self.is_wrong else 'well '}  {self.task.rpartition('.')[2]}: {', '.join(told)}"


class Command(BaseCommand):
    help = "How the jobs stand: what was done, waits, or was given up. Exit code 1: something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="begin anew what was given up")

    def handle(self, *args: Any, **options: Any) -> None:
        if "procrastinate_jobs" not in connection.introspection.table_names():
            raise CommandError("The database has no tables yet: ./run manage migrate makes them.")
        if options["again"]:
            self._again()
        now, found = timezone.now(), standing()
        alive, unsealed = workers(now), seals.unsealed_since()
        self.stdout.write("\n".join([*map(str, found), f"workers running: {alive}", f"sealed: {_sealed(unsealed)}"]))
        wrong = [f"{kind.task} failed" for kind in found if kind.is_wrong]
        wrong += [] if alive else ["no worker is running"]
        wrong += [] if unsealed is None or now - unsealed < UNSEALED else ["the trail is not sealed"]
        if wrong:
            raise CommandError(
                f"{'; '.join(wrong)}. The log of the worker says why; ./run manage jobs --again tries anew."
            )

    def _again(self) -> None:
        kinds = {kind.task for kind in standing() if kind.is_wrong}
        periodic = {known.task.name for known in app.periodic_registry.periodic_tasks.values()}
        for job in ProcrastinateJob.objects.filter(status="failed", task_name__in=kinds - periodic):
            app.job_manager.retry_job_by_id(job.pk, timezone.now())
            self.stdout.write(f"Begun anew: {job.pk} {job.task_name}")


def standing() -> list[Standing]:
    """How each kind of job stands."""

    def last(kind: str) -> Max:
        return Max("procrastinateevent__at", filter=Q(procrastinateevent__type=kind, status=kind))

    def count(status: str) -> Count:
        return Count("pk", filter=Q(status=status), distinct=True)

    kinds = ProcrastinateJob.objects.values("task_name").order_by("task_name")
    rows = kinds.annotate(done=last("succeeded"), failed=last("failed"), waiting=count("todo"), doing=count("doing"))
    return [Standing(*(row[name] for name in ("task_name", "done", "failed", "waiting", "doing"))) for row in rows]


def workers(now: datetime) -> int:
    """How many are alive."""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=now - SILENT).count()


def _at(moment: datetime | None) -> str:
    return "never" if moment is None else f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"


def _sealed(unsealed: datetime | None) -> str:
    return "all" if unsealed is None else f"up to {_at(unsealed)}"
