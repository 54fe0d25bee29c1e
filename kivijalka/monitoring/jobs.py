"""What watching does by itself: the policy's rules take risks and actions upwards."""

from django.db import connection
from procrastinate.contrib.django import app


@app.periodic(cron="37 * * * *")
@app.task(queueing_lock="escalate_by_rules", pass_context=False)
def escalate_by_rules(timestamp: int) -> None:
    """Raise what the rules in force ask for, once for each cause, and settle what has lost its cause."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.escalate_by_rules()")
