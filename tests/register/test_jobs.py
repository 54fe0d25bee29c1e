"""What jobs leave behind is forgotten too: sealing alone leaves thousands of them a day."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from croniter import croniter
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kivijalka.register import jobs
from kivijalka.register.jobs import DONE_KEPT, FAILED_KEPT
from tests.jobs import run

pytestmark = pytest.mark.django_db


def ended(status: str, hours_ago: int) -> int:
    """A job that ended so long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (task_name, queue_name, status) values ('seal', 'default', 'todo') returning id"
        )
        job = int(cursor.fetchone()[0])
        cursor.execute("update procrastinate_jobs set status = %s where id = %s", [status, job])
        cursor.execute(
            "update procrastinate_events set at = now() - make_interval(hours => %s) where job_id = %s",
            [hours_ago, job],
        )
    return job


def test_a_job_that_is_done_is_forgotten_after_a_day_and_one_that_failed_after_a_month() -> None:
    gone = {ended("succeeded", DONE_KEPT + 1), ended("failed", FAILED_KEPT + 1)}
    kept = {ended("succeeded", DONE_KEPT - 1), ended("failed", FAILED_KEPT - 1), ended("doing", FAILED_KEPT + 1)}
    run(jobs.forget_jobs)
    left = set(ProcrastinateJob.objects.filter(pk__in=gone | kept).values_list("pk", flat=True))
    assert left == kept


@pytest.mark.parametrize("task", [jobs.seal_trail, jobs.take_up_imports], ids=lambda task: task.name)
def test_what_cannot_wait_is_done_every_ten_seconds_of_every_minute(task: Any) -> None:
    periodic = {known.task.name: known for known in app.periodic_registry.periodic_tasks.values()}
    moments = list(islice(croniter(periodic[task.name].cron, start_time=7.0).all_next(float), 700))
    assert moments == [10.0 * number for number in range(1, 701)]
