"""What the pages of an import need: who may, the file under way, its columns and its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from kivijalka.access import Actor
from kivijalka.access.rules import rights_in
from kivijalka.register.declare import Register
from kivijalka.register.doors.files import mapping as mappings
from kivijalka.register.doors.files.mapping import CODE, KEY, Reading, targets_of
from kivijalka.register.doors.files.read import Table, as_text
from kivijalka.register.doors.files.words import choices_of, folded, meaning, words_of
from kivijalka.register.doors.forms import RegisterForm
from kivijalka.register.files_models import ImportFile, ImportMapping
from kivijalka.register.refusal import NotThere, Refused

MOST_WORDS = 60
SAMPLES = 3


@dataclass(frozen=True)
class Word:
    """A word of the file, and which value it is taken for."""

    field: str
    label: Any
    word: str
    value: str
    choices: list[tuple[Any, Any]]

    @property
    def input_name(self) -> str:
        return f"word:{self.field}:{self.word}"


def importer(actor: Actor) -> UUID:
    """Whose mappings and files count: the acting person's, or theirs on whose behalf they act."""
    if actor.principal is None:
        raise Refused(_("You do not have the right to do this here."), code="no_right")
    return actor.principal


def may_import(register: Register[Any], actor: Actor) -> None:
    """Refuse whoever may neither add nor edit anything here; row by row, the plan asks again."""
    asked = rights_in(register.access.add) | rights_in(register.access.write)
    if not importer(actor) or not any(actor.holds(right) for right in asked):
        raise Refused(_("You do not have the right to do this here."), code="no_right")
    if actor.as_of is not None:
        raise Refused(_("The past cannot be changed. Go back to today first."), code="state")


def file_under_way(register: Register[Any], actor: Actor, pk: UUID) -> ImportFile:
    """The acting person's own file; anybody else's is not there."""
    found = ImportFile.objects.filter(pk=pk, person=actor.principal, register=register.key).first()
    if found is None:
        raise NotThere
    return found


def keep_file(register: Register[Any], actor: Actor, name: str, table: Table) -> ImportFile:
    """Keep a table while it is being imported, and forget what was left lying for a day."""
    old = ImportFile.objects.filter(person=actor.principal, at__lt=timezone.now() - timedelta(days=1))
    old.exclude(table={}).update(table={})
    return ImportFile.objects.create(
        person_id=importer(actor), register=register.key, name=name[:200], table=table.as_json()
    )


def mapping_named(register: Register[Any], actor: Actor, name: str) -> ImportMapping:
    """The acting person's mapping of this name, new if there is none yet."""
    found = ImportMapping.objects.filter(person=actor.principal, register=register.key, name=name).first()
    return found or ImportMapping(person_id=importer(actor), register=register.key, name=name)


def kept_mappings(register: Register[Any], actor: Actor) -> list[ImportMapping]:
    return list(ImportMapping.objects.filter(person=actor.principal, register=register.key).order_by("name"))


def reading_of(mapping: ImportMapping) -> Reading:
    return Reading(dict(mapping.columns), dict(mapping.fixed), {n: dict(words) for n, words in mapping.words.items()})


def guessed(register: Register[Any], table: Table) -> dict[str, str]:
    """A target for each column, by its heading and, for codes, by what stands in it."""
    ours = {}
    for heading, target in mappings.guess(register, table.headings).items():
        if target == CODE:
            values = {as_text(row.cells[heading]) for row in table.rows[:200]} - {""}
            ours[heading] = register.model.objects.seen().filter(code__in=values).exists()
    return mappings.guess(register, table.headings, ours)


def columns_shown(register: Register[Any], table: Table, chosen: dict[str, str]) -> list[dict[str, Any]]:
    """Each column with its first values, and where it goes."""
    found = []
    for at, heading in enumerate(table.headings):
        values = [as_text(row.cells[heading]) for row in table.rows]
        samples = [value[:60] for value in values if value][:SAMPLES]
        found.append(
            {"input": f"column-{at}", "heading": heading, "samples": samples, "chosen": chosen.get(heading, "")}
        )
    return found


def columns_chosen(register: Register[Any], table: Table, data: Any) -> dict[str, str]:
    """The person's choices. Raises Refused when two columns go to the same place."""
    known = {CODE, KEY, *targets_of(register)}
    chosen: dict[str, str] = {}
    for at, heading in enumerate(table.headings):
        target = data.get(f"column-{at}", "")
        if target and target in chosen.values():
            raise Refused(_("Two columns go to the same field: %s. Leave one of them out.") % heading, code="twice")
        chosen[heading] = target if target in known else ""
    return chosen


def fixed_form(register: Register[Any], data: Any = None, initial: dict[str, str] | None = None) -> RegisterForm:
    """One value for all rows, for fields that have no column. Empty means none."""
    form = RegisterForm(data, prefix="fixed", initial=initial or {})
    for name, target in targets_of(register).items():
        if target.kind == "choice":
            options = [("", "–"), *choices_of(target.field)]
            form.fields[name] = forms.ChoiceField(choices=options, required=False, label=target.label)
        elif target.kind in ("record", "day"):
            form.fields[name] = forms.CharField(required=False, label=target.label)
            if target.kind == "record":
                form.fields[name].widget = target.field.widget
    return form


def words_shown(register: Register[Any], table: Table, reading: Reading) -> list[Word]:
    """Words of the file's choice columns and what each is taken for; plain values and numbers are left out."""
    targets = targets_of(register)
    found: list[Word] = []
    for heading, name in reading.columns.items():
        target = targets.get(name)
        if target is None or target.kind not in ("choice", "many") or heading not in table.headings:
            continue
        options = choices_of(target.field)
        words, plain = words_of(target.field), {str(value) for value, _label in options}
        for word in sorted({as_text(row.cells[heading]) for row in table.rows} - {"", *plain})[:MOST_WORDS]:
            value = meaning(word, words, reading.words.get(name, {})) or ""
            found.append(Word(name, target.label, word, value, [(str(key), label) for key, label in options]))
    return found


def words_chosen(shown: list[Word], data: Any) -> dict[str, dict[str, str]]:
    """Corrections: what the person chose where it is not what the word was taken for anyway."""
    found: dict[str, dict[str, str]] = {}
    for word in shown:
        value = data.get(word.input_name)
        if value is not None and value in {"", *(key for key, _label in word.choices)}:
            found.setdefault(word.field, {})[folded(word.word)] = value
    return found
