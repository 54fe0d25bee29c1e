"""What programmes do beside the pages: choices among many actions."""

from uuid import UUID

from django.utils import translation
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kivijalka.programmes import working

MOST_TRIES = 3


@app.task(retry=RetryStrategy(max_attempts=MOST_TRIES, wait=5), pass_context=False)
def work_out_choice(choice: str, person: str, on_behalf_of: str | None, language: str) -> None:
    """Work out a choice that is too large for a page, in the name of who asked."""
    who = {"person": UUID(person), "on_behalf_of": UUID(on_behalf_of) if on_behalf_of else None}
    with translation.override(language):
        working.work(UUID(choice), who)
