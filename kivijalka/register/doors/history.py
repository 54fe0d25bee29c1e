"""The history of a record as people read it: who, on whose behalf, when, by which command, what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import JSONField
from django.utils.translation import gettext as _

from kivijalka.access import current_actor
from kivijalka.register.declare import Register
from kivijalka.register.doors.files.done import imports_of
from kivijalka.register.doors.filters import in_the_past
from kivijalka.register.doors.related import ask, together
from kivijalka.register.doors.show import Cell
from kivijalka.register.doors.values import in_words, text_of
from kivijalka.register.models import Node
from kivijalka.register.own.fields import own_of, spread
from kivijalka.register.registry import REGISTERS
from kivijalka.register.steps import NAME, may_undo

# The column that holds the city's own fields: told field by field.
OWN = "own"
HIDDEN = {"id", "version", "key", OWN}
MOST = 200


@dataclass(frozen=True)
class Change:
    """One field of one version: what it was and what it became, in words."""

    label: Any
    before: str
    after: str
    name: str = ""


@dataclass(frozen=True)
class Telling:
    """What a history is told with: names of the records that it mentions, words for values that only data can name."""

    names: dict[Any, str]
    words: Mapping[str, Mapping[Any, Any]]


@dataclass(frozen=True)
class Event:
    """A row that came with a version, in words of its own: the assessment, with its level and its reasons."""

    at: datetime
    what: Any
    cells: list[Cell]


@dataclass(frozen=True)
class Version:
    """One version of a record. `to` is None while it is in force."""

    start: datetime
    end: datetime | None
    command: Any
    by: str
    on_behalf_of: str
    door: str
    seed: bool
    changes: list[Change]
    # The number of an edit that may be undone.
    undo: int | None = None
    # The entry of the trail by which the acting person, who did it last, may undo all that was done with it.
    step: int | None = None
    # The import that wrote it: its id, the file's name, and the beginning of the hash of its content.
    source: tuple[UUID, str, str] | None = None
    events: Sequence[Event] = ()
    # In the story of a record: what else it happened to, and what somebody said.
    other: Node | None = None
    text: str = ""

    @property
    def token(self) -> str:
        """The code of the token that a program acted with: the door names it after its own name."""
        return self.door.partition(" ")[2]


def versions_of(register: Register[Any], record: Any) -> list[Version]:
    """Versions of a record within reach, the latest first."""
    raw = raw_versions(register, record.pk)
    imports = imports_of(record) if any(row["kept_door"] == "import" for row in raw) else {}
    return versions_in(register, raw, Telling(names_in(register, raw, record), register.words()), imports)


def versions_in(
    register: Register[Any], raw: list[dict[str, Any]], telling: Telling, imports: Mapping[int, Any] = {}
) -> list[Version]:
    """Rows of the history table as people read them."""
    found = []
    names = telling.names
    for newer, older in zip(raw, [*raw[1:], None], strict=True):
        found.append(
            Version(
                start=newer["kept_from"],
                end=newer["kept_to"],
                command=command_of(register, newer),
                by=names.get(newer["kept_by"], ""),
                on_behalf_of=names.get(newer["kept_for"], ""),
                door=newer["kept_door"],
                seed=newer["kept_seed"],
                changes=changes_of(register, newer, older, telling),
                undo=newer["version"] if older is not None and newer["kept_command"] == "edit" else None,
                step=newer["kept_no"] if newer is raw[0] and _is_step(register, newer) else None,
                source=imports.get(newer["kept_xid"]),
            )
        )
    return found


def _is_step(register: Register[Any], version: dict[str, Any]) -> bool:
    """Whether the acting person did this, and it can be undone as a step. An edit is undone by an edit."""
    actor, name = current_actor(), version["kept_command"]
    is_mine = (version["kept_by"], version["kept_for"]) == (actor.person, actor.on_behalf_of)
    is_change = version["kept_op"] == "U" and version["kept_door"] != "import"
    return is_mine and is_change and name != "edit" and may_undo(register.model, name)


def command_of(register: Register[Any], version: dict[str, Any]) -> Any:
    """What was done: the verb as it is called on such a record, or words for what no declared command wrote."""
    if command := register.all_commands.get(version["kept_command"]):
        return command.words(as_then(register.model, version)).label
    if version["kept_command"] == "undo_import":
        return _("The import was undone")
    if version["kept_command"] == NAME:
        return _("Undone")
    return {"I": _("Added"), "U": _("Changed"), "D": _("Removed")}[version["kept_op"]]


def raw_versions(register: Register[Any], pk: UUID) -> list[dict[str, Any]]:
    """Rows of the history table, the latest first. In the past: those that were there by then."""
    past = " and kept_from <= kj.as_of()" if in_the_past() else ""
    return _raw(register, f"id = %s{past} order by kept_from desc, version desc limit %s", [pk, MOST])


def raw_since(
    register: Register[Any], keys: list[UUID], since: datetime, until: datetime | None
) -> list[dict[str, Any]]:
    """The versions of these records that stood at one moment or came after it, until another; the earliest first."""
    ends = " and kept_from <= %s" if until else ""
    given = [keys, since, *([until] if until else [])]
    return _raw(register, f"id = any(%s) and kept_to > %s{ends} order by kept_from, version", given)


def _raw(register: Register[Any], rest: str, given: list[Any]) -> list[dict[str, Any]]:
    columns = [field.column for field in register.model._meta.concrete_fields]
    listed = ", ".join(f'"{column}"' for column in columns)
    kept = (
        "kept_from, nullif(kept_to, 'infinity') kept_to, kept_op, kept_by, kept_for, kept_door, kept_command, kept_seed,"
        " kept_xid::text::bigint kept_xid, kept_no"
    )
    with connection.cursor() as cursor:
        cursor.execute(f'select {listed}, {kept} from history."{register.model._meta.db_table}" where {rest}', given)
        names = [column.name for column in cursor.description or []]
        return [_spread(register, dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _spread(register: Register[Any], row: dict[str, Any]) -> dict[str, Any]:
    """A version with what it holds of the city's own fields, each as if it had a column."""
    if row.get(OWN) is not None:
        row[OWN] = document_of(row[OWN])
    return {**row, **spread(register.model, row.get(OWN))}


