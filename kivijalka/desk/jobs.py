"""Letters of what waits and what is followed, every morning."""

from __future__ import annotations

import logging
from datetime import date

from django.conf import settings
from django.core.mail import get_connection
from django.utils import timezone
from procrastinate.contrib.django import app

from kivijalka.desk import digest

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
