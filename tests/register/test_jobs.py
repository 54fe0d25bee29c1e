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
    jobs.forget_jobs(timestamp=0)
    left = set(ProcrastinateJob.objects.filter(pk__in=gone | kept).values_list("pk", flat=True))
    assert left == kept


@pytest.mark.parametrize("task", [jobs.seal_trail, jobs.take_up], ids=lambda task: task.name)
def test_what_cannot_wait_is_done_every_ten_seconds_of_every_minute(task: Any) -> None:
    periodic = {known.task.name: known for known in app.periodic_registry.periodic_tasks.values()}
    moments = list(islice(croniter(periodic[task.name].cron, start_time=7.0).all_next(float), 700))
    assert moments == [10.0 * number for number in range(1, 701)]


def begun(task: str, *, alive: bool, lock: str | None = None, attempts: int = 0) -> int:
    """A job that a worker is at, which lives or was killed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => %s)) returning id",
            [5 if alive else 31],
        )
        (worker,) = cursor.fetchone()
        cursor.execute(
            "insert into procrastinate_jobs (task_name, queue_name, status, worker_id, queueing_lock, attempts)"
            " values (%s, 'default', 'doing', %s, %s, %s) returning id",
            [task, worker, lock, attempts],
        )
        return int(cursor.fetchone()[0])


def standing() -> dict[int, tuple[str, int]]:
    return {job.pk: (job.status, job.attempts) for job in ProcrastinateJob.objects.all()}


def test_a_job_of_a_killed_worker_is_begun_anew_and_given_up_when_it_kills_each() -> None:
    at_work, killed = begun("letters", alive=True), begun("letters", alive=False)
    again_and_again = begun("letters", alive=False, attempts=jobs.MOST_TRIES)
    jobs.take_up(timestamp=0)
    tried = jobs.MOST_TRIES + 1
    assert standing() == {at_work: ("doing", 0), killed: ("todo", 1), again_and_again: ("failed", tried)}


def test_of_periodic_jobs_that_were_killed_the_latest_is_begun_anew() -> None:
    earlier, latest = (begun("seal", alive=False, lock="seal") for _ in range(2))
    jobs.take_up(timestamp=0)
    assert standing() == {earlier: ("aborted", 1), latest: ("todo", 1)}
    # While that one waits, the next that was killed is not needed.
    third = begun("seal", alive=False, lock="seal")
    jobs.take_up(timestamp=0)
    assert standing() == {earlier: ("aborted", 1), latest: ("todo", 1), third: ("aborted", 1)}


def test_a_job_whose_end_could_not_be_told_is_begun_anew_after_an_hour() -> None:
    lost, at_work = begun("letters", alive=True), begun("letters", alive=True)
    with connection.cursor() as cursor:
        for job, minutes in ((lost, 61), (at_work, 59)):
            cursor.execute(
                "insert into procrastinate_events (job_id, type, at) values (%s, 'started', now() - %s * interval '1 minute')",
                [job, minutes],
            )
    jobs.take_up(timestamp=0)
    assert standing() == {lost: ("todo", 1), at_work: ("doing", 0)}
