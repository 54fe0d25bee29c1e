"""Letters: of what waits and what is followed, every morning; and the trail's checkpoint, to where it is kept elsewhere."""

from __future__ import annotations

import json
import logging
from datetime import date

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone
from procrastinate.contrib.django import app

from kivijalka.desk import digest
from kivijalka.register.sealing import seals

BEGINS = 6  # o'clock, where the city is
log = logging.getLogger(__name__)


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="digests", pass_context=False)
def send_digests(timestamp: int) -> None:
    """Write to all who were not written to today. What the mail server did not take is tried again the next time."""
    now = timezone.localtime()
    if settings.EMAIL_HOST and now.hour >= BEGINS:
        write_to_all(now.date())


def write_to_all(day: date) -> int:
    """How many letters were taken. One that is refused does not keep the others; a server that is gone ends the round."""
    people = digest.readers(day)
    sent = 0
    if people:
        with get_connection() as mail:
            for person in people:
                try:
                    sent += digest.send(person, day, mail)
                except digest.NOT_TAKEN as refused:
                    log.warning("The mail server did not take a letter: %s", type(refused).__name__)
    return sent


@app.periodic(cron="5 5 * * *")
@app.task(queueing_lock="checkpoint", pass_context=False)
def send_checkpoint(timestamp: int) -> None:
    """Send the last seal out of the house: against it a cut or rewritten trail is found."""
    found = seals.checkpoint()
    if settings.EMAIL_HOST and settings.CHECKPOINT_TO and found is not None:
        subject = f"Kivijalka: checkpoint {timezone.localdate().isoformat()}"
        EmailMessage(subject, json.dumps(found), to=settings.CHECKPOINT_TO).send()