def changes_of(
    register: Register[Any], newer: dict[str, Any], older: dict[str, Any] | None, telling: Telling
) -> list[Change]:
    """What became of each field between two versions of a record; of the first, what it began with."""
    changes, hidden = [], HIDDEN | set(register.model.untold)
    for field in [*register.model._meta.concrete_fields, *own_of(register.model).fields.values()]:
        if field.column in hidden or (older is None and newer[field.column] in (None, "", [], 0)):
            continue
        if isinstance(field, JSONField):
            changes += _changes_within(field, older, newer)
            continue
        if older is None or older[field.column] != newer[field.column]:
            before, after = (_told(field, version, telling) if version else "" for version in (older, newer))
            changes.append(Change(field.verbose_name, before, after, field.name))
    return changes


def _changes_within(field: Any, older: dict[str, Any] | None, newer: dict[str, Any]) -> list[Change]:
    """Values that differ inside of a document, each by its place in it. A first version is told as a whole."""
    if older is None:
        return []
    before, after = (dict(leaves_of(document_of(version[field.column]))) for version in (older, newer))
    places = [place for place in {**before, **after} if before.get(place, "") != after.get(place, "")]
    return [
        Change(f"{field.verbose_name}: {p}", in_words(before.get(p, "")), in_words(after.get(p, ""))) for p in places
    ]


def document_of(value: Any) -> Any:
    """A document as this connection reads it: a text, or what it holds already."""
    return json.loads(value) if isinstance(value, str) else value


def leaves_of(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document with its place: likelihood[3].low."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves_of(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from leaves_of(item, f"{place}[{number}]")
    else:
        yield place, value


def _told(field: Any, version: dict[str, Any], telling: Telling) -> str:
    """A value of a version in words; a choice in those of its model, which may depend on its other values."""
    if field.choices:
        return text_of(as_then(field.model, version), field.name)
    words, value = telling.words.get(field.name), version[field.column]
    return str(words[value]) if words and value in words else said(field, value, telling.names)


def as_then(model: Any, version: dict[str, Any]) -> Any:
    """The record as it was in a version."""
    return model(**{one.attname: version[one.column] for one in model._meta.concrete_fields if not one.generated})


def said(field: Any, value: Any, names: dict[Any, str]) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        words = dict(field.base_field.choices or [])
        return ", ".join(str(words.get(item, item)) for item in value)
    if field.is_relation:
        return names.get(value, _("(not within your reach)"))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return in_words(value)


def names_in(register: Register[Any], raw: list[dict[str, Any]], record: Any = None) -> dict[Any, str]:
    """Names of the records and persons that the versions mention, as far as this person may see them.

    Those that the record holds already are not asked again.
    """
    person = REGISTERS["person"].model
    wanted: dict[tuple[Any, str], set[Any]] = {(person, "id"): set()}
    names: dict[Any, str] = {}
    for field in register.model._meta.concrete_fields:
        if field.is_relation:
            key = field.target_field.attname
            ids = wanted.setdefault((field.related_model, key), set())
            ids |= {row[field.column] for row in raw}
            related = record and record._state.fields_cache.get(field.name)
            if related is not None:
                names[getattr(related, key)] = str(related)
    wanted[(person, "id")] |= {row[column] for row in raw for column in ("kept_by", "kept_for")}
    with together():
        for (model, key), ids in wanted.items():
            ask(model, key, ids - set(names), lambda known: names.update({k: str(row) for k, row in known.items()}))
    return names
