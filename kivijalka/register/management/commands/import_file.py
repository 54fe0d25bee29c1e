"""Imports a workbook or CSV file into a register: shows what each row would do, and does it when told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from kivijalka.access import acting
from kivijalka.register.declare import Register
from kivijalka.register.doors.files import steps
from kivijalka.register.doors.files.commit import NotCommitted, commit, rehearse
from kivijalka.register.doors.files.guesses import guessed
from kivijalka.register.doors.files.mapping import known_headings, places
from kivijalka.register.doors.files.plan import REFUSED, Plan, plan
from kivijalka.register.doors.files.read import Table, read
from kivijalka.register.garbage import collect_seldom
from kivijalka.register.management import terminal
from kivijalka.register.models.files import ImportFile, ImportMapping
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS


class Command(BaseCommand):
    help = "Import a workbook (.xlsx) or CSV file into a register. Without --commit nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.prog = "./run import"
        parser.add_argument("file", type=Path)
        parser.add_argument("--into", required=True, metavar="REGISTER", help="such as risks")
        terminal.add_common(parser)
        parser.add_argument("--mapping", metavar="NAME", help="name under which columns and keys are kept")
        parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="one value for all rows")
        parser.add_argument("--with-hidden", action="store_true", help="hidden rows and columns, too")
        parser.add_argument("--commit", action="store_true", help="import, if no row is refused")
        parser.add_argument("--leave-out-refused", action="store_true", help="with --commit: import the other rows")

    def handle(self, *args: Any, **options: Any) -> None:
        collect_seldom()
        with translation.override(options["language"] or translation.get_language()):
            self._import(options)

    def _import(self, options: dict[str, Any]) -> None:
        register = _register(options["into"])
        try:
            data = options["file"].read_bytes()
            how = {"sheet": options["sheet"], "with_hidden": options["with_hidden"]}
            table = read(data, known_headings(register), **how)
            with acting(terminal.person_of(options["email"]), door="import") as actor:
                steps.may_import(register, actor)
                mapping = _mapping(register, actor, table, options)
                planned = plan(register, table, steps.reading_of(mapping), actor, mapping)
                rehearse(planned, actor, terminal.progress(self))
                if not options["commit"]:
                    self._tell(planned)
                    return
                mapping.save()
                left_out = [row.number for row in planned.of(REFUSED)] if options["leave_out_refused"] else []
                file = steps.keep_file(register, actor, options["file"].name, data)
                file.mapping = mapping
                self._commit(planned, actor, file, left_out)
        except OSError as error:
            what = {"file": options["file"], "why": error.strerror}
            raise CommandError(_("%(file)s cannot be read: %(why)s.") % what) from error
        except Refused as refused:
            raise CommandError(str(refused)) from refused

    def _commit(self, planned: Plan, actor: Any, file: ImportFile, left_out: list[int]) -> None:
        self._tell(planned)
        before = planned.of(REFUSED)
        try:
            done = commit(planned, actor, file, left_out=left_out, tell=terminal.progress(self))
        except NotCommitted as error:
            count = len(planned.of(REFUSED))
            if not before:
                terminal.tell_refused(self, planned)
            refused = _("%s rows are refused. Nothing was imported.") % count
            mend = _("Mend them, or say --leave-out-refused.")
            raise CommandError(f"{refused} {mend}") from error
        text = _("New: %(new)s. Changed: %(changed)s. The same: %(same)s. Left out: %(refused)s.") % done
        self.stdout.write(f"{_('Imported')}: {text}")

    def _tell(self, planned: Plan) -> None:
        text = _("New: %(new)s. Changed: %(changed)s. The same: %(same)s. Refused: %(refused)s.")
        self.stdout.write(text % planned.counts)
        terminal.tell_refused(self, planned)


def _register(word: str) -> Register[Any]:
    for register in REGISTERS.values():
        if word in (register.key, register.path):
            return register
    names = ", ".join(sorted(register.path for register in REGISTERS.values()))
    raise CommandError(_("No register “%(word)s”. There are: %(names)s.") % {"word": word, "names": names})


def _mapping(register: Register[Any], actor: Any, table: Table, options: dict[str, Any]) -> ImportMapping:
    offered = None if options["mapping"] else steps.mapping_for(register, steps.importer(actor), table.head)
    mapping = offered or steps.mapping_named(register, actor, options["mapping"] or options["file"].stem)
    mapping.layout, mapping.sheet = steps.layout_of(table.head), table.origin.sheet[:100]
    known = places(register)
    chosen = terminal.columns_chosen(options["map"], known, table.headings)
    columns = {**guessed(register, table.head), **mapping.columns}
    # A column mapped by hand takes the field from one that was guessed.
    columns = {heading: "" if target in chosen.values() else target for heading, target in columns.items()}
    mapping.columns = {**columns, **chosen}
    mapping.fixed = {**mapping.fixed, **terminal.pairs(options["set"], known, lambda pair: pair[0])}
    return mapping
