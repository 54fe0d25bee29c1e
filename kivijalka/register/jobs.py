"""What the foundation does by itself: sealing the trail, and forgetting what was kept for a while."""

from django.db import connection
from procrastinate.contrib.django import app

from kivijalka.register.sealing import seals


@app.periodic(cron="*/10 * * * * *")
@app.task(queueing_lock="seal", pass_context=False)
def seal_trail(timestamp: int) -> None:
    """Seal what came since the last time; between a change and its seal the tables' owner could alter it unseen."""
    seals.seal()


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Forget keys of what was sent, drafts, and files that were never imported, when their time is over."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.forget()")
