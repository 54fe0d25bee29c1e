"""The matrix through the pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from kivijalka.register.models import Link
from tests.doors.examples import posted
from tests.doors.scene import ALLOWED, HIDDEN, REFUSED, Cell, Row, Scene, undone
from tests.doors.ties import ties_of

# What an answer's status says. Any other is a cell that could not run.
STATUS = {200: ALLOWED, 302: ALLOWED, 403: REFUSED, 404: HIDDEN}


def lists(scene: Scene) -> Iterator[Cell]:
    """The list, today and as it was."""
    for name, query in (("list", {}), ("past list", scene_past(scene))):
        yield from listed(scene, name, reverse("list", args=[scene.register.path]), query)


def listed(scene: Scene, door: str, address: str, query: dict[str, Any]) -> Iterator[Cell]:
    """Which rows an answer shows: by their ids, which nobody types."""
    content = answer(scene, address, query).content.decode()
    for row in scene.rows:
        found = ALLOWED if str(row.record.pk) in content else HIDDEN
        yield Cell(door, row.place, scene.shown(row), found)


def records(scene: Scene) -> Iterator[Cell]:
    """The record, its history, and both as they were."""
    for page in ("record", "history"):
        for name, query in ((page, {}), (f"past {page}", scene_past(scene))):
            for row in scene.rows:
                response = scene.client.get(address(scene, page, row), query)
                yield Cell(name, row.place, scene.shown(row), said(response))


def fragments(scene: Scene) -> Iterator[Cell]:
    """What search-as-you-type offers, and the search page."""
    for row in scene.rows:
        code = row.record.code
        offered = answer(scene, reverse("lookup", args=[scene.register.key]), {"q": code}).content.decode()
        yield Cell("lookup", row.place, scene.shown(row), ALLOWED if code in offered else HIDDEN)
        for name, query in (("search", {"q": code}), ("past search", {"q": code, **scene_past(scene)})):
            response = scene.client.get(reverse("search"), query)
            there = str(row.record.pk) in response.content.decode() + response.headers.get("location", "")
            yield Cell(name, row.place, scene.shown(row), ALLOWED if there else HIDDEN)


def forms(scene: Scene) -> Iterator[Cell]:
    """The form of editing: shown, and sent as it was shown."""
    for row in scene.rows:
        expected = scene.may(row, "edit")
        yield Cell("edit form", row.place, expected, said(scene.client.get(address(scene, "edit", row))))
        data = posted({name: getattr(row.record, name) for name in scene.register.writable})
        yield Cell("edit", row.place, expected, sent(scene, address(scene, "edit", row), data))


def additions(scene: Scene) -> Iterator[Cell]:
    """A new record. Refused on a page of its own, or by the form when the right ends short of the place."""
    for place in scene.far_apart():
        values, expected = scene.new(place)
        data = posted({name: values[name] for name in scene.register.writable if name in values})
        target = reverse("add", args=[scene.register.path])
        with undone():
            before = scene.model._default_manager.count()
            response = scene.client.post(target, data)
            more = scene.model._default_manager.count() - before
        found = ALLOWED if more == 1 and response.status_code == 302 else broken(response, (403, 422))
        yield Cell("add", place, expected, found)


def verbs(scene: Scene) -> Iterator[Cell]:
    """Every verb on a row in a state that lets it be done."""
    for command in scene.register.commands:
        for place in scene.far_apart():
            with undone():
                row = scene.row_for(command, place)
                expected = scene.may(row, command.name)
                target = address(scene, "do", row, command.name)
                yield Cell(f"verb {command.name}", place, expected, sent(scene, target, posted(scene.inputs(command))))


def links(scene: Scene) -> Iterator[Cell]:
    """A link made on the record's page, which answers by leading back to it."""
    for tie in ties_of(scene):
        for row in scene.rows:
            data = {"kind": tie.kind if tie.forward else f"{tie.kind}:back", "other": tie.far.code}
            with undone():
                before = Link.objects.count()
                scene.client.post(address(scene, "link", row), data)
                made = Link.objects.count() - before
            yield Cell(f"link {tie.words}", row.place, tie.may_make(scene, row), ALLOWED if made == 1 else REFUSED)


def past_writes(scene: Scene) -> Iterator[Cell]:
    """Nothing is written into the past."""
    row = scene.rows[0]
    data = posted({name: getattr(row.record, name) for name in scene.register.writable})
    moment = scene.moment.isoformat().replace("+", "%2B")
    found = sent(scene, f"{address(scene, 'edit', row)}?as_of={moment}", data, refused=(403, 404, 409, 422))
    yield Cell("past edit", row.place, REFUSED, REFUSED if found == HIDDEN else found)


def scene_past(scene: Scene) -> dict[str, Any]:
    return {"as_of": scene.moment.isoformat()}


def address(scene: Scene, page: str, row: Row, *more: str) -> str:
    return reverse(page, args=[scene.register.path, row.record.pk, *more])


def answer(scene: Scene, target: str, query: dict[str, Any]) -> Any:
    response = scene.client.get(target, query)
    assert response.status_code == 200, f"{target} {query}: {response.status_code}"
    return response


def sent(scene: Scene, target: str, data: dict[str, Any], *, refused: tuple[int, ...] = (403,)) -> str:
    """What a form's answer says; nothing of it stays."""
    with undone():
        response = scene.client.post(target, data)
    return REFUSED if response.status_code in refused and response.status_code != 404 else said(response)


def said(response: Any) -> str:
    return STATUS.get(response.status_code) or broken(response, ())


def broken(response: Any, refused: tuple[int, ...]) -> str:
    """A refusal, or what stood on the page of a cell that could not run."""
    if response.status_code in refused:
        return REFUSED
    errors = getattr(response.context.get("form"), "errors", "") if response.context else ""
    told = response.context.get("refused") if response.context else ""
    return f"not run, {response.status_code}: {told} {errors}".strip()
