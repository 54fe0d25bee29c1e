"""The matrix through the import: a file of one row, which changes a record by its code or makes a new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import CharField, Model

from kivijalka.register.doors.files.commit import NotCommitted, commit
from tests.doors.scene import ALLOWED, REFUSED, Cell, Scene, undone
from tests.files.imports import csv_of, importing


def changes(scene: Scene) -> Iterator[Cell]:
    """A record named by its code, with other words in one field. One that is not seen is refused like one not there."""
    name = next(name for name in scene.register.writable if _takes_words(scene, name)) if _has_words(scene) else "start"
    for row in scene.rows:
        words = "2020-02-02" if name == "start" else "Tuotu toisin"
        expected = ALLOWED if scene.may(row, "edit") == ALLOWED else REFUSED
        yield Cell(
            "import change", row.place, expected, _imported(scene, {"code": row.record.code, name: words}, "changed")
        )


def additions(scene: Scene) -> Iterator[Cell]:
    """A new record from all columns that the register's form has."""
    for place in scene.places():
        values, expected = scene.new(place)
        row = {name: _text(values[name]) for name in scene.register.writable if values.get(name) not in (None, [])}
        yield Cell("import add", place, expected, _imported(scene, row, "new"))


def _imported(scene: Scene, row: dict[str, Any], fate: str) -> str:
    """What the file's only row came to; nothing of it stays."""
    columns = {name: name for name in row}
    data = csv_of(row.keys(), row.values())
    with undone(), importing(data, scene.person, into=scene.register.path, columns=columns) as (plan, actor, mapping):
        try:
            done = commit(plan, actor, mapping)
        except NotCommitted:
            return REFUSED
        return ALLOWED if done.get(fate) == 1 else f"not run: {done}"


def _takes_words(scene: Scene, name: str) -> bool:
    field = scene.register.field(name)
    return isinstance(field, CharField) and not field.choices and type(field) is CharField


def _has_words(scene: Scene) -> bool:
    return any(_takes_words(scene, name) for name in scene.register.writable)


def _text(value: Any) -> str:
    if isinstance(value, Model):
        return str(getattr(value, "code", value.pk))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value.isoformat() if isinstance(value, date) else str(value)
