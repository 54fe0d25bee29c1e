"""Takes a city's persons and their roles from a file of its personnel system; says who left."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kivijalka.access import Actor, acting
from kivijalka.exchange.people import carrying, columns
from kivijalka.exchange.people.planning import People, planned
from kivijalka.organisation.models import Person, Unit
from kivijalka.organisation.registers import persons as register
from kivijalka.register.doors.files import done, steps
from kivijalka.register.doors.files.plan import CHANGED, NEW, REFUSED
from kivijalka.register.doors.files.read import Table, read
from kivijalka.register.fields import RecordField
from kivijalka.register.garbage import collect_seldom
from kivijalka.register.management import terminal
from kivijalka.register.many import rehearsal
from kivijalka.register.refusal import Refused

ASK, END = "ask", "end"
MOST_SHOWN = 200


class Command(BaseCommand):
    help = "Take persons and their roles from a file (.csv, .xlsx). Without --commit nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.prog = "./run people"
        parser.add_argument("file", type=Path)
        terminal.add_common(parser)
        parser.add_argument("--within", default="", metavar="UNIT", help="whose people the file holds; else all people")
        parser.add_argument(
            "--missing", choices=[ASK, END], default=ASK,
            help="who is not in the file: ask about them (the default), or end their work here at once",
        )  # fmt: skip
        parser.add_argument(
            "--most-missing", type=float, default=5, metavar="PERCENT", help="end nobody where more are missing (5)"
        )
        parser.add_argument("--commit", action="store_true", help="do it, if no row is refused")

    def handle(self, *args: Any, **options: Any) -> None:
        collect_seldom()
        with translation.override(options["language"] or translation.get_language()):
            try:
                data = options["file"].read_bytes()
                table = read(data, columns.headings(), sheet=options["sheet"])
                with acting(terminal.person_of(options["email"]), door="import") as actor:
                    self._do(actor, table, data, options)
            except OSError as error:
                what = {"file": options["file"], "why": error.strerror}
                raise CommandError(_("%(file)s cannot be read: %(why)s.") % what) from error
            except Refused as refused:
                raise CommandError(str(refused)) from refused

    def _do(self, actor: Actor, table: Table, data: bytes, options: dict[str, Any]) -> None:
        """Plan, ask about who is missing, write: one transaction, of which nothing stays when a row is refused."""
        today, is_trial = timezone.localdate(), not options["commit"]
        steps.may_import(register, actor)
        chosen = terminal.columns_chosen(options["map"], columns.places(), table.headings)
        people = planned(actor, table, columns.columns_of(table, chosen), _unit(options["within"]), today)
        leaving = self._leaving(people, options)
        with rehearsal() if is_trial else nullcontext():
            found = carrying.do(actor, people, today, leaving=leaving, tell=terminal.progress(self), rehearsed=is_trial)
            counts = {**people.plan.counts, **vars(found)}
            if not is_trial and not counts[REFUSED] and any(counts[name] for name in (NEW, CHANGED, *vars(found))):
                done.mark_done(steps.keep_file(register, actor, options["file"].name, data), actor, counts, set())
        terminal.tell_refused(self, people.plan)
        self.stdout.write(_counted(counts))
        if counts[REFUSED] and not is_trial:
            refused, mend = (
                _("%s rows are refused. Nothing was imported."),
                _("Mend them, or take them out of the file."),
            )
            raise CommandError(f"{refused % counts[REFUSED]} {mend}")
        if is_trial:
            self.stdout.write(_("Nothing was written. Say --commit to do it."))

    def _leaving(self, people: People, options: dict[str, Any]) -> list[Person]:
        """Of those who are missing, who is to leave: nobody without a word, and never too many."""
        self._tell_missing(people.missing)
        if options["missing"] == END and people.missing_share > options["most_missing"]:
            told = _(
                "%(share)s %% of those who work here are not in the file, more than %(most)s %%. Nothing was imported."
            )
            mend = _("Look whether the file is whole. If it is, say --most-missing and a higher share.")
            shares = {"share": number_format(people.missing_share, 1), "most": number_format(options["most_missing"])}
            raise CommandError(f"{told % shares} {mend}")
        if options["missing"] == END or (options["commit"] and people.missing and self._is_answered()):
            return people.missing
        if people.missing:
            self.stdout.write(_("They stay as they are. To end their work here at once, say --missing end."))
        return []

    def _is_answered(self) -> bool:
        """Ask who sits at the terminal; where nobody does, the answer is no."""
        if not sys.stdin.isatty():
            return False
        self.stdout.write(_("End their work here, and with it their access, at once? Write “end”: "), ending="")
        self.stdout.flush()
        return sys.stdin.readline().strip() == END

    def _tell_missing(self, missing: list[Person]) -> None:
        if missing:
            told = ngettext("%d person is not in the file:", "%d persons are not in the file:", len(missing))
            self.stdout.write(told % len(missing))
        for person in missing[:MOST_SHOWN]:
            self.stdout.write(f"  {person.code} {person}, {person.email}")
        if len(missing) > MOST_SHOWN:
            self.stdout.write(f"  … ({len(missing)})")


def _counted(counts: dict[str, int]) -> str:
    rows = _("New: %(new)s. Changed: %(changed)s. The same: %(same)s. Refused: %(refused)s.")
    roles = _("Roles given: %(given)s, ended: %(ended)s. Left: %(left)s.")
    return f"{rows} {roles}" % counts


def _unit(word: str) -> Unit | None:
    """The unit that --within names."""
    try:
        found: Unit | None = RecordField(Unit, required=False).clean(word)
    except ValidationError as error:
        raise CommandError(f"--within: {' '.join(error.messages)}") from error
    return found
