"""The matrix through the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from kivijalka.register.models import Link
from tests import factories as make
from tests.doors.examples import posted
from tests.doors.pages import answer, broken, listed
from tests.doors.raw import ids_in
from tests.doors.scene import ALLOWED, HIDDEN, REFUSED, Cell, Row, Scene, undone
from tests.doors.ties import Tie, ties_of
from tests.full import FULL

STATUS = {200: ALLOWED, 201: ALLOWED, 204: ALLOWED, 403: REFUSED, 404: HIDDEN}
JSON = "application/json"


def lists(scene: Scene) -> Iterator[Cell]:
    """The list, today and as it was; how many rows it counts; and the search."""
    for name, query in (("API list", {}), ("API past list", scene.past)):
        yield from listed(scene, name, answer(scene, f"/api/{scene.register.path}", query))
    counted = answer(scene, f"/api/{scene.register.path}", {"size": 1}).json()["total"]
    yield Cell("API count", "", str(len(ids_in(scene, f'"{scene.model._meta.db_table}"'))), str(counted))
    for row in scene.telling(scene.register.access.see):
        there = str(row.record.pk) in answer(scene, "/api/search", {"q": row.record.code}).content.decode()
        yield Cell(f"API search, {row.place}", "", scene.shown(row), ALLOWED if there else HIDDEN)


def records(scene: Scene) -> Iterator[Cell]:
    """The record, its history, and the record as it was."""
    for row in scene.telling(scene.register.access.see):
        for door, more, query in (
            ("API record", "", {}),
            ("API history", "/history", {}),
            ("API past record", "", scene.past),
            *((f"API {part.key}", f"/{part.key}", {}) for part in scene.register.parts),
        ):
            response = scene.client.get(address(scene, row) + more, query)
            yield Cell(f"{door}, {row.place}", "", scene.shown(row), said(response))


def edits(scene: Scene) -> Iterator[Cell]:
    """One field, written with the value that it has."""
    name = next(name for name in scene.register.writable if not scene.register.field(name).is_relation)
    for row in scene.telling(scene.register.access.may("edit")):
        body = {**posted({name: getattr(row.record, name)}), "version": row.record.version}
        with undone():
            response = scene.client.patch(address(scene, row), body, content_type=JSON)
        yield Cell(f"API edit, {row.place}", "", scene.may(row, "edit"), said(response))


def additions(scene: Scene) -> Iterator[Cell]:
    """A new record. A unit that one may not see is answered as one that is not there."""
    for place in scene.places_for("add"):
        values, expected = scene.new(place)
        data = posted({name: values[name] for name in scene.register.writable if name in values})
        with undone():
            before = scene.model._default_manager.count()
            response = scene.client.post(f"/api/{scene.register.path}", data, content_type=JSON)
            more = scene.model._default_manager.count() - before
        if not scene.register.adds:
            yield Cell(
                f"API add, {place}", "", expected, REFUSED if response.status_code == 405 and more == 0 else ALLOWED
            )
            continue
        found = ALLOWED if more == 1 and response.status_code == 201 else said(response)
        unseen = response.status_code == 422 and all(
            scene.register.field(name).is_relation for name in response.json()["errors"]
        )
        yield Cell(f"API add, {place}", "", expected, REFUSED if unseen else found)


def verbs(scene: Scene) -> Iterator[Cell]:
    """Every verb on a row in a state that lets it be done; one of each rule for each thing that it can come to, as pages try
    them all."""
    rules: list[Any] = []
    for command in scene.register.commands:
        rule, places = scene.register.access.may(command.name), scene.places_for(command.name)
        known = rule in rules and not FULL
        rules.append(rule)
        for place in places[-1:] if known else places:
            with undone():
                row = scene.row_for(command, place)
                expected = scene.may(row, command.name)
                data = posted(scene.inputs(command))
                response = scene.client.post(f"{address(scene, row)}/{command.name}", data, content_type=JSON)
            yield Cell(f"API {command.name}, {place}", "", expected, said(response))


def responsibilities(scene: Scene) -> Iterator[Cell]:
    """A share of responsibility offered by whoever may change the record."""
    for row in scene.telling(scene.register.access.write):
        body = {"record": row.record.code, "person": scene.person.code, "share": "C"}
        with undone():
            response = scene.client.post("/api/responsibilities", body, content_type=JSON)
        unseen = response.status_code == 422 and list(response.json()["errors"]) == ["record"]
        expected = scene.judged(row, scene.register.access.write)
        yield Cell(f"API offer, {row.place}", "", expected, HIDDEN if unseen else said(response))


def links(scene: Scene) -> Iterator[Cell]:
    """Links read, one made and ended. An end that one may not see is answered as one that is not there."""
    telling = scene.telling(scene.register.access.write)
    for row in telling:
        found = said(scene.client.get(f"{address(scene, row)}/links"))
        yield Cell(f"API links, {row.place}", "", scene.shown(row), found)
    for tie in ties_of(scene):
        for row in telling:
            near, words = tie.may_make(scene, row) if scene.sees(row) else HIDDEN, f"{tie.words}, {row.place}"
            yield Cell(f"API link {words}", "", near, _linked(scene, tie, row))
            both = near if tie.far_seen(scene) else HIDDEN
            yield Cell(f"API unlink {words}", "", both, _unlinked(scene, tie, row))


def talk(scene: Scene) -> Iterator[Cell]:
    """What is said about a record is read and said by whoever sees it, who may follow it: as on its page."""
    for row in scene.telling(scene.register.access.see):
        seen, one = scene.shown(row), address(scene, row)
        comments, following = f"{one}/comments", f"{one}/following"
        with undone():
            for door, response in (
                ("comments", scene.client.get(comments)),
                ("comment", scene.client.post(comments, {"text": "Esimerkki"}, content_type=JSON)),
                ("follow", scene.client.put(following)),
                ("follow no longer", scene.client.delete(following)),
            ):
                yield Cell(f"API {door}, {row.place}", "", seen, said(response))


def filed(scene: Scene) -> Iterator[Cell]:
    """Files of a record: listed and read by whoever sees it, attached and withdrawn by whoever may change it: as on its
    page."""
    for row in scene.telling(scene.register.access.write):
        seen, may = scene.shown(row), scene.judged(row, scene.register.access.write)
        files = f"{address(scene, row)}/files"
        file = f"{files}/{make.attachment(row.record).pk}"
        new = {"file": SimpleUploadedFile("a.txt", b"Esimerkki")}
        with undone():
            for door, expected, response in (
                ("files", seen, scene.client.get(files)),
                ("file", seen, scene.client.get(file)),
                ("attach", may, scene.client.post(files, new)),
                ("withdraw", may, scene.client.delete(file)),
            ):
                yield Cell(f"API {door}, {row.place}", "", expected, said(response))


def _linked(scene: Scene, tie: Tie, row: Row) -> str:
    body = {"kind": tie.kind if tie.forward else f"{tie.kind}:back", "other": tie.far.code}
    with undone():
        response = scene.client.post(f"{address(scene, row)}/links", body, content_type=JSON)
    return REFUSED if response.status_code == 422 and list(response.json()["errors"]) == ["other"] else said(response)


def _unlinked(scene: Scene, tie: Tie, row: Row) -> str:
    with undone():
        link = Link.objects.create(**tie.values(row.record))
        return said(scene.client.delete(f"{address(scene, row)}/links/{link.pk}"))


def address(scene: Scene, row: Row) -> str:
    return f"/api/{scene.register.path}/{row.record.pk}"


def said(response: Any) -> str:
    if response.status_code in STATUS:
        return STATUS[response.status_code]
    return f"{broken(response, ())} {response.content.decode()[:300]}"
