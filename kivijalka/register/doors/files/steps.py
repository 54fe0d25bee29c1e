"""What the pages of an import need: who may, the file under way, its columns and its words."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID
from zlib import crc32

from django import forms
from django.utils.translation import gettext as _

from kivijalka.access import Actor
from kivijalka.access.rules import rights_in
from kivijalka.register.contents import bytes_of, keep_content
from kivijalka.register.declare import Register
from kivijalka.register.doors.files import mapping as mappings
from kivijalka.register.doors.files.cells import Reader, Unreadable, parts_of
from kivijalka.register.doors.files.mapping import END, Reading, Target, worded_targets
from kivijalka.register.doors.files.new_fields import NEW
from kivijalka.register.doors.files.plan import records_of
from kivijalka.register.doors.files.read import Head, Origin, Table, read
from kivijalka.register.doors.files.words import choices_of, folded, in_each_language, meaning
from kivijalka.register.doors.files.write import REASON
from kivijalka.register.doors.forms import RegisterForm
from kivijalka.register.models.files import ImportFile, ImportMapping
from kivijalka.register.plain import plain_name
from kivijalka.register.refusal import NotThere, Refused

MOST_WORDS = 60
SAMPLES_SHOWN = 3


@dataclass(frozen=True)
class Word:
    """A word of the file, and what it is taken for: a value among choices, or a record by its code."""

    target: Target
    word: str
    value: str
    choices: list[tuple[str, Any]] = field(default_factory=list)
    # Why what a person typed for it names nothing.
    mistake: str = ""

    @property
    def input_name(self) -> str:
        return f"word:{self.target.name}:{self.word}"

    @property
    def input_id(self) -> str:
        return f"word-{self.target.name}-{crc32(self.word.encode())}"

    @property
    def is_record(self) -> bool:
        return self.target.kind == "record"

    def as_input(self) -> str:
        """Search-as-you-type for a record, as in its form."""
        wrong = {"aria-invalid": "true", "aria-describedby": f"{self.input_id}-error"} if self.mistake else {}
        return str(self.target.field.widget.render(self.input_name, self.value, {"id": self.input_id, **wrong}))


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
    found: ImportFile | None = ImportFile.objects.filter(pk=pk, person=actor.principal, register=register.key).first()
    if found is None:
        raise NotThere
    return found


def keep_file(
    register: Register[Any], actor: Actor, name: str, data: bytes, mapping: ImportMapping | None = None
) -> ImportFile:
    """Keep a file while it is being imported."""
    source = keep_content(importer(actor), data)
    return ImportFile.objects.create(
        person_id=importer(actor),
        register=register.key,
        name=plain_name(name),
        table={},
        mapping=mapping,
        source=source,
        sha256=source.sha256,
    )


def mapping_named(register: Register[Any], actor: Actor, name: str) -> ImportMapping:
    """The acting person's mapping of this name, new if there is none yet."""
    found = ImportMapping.objects.filter(person=actor.principal, register=register.key, name=name).first()
    return found or ImportMapping(person_id=importer(actor), register=register.key, name=name)


def kept_mappings(register: Register[Any], actor: Actor) -> list[ImportMapping]:
    return list(ImportMapping.objects.filter(person=actor.principal, register=register.key).order_by("name"))


def reading_of(mapping: ImportMapping) -> Reading:
    return Reading(dict(mapping.columns), dict(mapping.fixed), {n: dict(words) for n, words in mapping.words.items()})


def head_of(file: ImportFile) -> Head:
    """What its table begins with. Refused when it is not known any more."""
    if "origin" not in file.table:
        raise Refused(_("This file was imported or left lying. Choose it again."), code="state")
    return Head.from_json(file.table)


def table_of(register: Register[Any], file: ImportFile, origin: Origin | None = None) -> Table:
    """All of its table, read anew from the file that was kept: of the sheet that was chosen, or is to be."""
    content = bytes_of(file.source_id)
    if content is None:
        raise Refused(_("This file was imported or left lying. Choose it again."), code="state")
    wanted = origin or (head_of(file).origin if file.table else Origin())
    known = mappings.known_headings(register)
    return read(content, known, sheet=wanted.sheet, with_hidden=wanted.with_hidden)


def keep_head(register: Register[Any], file: ImportFile, head: Head) -> None:
    """Keep what the table begins with; the mapping of the last file with the same headings is offered by itself."""
    is_other = bool(file.table) and file.table["origin"]["sheet"] != head.origin.sheet
    file.table = head.as_json()
    file.mapping = (None if is_other else file.mapping) or mapping_for(register, file.person_id, head)
    file.save(update_fields=["table", "mapping"])


def mapping_for(register: Register[Any], person: UUID, head: Head) -> ImportMapping | None:
    """Of sheets with the same headings, the one of the same name first."""
    kept = ImportMapping.objects.filter(person=person, register=register.key, layout=layout_of(head)).order_by("-pk")
    return max(kept, key=lambda mapping: mapping.sheet == head.origin.sheet, default=None)


def layout_of(head: Head) -> str:
    """What is the same for files with the same headings, in whatever order; the column of reasons is none of them."""
    headings = {folded(heading) for heading in head.headings} - in_each_language(REASON)
    return sha256("\n".join(sorted(headings)).encode()).hexdigest()


