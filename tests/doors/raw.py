"""The matrix by raw SQL as the site's role: what the second lock lets through when every door is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import ProgrammingError, connection
from django.db.models import NOT_PROVIDED
from psycopg.errors import InsufficientPrivilege

from kivijalka.access import acting
from kivijalka.register.models import Link
from tests import factories as make
from tests.doors import examples
from tests.doors.expected import Facts, lets
from tests.doors.scene import ALLOWED, HIDDEN, REFUSED, Cell, Row, Scene, undone
from tests.doors.ties import Tie, ties_of
from tests.full import FULL


def selects(scene: Scene) -> Iterator[Cell]:
    """The row itself, its history, its node, and both as they were."""
    table = scene.model._meta.db_table
    places = {
        "table": f'public."{table}"',
        "history": f'history."{table}"',
        "node": "public.register_node",
        "past table": f'asof."{table}"',
        "past node": "asof.register_node",
        "node of each version": "history.node",
        "past seen node": "asof.seen_node",
    }
    for name, relation in places.items():
        seen = ids_in(scene, relation, past=name.startswith("past"))
        for row in scene.rows:
            yield Cell(f"select {name}", row.place, scene.shown(row), ALLOWED if row.record.pk in seen else HIDDEN)


def updates(scene: Scene) -> Iterator[Cell]:
    """A change of the row, which any of its verbs' rights lets through."""
    for row in scene.rows:
        expected = scene.judged(row, scene.register.access.write) == ALLOWED
        found = written(
            scene, f'update "{scene.model._meta.db_table}" set version = version where id = %s', [row.record.pk]
        )
        yield Cell("update table", row.place, ALLOWED if expected else REFUSED, found)


def inserts(scene: Scene) -> Iterator[Cell]:
    """A new row, as the rule of adding says."""
    for place in scene.places():
        values, facts = scene.values(place)
        expected = ALLOWED if lets(scene.register.access.add, scene.holder, facts) else REFUSED
        yield Cell("insert table", place, expected, written(scene, *insert_of(scene.model, values)))


def forbidden(scene: Scene) -> Iterator[Cell]:
    """What no role of the city may do: delete, or write history and nodes by hand."""
    table, row = scene.model._meta.db_table, scene.rows[0]
    statements = {
        "delete table": f'delete from "{table}" where id = %s',
        "delete history": f'delete from history."{table}" where id = %s',
        "update history": f'update history."{table}" set version = 1 where id = %s',
        "insert history": f'insert into history."{table}" select * from history."{table}" where id = %s',
        "update node": "update register_node set key = 0 where id = %s",
        "insert node": "insert into register_node select * from register_node where id = %s",
        "delete node": "delete from register_node where id = %s",
        "switch triggers off": f'alter table "{table}" disable trigger keep_update -- %s',
    }
    for name, statement in statements.items():
        yield Cell(name, "", REFUSED, written(scene, statement, [row.record.pk]))


def parts(scene: Scene) -> Iterator[Cell]:
    """Rows that belong to a record are seen with it, their history too; and added as their own rule says."""
    for part in scene.register.parts:
        table = part.model._meta.db_table
        made = {row.place: _part_of(scene, part, row, make.person(unit=scene.town.beside)) for row in scene.rows}
        rows = {place: part.model._default_manager.create(**values) for place, values in made.items()}
        for name in ("public", "history", "asof"):
            seen = ids_in(scene, f'{name}."{table}"', past=name == "asof")
            for row in scene.rows:
                found = ALLOWED if rows[row.place].pk in seen else HIDDEN
                yield Cell(f"select {name}.{table}", row.place, scene.shown(row), found)
        for row in scene.rows:
            facts = Facts(
                row.facts.unit,
                row.facts.level,
                scene.person.pk,
                parent_seen=scene.sees(row),
                parent_writable=scene.judged(row, scene.register.access.write) == ALLOWED,
            )
            expected = ALLOWED if lets(part.model.access.add, scene.holder, facts) else REFUSED
            values = _part_of(scene, part, row, scene.person)
            yield Cell(f"insert {table}", row.place, expected, written(scene, *insert_of(part.model, values)))


def _part_of(scene: Scene, part: Any, row: Row, person: Any) -> dict[str, Any]:
    return examples.values_of(part.model, unit=scene.town.below, person=person, given={part.parent: row.record})


def links(scene: Scene) -> Iterator[Cell]:
    """A link is seen by whoever sees both ends, and made by whoever may change the first and sees the second. Every kind,
    for each thing that it can come to; one each way with a row at every place."""
    made: list[tuple[Tie, Row, Link]] = []
    tried = set()
    with undone():
        for tie in ties_of(scene, every=True):
            telling = {(scene.sees(row), tie.may_make(scene, row)): row for row in scene.rows}
            thorough = FULL or tie.forward not in tried
            tried.add(tie.forward)
            for row in scene.rows if thorough else telling.values():
                values = tie.values(row.record)
                found = written(scene, *insert_of(Link, values))
                yield Cell(f"insert link {tie.words}, {row.place}", "", tie.may_make(scene, row), found)
                made.append((tie, row, Link.objects.create(**values)))
        for relation in ("public.register_link", "history.register_link"):
            seen = ids_in(scene, relation)
            for tie, row, link in made:
                expected = ALLOWED if scene.sees(row) and tie.far_seen(scene) else HIDDEN
                found = ALLOWED if link.pk in seen else HIDDEN
                yield Cell(f"select {relation} {tie.words}, {row.place}", "", expected, found)


def ids_in(scene: Scene, relation: str, *, past: bool = False) -> set[Any]:
    """Ids of all rows that the holder sees in a table or view."""
    with acting(scene.person.pk, as_of=scene.moment if past else None), connection.cursor() as cursor:
        cursor.execute(f"select id from {relation}")
        return {row[0] for row in cursor.fetchall()}


def written(scene: Scene, statement: str, params: list[Any]) -> str:
    """Whether the database lets the holder do this; nothing of it stays."""
    try:
        with undone(), acting(scene.person.pk), connection.cursor() as cursor:
            cursor.execute(statement, params)
            return ALLOWED if cursor.rowcount == 1 else REFUSED
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return REFUSED
        raise


def insert_of(model: Any, values: dict[str, Any]) -> tuple[str, list[Any]]:
    """An INSERT that reads nothing back, so that only the rule of adding judges it."""
    row = model(**values)
    fields = [f for f in model._meta.concrete_fields if not f.generated and f.db_default is NOT_PROVIDED]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    params = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    return f'insert into "{model._meta.db_table}" ({columns}) values ({", ".join(["%s"] * len(fields))})', params
