"""What the foundation does beside the pages: sealing the trail and publishing it, forgetting, large imports."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kivijalka.register.doors.files import work
from kivijalka.register.sealing import publishing, seals

# Seconds stand last, after five fields like any other's.
EVERY_TEN_SECONDS = "* * * * * */10"
MOST_TRIES = 3
# Seconds, minutes, at last hours apart: within the day, as the next one brings another.
UNTIL_TAKEN = RetryStrategy(max_attempts=6, exponential_wait=5)
# Hours.
DONE_KEPT, FAILED_KEPT = 24, 30 * 24


@app.periodic(cron=EVERY_TEN_SECONDS)
@app.task(queueing_lock="seal", pass_context=False)
def seal_trail(timestamp: int) -> None:
    """Seal what came since the last time; between a change and its seal the tables' owner could alter it unseen."""
    seals.seal()


@app.periodic(cron="5 5 * * *")
@app.task(queueing_lock="checkpoint", pass_context=False)
def send_checkpoint(timestamp: int) -> None:
    """Have the last seal sent to each receiver by a job of its own: one that is gone keeps no other waiting."""
    last = seals.checkpoint()
    if last is not None:
        day = timezone.localdate().isoformat()
        deliver_checkpoint.batch_defer(
            *({"receiver": name, "number": last["number"], "day": day} for name in publishing.receivers())
        )


@app.task(retry=UNTIL_TAKEN, pass_context=False)
def deliver_checkpoint(receiver: str, number: int, day: str) -> None:
    """Send a seal to a receiver, again and again until it is taken."""
    publishing.deliver(receiver, number, day)


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Forget keys of what was sent, drafts, and files that were never imported, when their time is over."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.forget()")


@app.periodic(cron="47 * * * *")
@app.task(queueing_lock="forget_jobs", pass_context=False)
def forget_jobs(timestamp: int) -> None:
    """Forget jobs that are over, sealing alone leaves thousands a day; those that failed, when somebody had time to look."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_JOBS, {"done": DONE_KEPT, "failed": FAILED_KEPT})


@app.task(retry=RetryStrategy(max_attempts=MOST_TRIES, wait=5), pass_context=False)
def work_on_import(file: str, person: str, on_behalf_of: str | None, language: str, **wanted: Any) -> None:
    """Read, preview or carry out an import that is too large for a page."""
    who = {"person": UUID(person), "on_behalf_of": UUID(on_behalf_of) if on_behalf_of else None}
    work.work(UUID(file), work.Wanted(**wanted), who, language)


@app.periodic(cron=EVERY_TEN_SECONDS)
@app.task(queueing_lock="take_up", pass_context=False)
def take_up(timestamp: int) -> None:
    """Jobs whose worker was killed are begun anew; one that kills its worker again and again is given up."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_UP, {"most": MOST_TRIES})


FORGET_JOBS = """
    delete from procrastinate_jobs j
    where j.status not in ('todo', 'doing') and now() - make_interval(hours =>
        case j.status when 'failed' then %(failed)s else %(done)s end) > (
            select max(e.at) from procrastinate_events e where e.job_id = j.id)
"""
# One statement, so that of two workers who see the same job one begins it. A worker tells every ten seconds that it
# lives; what it could not tell is the end of a job, while the database had no room, so none lasts longer than an hour.
# A periodic job is superseded by a later one of its kind.
TAKE_UP = """
    update procrastinate_jobs j
    set attempts = j.attempts + 1, status = case
        when j.attempts >= %(most)s then 'failed'
        when exists (
            select from procrastinate_jobs o where o.queueing_lock = j.queueing_lock
                and (o.status = 'todo' or o.status = 'doing' and o.id > j.id)
        ) then 'aborted'
        else 'todo'
    end::procrastinate_job_status
    where j.status = 'doing' and (
        not exists (
            select from procrastinate_workers w
            where w.id = j.worker_id and w.last_heartbeat > now() - interval '30 seconds'
        )
        or now() - interval '1 hour' > (
            select max(e.at) from procrastinate_events e where e.job_id = j.id and e.type = 'started'
        )
    )
"""