def columns_shown(head: Head, chosen: Mapping[str, str], from_values: Container[str] = ()) -> list[dict[str, Any]]:
    """Each column with its first values, where it goes, and whether only its values say so."""
    return [
        {
            "input": f"column-{at}",
            "heading": heading,
            "samples": [value[:60] for value in head.samples[heading][:SAMPLES_SHOWN]],
            "chosen": chosen.get(heading, ""),
            "from_values": heading in from_values,
        }
        for at, heading in enumerate(head.headings)
    ]


def left_out(headings: Iterable[str], chosen: Mapping[str, str]) -> list[str]:
    """Columns that go nowhere; nobody misses the reasons that we wrote."""
    reasons = in_each_language(REASON)
    return [heading for heading in headings if not chosen.get(heading) and folded(heading) not in reasons]


def columns_chosen(headings: list[str], data: Any, known: Container[str]) -> dict[str, str]:
    """The person's choices, among the known ones. Raises Refused when two columns go to the same place."""
    chosen: dict[str, str] = {}
    for at, heading in enumerate(headings):
        target = data.get(f"column-{at}", "")
        if target and not target.startswith((END, NEW)) and target in chosen.values():
            raise Refused(_("Two columns go to the same field: %s. Leave one of them out.") % heading, code="twice")
        chosen[heading] = target if target in known else ""
    return chosen


def fixed_form(register: Register[Any], data: Any = None, initial: dict[str, str] | None = None) -> RegisterForm:
    """One value for all rows, for fields that have no column. Empty means none."""
    form = RegisterForm(data, prefix="fixed", initial=initial or {})
    for name, target in worded_targets(register).items():
        if target.kind == "choice":
            options = [("", "–"), *choices_of(target.field)]
            form.fields[name] = forms.ChoiceField(choices=options, required=False, label=target.label)
        elif target.kind in ("record", "day"):
            form.fields[name] = forms.CharField(required=False, label=target.label)
            if target.kind == "record":
                form.fields[name].widget = target.field.widget
    return form


def read_fixed(register: Register[Any], form: RegisterForm, chosen: Mapping[str, str], mapping: Any) -> None:
    """Say at each value for all rows whether it can be read, as it will be for each row. Raises Refused when one cannot.

    A field that has a column is read from that; words that a person has corrected before are known.
    """
    targets, corrected = worded_targets(register), reading_of(mapping).words if mapping else {}
    form.is_valid()
    for name in form.fields.keys() - set(chosen.values()):
        if text := form.data.get(form.add_prefix(name), ""):
            words = corrected.get(name, {})
            try:
                Reader(targets[name], words, records_of(targets[name], {text}, words)).read(text)
            except Unreadable as unreadable:
                form.add_error(name, f"{unreadable.why} {unreadable.how}".strip())
    if form.errors:
        names = ", ".join(str(form.fields[name].label) for name in form.errors)
        raise Refused(_("This value for all rows is not understood: %s.") % names, code="unread")


def words_of_file(register: Register[Any], table: Table, reading: Reading) -> dict[str, list[str]]:
    """The texts, by heading, of which some are words to be understood: not plain values, nor names that were found."""
    columns = {heading: table.words(heading) for heading in reading.columns if heading in table.headings}
    found: dict[str, list[str]] = {}
    for heading, word in _words(register, columns, reading):
        found.setdefault(heading, []).append(word.word)
    return found


def words_shown(register: Register[Any], texts: Mapping[str, Iterable[str]], reading: Reading) -> list[Word]:
    """Words of the file's choices and what each is taken for, and names that were not recognised."""
    return [word for _heading, word in _words(register, texts, reading)]


def _words(register: Register[Any], texts: Mapping[str, Iterable[str]], reading: Reading) -> Iterator[tuple[str, Word]]:
    targets = worded_targets(register)
    for heading, name in reading.columns.items():
        target = targets.get(name)
        if target is not None and heading in texts:
            corrected = reading.words.get(name, {})
            shown = _names if target.kind == "record" else _choices if target.kind in ("choice", "many") else None
            if shown:
                yield from (
                    (heading, word) for word in islice(shown(target, set(texts[heading]), corrected), MOST_WORDS)
                )


def _choices(target: Target, texts: set[str], corrected: dict[str, str]) -> Iterator[Word]:
    """Plain values and numbers are left out; a cell of several words gives each of them."""
    options = [(str(value), label) for value, label in choices_of(target.field)]
    words, plain = target.known, {value for value, _label in options}
    parts = {part for text in texts for part in (parts_of(text) if target.kind == "many" else [text])}
    for word in sorted(parts - plain):
        yield Word(target, word, meaning(word, words, corrected) or "", options)


def _names(target: Target, texts: set[str], corrected: dict[str, str]) -> Iterator[Word]:
    typed = {text: corrected.get(folded(text), "") for text in texts}
    records = records_of(target, texts | set(typed.values()) - {""}, {})
    for text in sorted(texts):
        if isinstance(records[folded(text)], Unreadable):
            named = records[folded(typed[text])] if typed[text] else None
            mistake = f"{named.why} {named.how}" if isinstance(named, Unreadable) else ""
            yield Word(target, text, typed[text], mistake=mistake)


def words_chosen(shown: list[Word], data: Any) -> dict[str, dict[str, str]]:
    """What the person said that each word means."""
    found: dict[str, dict[str, str]] = {}
    for word in shown:
        value = data.get(word.input_name)
        if value is not None and (word.is_record or value in {"", *(key for key, _label in word.choices)}):
            found.setdefault(word.target.name, {})[folded(word.word)] = value.strip()
    return found
