"""What policies do by themselves: the one that another follows is superseded on its day."""

from django.db import connection
from procrastinate.contrib.django import app


@app.periodic(cron="3 * * * *")
@app.task(queueing_lock="end_policies", pass_context=False)
def end_policies(timestamp: int) -> None:
    """Mark versions whose last day has passed. Which one is in force is decided by the days alone."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.end_policies()")
