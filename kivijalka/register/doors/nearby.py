"""What happened to the records that one is linked to, while it was: told in its story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from kivijalka.register.declare import Register
from kivijalka.register.doors.filters import in_the_past
from kivijalka.register.doors.history import Change, Telling, Version, changes_of, command_of, document_of
from kivijalka.register.doors.links import words_of
from kivijalka.register.graph import link_rules
from kivijalka.register.models import Link, Node, held_by
from kivijalka.register.own.fields import spread
from kivijalka.register.registry import REGISTERS

MOST_LINKS, MOST_VERSIONS = 200, 1_000
# A link that was made with its other end, as a treatment's action is, is told by that end's beginning.
TOGETHER = timedelta(minutes=5)
KEPT = ("kept_from", "kept_op", "kept_by", "kept_for", "kept_door", "kept_command", "kept_seed")
Rows = dict[UUID, list[dict[str, Any]]]


@dataclass(frozen=True)
class Nearby:
    """Links of a record, those that have ended too, and versions of what is at their other ends, the latest first."""

    links: list[Link]
    rows: Rows

    def persons(self) -> set[UUID]:
        """Who did it."""
        several = [row for rows in self.rows.values() for row in rows]
        return {row[column] for row in several for column in ("kept_by", "kept_for") if row[column]}

    def versions(self, record: Any, names: dict[Any, str]) -> Iterator[Version]:
        """All of it as people read it, in no order: links made and ended, and what became of the others meanwhile."""
        for link in self.links:
            rows = self.rows.get(_far_end(link, record), [])
            if not rows:
                continue
            other = _node(rows[0])
            if not any(row["kept_op"] == "I" and abs(row["kept_from"] - link.since) < TOGETHER for row in rows):
                yield _of_link(link.since, words_of(link, record), other)
            if link.until is not None:
                yield _of_link(link.until, _("The link was ended"), other)
            yield from _versions(link, other, rows, names)


def nearby(register: Register[Any], record: Any) -> Nearby:
    """What a record was ever linked to, as far as it is seen; two queries, however many registers that are."""
    links = list(Link.objects.of(record).order_by("-since", "-id")[:MOST_LINKS])
    others = {_far_end(link, record) for link in links}
    return Nearby(links, _rows(register, others) if others else {})


def _far_end(link: Link, record: Any) -> UUID:
    far: UUID = link.b_id if link.a_id == record.pk else link.a_id
    return far


def _node(row: dict[str, Any]) -> Node:
    """The other record as it is called in the latest of its versions."""
    title = " ".join(str(row[name]) for name in REGISTERS[row["kept_register"]].title.split())
    return Node(id=row["id"], register=row["kept_register"], code=row["code"], title=title)


def _versions(link: Link, other: Node, rows: list[dict[str, Any]], names: dict[Any, str]) -> Iterator[Version]:
    register = REGISTERS[other.register]
    telling = Telling(names, register.words())
    for newer, older in zip(rows, [*rows[1:], None], strict=True):
        start = newer["kept_from"]
        if start < link.since - TOGETHER or (link.until is not None and start > link.until):
            continue
        changes = _told(register, newer, older, telling)
        if changes or newer["kept_op"] == "I":
            yield Version(
                start=start,
                end=None,
                command=command_of(register, newer),
                by=names.get(newer["kept_by"], ""),
                on_behalf_of=names.get(newer["kept_for"], ""),
                door=newer["kept_door"],
                seed=newer["kept_seed"],
                changes=changes,
                other=other,
            )


def _told(register: Register[Any], newer: Any, older: Any, telling: Telling) -> list[Change]:
    if older is None:
        return []
    return [change for change in changes_of(register, newer, older, telling) if change.name in register.told]


def _of_link(at: Any, words: Any, other: Node) -> Version:
    return Version(at, None, words, by="", on_behalf_of="", door="", seed=False, changes=[], other=other)


def _rows(register: Register[Any], keys: Iterable[UUID]) -> Rows:
    """One question to the histories of all registers that this one may be linked to."""
    ends = [(a, b) for _kind, a, b in link_rules() if register.key in (a, b)]
    linked = sorted({key for pair in ends for key in pair})
    past = " and kept_from <= kj.as_of()" if in_the_past() else ""
    selects = [
        f"select '{key}', {', '.join(KEPT)}, version, to_jsonb(h) from history.\"{REGISTERS[key].model._meta.db_table}\" h"
        f" where id = any(%s){past}"
        for key in linked
    ]
    union = " union all ".join(selects)
    with connection.cursor() as cursor:
        given = [list(keys)] * len(linked)
        cursor.execute(f"{union} order by kept_from desc, version desc limit {MOST_VERSIONS}", given)
        found: Rows = defaultdict(list)
        for key, *kept, _version, document in cursor.fetchall():
            values = _typed(REGISTERS[key], document_of(document))
            row = {**values, **dict(zip(KEPT, kept, strict=True)), "kept_register": key}
            found[row["id"]].append(row)
    return dict(found)


def _typed(register: Register[Any], document: dict[str, Any]) -> dict[str, Any]:
    """A version's values as its model holds them, the city's own fields among them."""
    row = {}
    for field in register.model._meta.concrete_fields:
        row[str(field.column)] = held_by(field).to_python(document[str(field.column)])
    return {**row, **spread(register.model, document.get("own"))}
