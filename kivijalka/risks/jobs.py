"""What the risks do by themselves: acceptances end on their day."""

from django.db import connection
from procrastinate.contrib.django import app


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="lapse_acceptances", pass_context=False)
def lapse_acceptances(timestamp: int) -> None:
    """End acceptances whose day has passed; where the policy says so, those of whoever left the role, too."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.lapse_acceptances()")
