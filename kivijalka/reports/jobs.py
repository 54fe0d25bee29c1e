"""What reports do beside the pages: large ones are made, and forgotten when their time is over."""

from uuid import UUID

from django.db import connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kivijalka.reports.documents import large


@app.task(retry=RetryStrategy(max_attempts=3, wait=5), pass_context=False)
def make_report(report: str, person: str, on_behalf_of: str | None) -> None:
    """Make a report that is too large for a page."""
    large.make(UUID(report), {"person": UUID(person), "on_behalf_of": UUID(on_behalf_of) if on_behalf_of else None})


@app.periodic(cron="37 * * * *")
@app.task(queueing_lock="forget_reports", pass_context=False)
def forget_reports(timestamp: int) -> None:
    """Forget reports whose week is over."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.forget_reports()")
