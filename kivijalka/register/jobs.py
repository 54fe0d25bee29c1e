"""What the foundation does by itself: sealing the trail."""

from procrastinate.contrib.django import app

from kivijalka.register.sealing import seals


@app.periodic(cron="*/10 * * * * *")
@app.task(queueing_lock="seal", pass_context=False)
def seal_trail(timestamp: int) -> None:
    """Seal what came since the last time; between a change and its seal the tables' owner could alter it unseen."""
    seals.seal()
