"""The matrix through the API and the export."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.urls import reverse

from tests.doors.examples import posted
from tests.doors.pages import answer, broken, listed, scene_past
from tests.doors.scene import ALLOWED, HIDDEN, REFUSED, Cell, Row, Scene, undone

STATUS = {200: ALLOWED, 201: ALLOWED, 403: REFUSED, 404: HIDDEN}


def lists(scene: Scene) -> Iterator[Cell]:
    """The list and the search, today and as they were."""
    for name, query in (("API list", {}), ("API past list", scene_past(scene))):
        yield from listed(scene, name, f"/api/{scene.register.path}", query)
    for row in scene.rows:
        there = str(row.record.pk) in answer(scene, "/api/search", {"q": row.record.code}).content.decode()
        yield Cell("API search", row.place, scene.shown(row), ALLOWED if there else HIDDEN)


def records(scene: Scene) -> Iterator[Cell]:
    """The record, its history and links, and the record as it was."""
    for row in scene.rows:
        for door, more, query in (
            ("API record", "", {}),
            ("API history", "/history", {}),
            ("API links", "/links", {}),
            ("API past record", "", scene_past(scene)),
            *((f"API {part.key}", f"/{part.key}", {}) for part in scene.register.parts),
        ):
            response = scene.client.get(address(scene, row) + more, query)
            yield Cell(door, row.place, scene.shown(row), said(response))


def edits(scene: Scene) -> Iterator[Cell]:
    """One field, written with the value that it has."""
    name = next(name for name in scene.register.writable if not scene.register.field(name).is_relation)
    for row in scene.rows:
        body = {**posted({name: getattr(row.record, name)}), "version": row.record.version}
        with undone():
            response = scene.client.patch(address(scene, row), body, content_type="application/json")
        yield Cell("API edit", row.place, scene.may(row, "edit"), said(response))


def additions(scene: Scene) -> Iterator[Cell]:
    """A new record. A unit that one may not see is answered as one that is not there."""
    for place in scene.far_apart():
        values, expected = scene.new(place)
        data = posted({name: values[name] for name in scene.register.writable if name in values})
        with undone():
            before = scene.model._default_manager.count()
            response = scene.client.post(f"/api/{scene.register.path}", data, content_type="application/json")
            more = scene.model._default_manager.count() - before
        found = ALLOWED if more == 1 and response.status_code == 201 else said(response)
        unseen = response.status_code == 422 and all(
            scene.register.field(name).is_relation for name in response.json()["errors"]
        )
        yield Cell("API add", place, expected, REFUSED if unseen else found)


def verbs(scene: Scene) -> Iterator[Cell]:
    """Every verb on a row in a state that lets it be done."""
    for command in scene.register.commands:
        for place in scene.far_apart():
            with undone():
                row = scene.row_for(command, place)
                expected = scene.may(row, command.name)
                data = posted(scene.inputs(command))
                response = scene.client.post(
                    f"{address(scene, row)}/{command.name}", data, content_type="application/json"
                )
            yield Cell(f"API {command.name}", place, expected, said(response))


def exports(scene: Scene) -> Iterator[Cell]:
    """Every row of the list in a file, by its code."""
    for kind in ("csv", "xlsx"):
        for name, query in ((f"{kind} export", {}), (f"past {kind} export", scene_past(scene))):
            text = text_of(kind, answer(scene, reverse("export", args=[scene.register.path, kind]), query).content)
            for row in scene.rows:
                yield Cell(name, row.place, scene.shown(row), ALLOWED if row.record.code in text else HIDDEN)


def text_of(kind: str, content: bytes) -> str:
    """All texts of a file."""
    if kind == "csv":
        return content.decode("utf-8-sig")
    with ZipFile(BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/"))


def address(scene: Scene, row: Row) -> str:
    return f"/api/{scene.register.path}/{row.record.pk}"


def said(response: Any) -> str:
    if response.status_code in STATUS:
        return STATUS[response.status_code]
    return f"{broken(response, ())} {response.content.decode()[:300]}"
