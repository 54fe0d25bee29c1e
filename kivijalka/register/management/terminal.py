"""What the commands that read files share: who acts, in which language, and how far they are."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from kivijalka.register.batch import AT_ONCE
from kivijalka.register.doors.files.commit import Tell
from kivijalka.register.doors.files.plan import REFUSED, Plan
from kivijalka.register.doors.files.words import LANGUAGES


def add_common(parser: CommandParser) -> None:
    """Arguments that each of them takes."""
    parser.add_argument("--as", required=True, dest="email", metavar="EMAIL", help="who imports: their rights count")
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD", help="'' leaves it out")
    parser.add_argument("--sheet", default="", metavar="NAME", help="of a workbook; else the one that fits best")
    parser.add_argument("--language", choices=LANGUAGES, default=_of_terminal(), help="in which all is told")


def _of_terminal() -> str | None:
    """The language of the terminal, where it is one of ours."""
    language = os.environ.get("LANG", "")[:2]
    return language if language in LANGUAGES else None


def person_of(email: str) -> UUID:
    """Who signs in with an address."""
    account = get_user_model()._default_manager.filter(email__iexact=email, is_active=True).first()
    if account is None:
        raise CommandError(_("Nobody signs in as %s. Give the address of an account.") % email)
    person: UUID = account.person_id
    return person


def progress(command: BaseCommand) -> Tell:
    """A line that counts, where somebody looks at a terminal."""

    def tell(done: int, of: int) -> None:
        if command.stderr.isatty() and of > AT_ONCE:
            text = _("%(done)s of %(of)s rows") % {"done": done, "of": of}
            command.stderr.write(f"\r{text}", ending="\n" if done == of else "")

    return tell


def tell_refused(command: BaseCommand, planned: Plan) -> None:
    """Each refused row, and why."""
    for row in planned.of(REFUSED):
        for refusal in row.refusals:
            command.stdout.write(f"{_('Row')} {row.number} ({row.title}): {refusal}")


def pairs(given: list[str], known: set[str], field_of: Any) -> dict[str, str]:
    """What was said as NAME=VALUE; `field_of` says which of the two is a field that must be known."""
    found: dict[str, str] = {}
    for text in given:
        left, sign, right = text.rpartition("=") if field_of(("l", "r")) == "r" else text.partition("=")
        if not sign:
            raise CommandError(_("“%s” has no =. Write it as NAME=VALUE.") % text)
        if field_of((left, right)) not in known:
            names = {"word": field_of((left, right)), "names": ", ".join(sorted(known - {""}))}
            raise CommandError(_("No field “%(word)s”. There are: %(names)s.") % names)
        found[left] = right
    return found


def columns_chosen(given: list[str], known: set[str], headings: list[str]) -> dict[str, str]:
    """What was said as COLUMN=FIELD."""
    chosen = pairs(given, known, lambda pair: pair[1])
    for heading in chosen:
        if heading not in headings:
            names = {"word": heading, "names": ", ".join(headings)}
            raise CommandError(_("No column “%(word)s”. There are: %(names)s.") % names)
    return chosen
