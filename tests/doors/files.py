"""The matrix through files: the export of a list, and an import of one file that changes and adds at every place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import CharField, Model, TextField
from django.urls import reverse

from kivijalka.organisation.models import Person
from kivijalka.register.models import SPAN
from kivijalka.register.models.files import ImportFile
from tests import factories as make
from tests.doors.expected import Facts, lets
from tests.doors.pages import answer, said
from tests.doors.scene import ALLOWED, HIDDEN, REFUSED, Cell, Row, Scene, tells_of, undone
from tests.files.imports import csv_of

OTHER_WORDS, OTHER_DAY = "Tuotu toisin", "2020-02-02"
WORDS = (CharField, TextField)


def exports(scene: Scene) -> Iterator[Cell]:
    """Every row of the list in a file, by its code."""
    for kind in ("csv", "xlsx"):
        for name, query in ((f"{kind} export", {}), (f"past {kind} export", scene.past)):
            text = text_of(kind, answer(scene, reverse("export", args=[scene.register.path, kind]), query).getvalue())
            for row in scene.rows:
                yield Cell(name, row.place, scene.shown(row), ALLOWED if tells_of(row.record, text) else HIDDEN)


def text_of(kind: str, content: bytes) -> str:
    """All texts of a file."""
    if kind == "csv":
        return content.decode("utf-8-sig")
    with ZipFile(BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/"))


def imports(scene: Scene) -> Iterator[Cell]:
    """Through all steps. Lines that change a record by its code; one that is not seen is refused like one not there."""
    added = {place: scene.new(place) for place in scene.places()}
    lines = [_change(scene, row) for row in scene.rows] + [_texts(scene, values) for values, _ in added.values()]
    with undone():
        fates = _imported(scene, lines)
        changed = [_is_changed(scene, row) for row in scene.rows]
    for row, fate, is_so in zip(scene.rows, fates, changed, strict=False):
        expected = ALLOWED if scene.may_import and scene.may(row, "edit") == ALLOWED else REFUSED
        yield Cell("import change", row.place, expected, _said(fate, "changed", is_so))
    for (place, (_, expected)), fate in zip(added.items(), fates[len(scene.rows) :], strict=True):
        expected = expected if scene.may_import else REFUSED
        yield Cell("import add", place, expected, _said(fate, "new", fate == "new"))


def of_others(scene: Scene) -> Iterator[Cell]:
    """The steps of an import that another person has begun: not there, whoever one is. Nor what they have imported,
    but to who may look at imports at their unit; the file itself is theirs alone."""
    expected = HIDDEN if scene.may_import else REFUSED
    other = make.person(unit=scene.town.home)
    file = ImportFile.objects.create(person=other, register=scene.register.key, name="x.csv", table={})
    for step in ("import-columns", "import-preview", "import-refused"):
        target = reverse(step, args=[scene.register.path, file.pk])
        yield Cell(f"another's {step}", "", expected, said(scene.client.get(target)))
        if step != "import-refused":
            yield Cell(f"another's {step}, sent", "", expected, said(scene.client.post(target, {"name": "x"})))
    yield from done_by_others(scene, other)


def done_by_others(scene: Scene, other: Person) -> Iterator[Cell]:
    places = {"in reach": scene.town.home, "out of reach": scene.town.elsewhere}
    files = []
    for place, unit in places.items():
        for level in (scene.kind.level, scene.kind.level + 1):
            key, facts = level * SPAN + unit.number, Facts(unit.number, level)
            values = {"register": scene.register.key, "name": f"{place} {level}.csv", "table": {}, "key": key}
            file = ImportFile.objects.create(person=other, done_at=scene.moment, done_as=0, **values)
            expected = ALLOWED if lets(ImportFile.access.see, scene.holder, facts) else HIDDEN
            files.append((file, expected))
    listed = answer(scene, reverse("imports", args=[scene.register.path]), {}).content.decode()
    for file, expected in files:
        yield Cell("list of imports", "", expected, ALLOWED if file.name in listed else HIDDEN)
        target = reverse("import-done", args=[scene.register.path, file.pk])
        yield Cell("another's import", "", expected, said(scene.client.get(target)))
        yield Cell("another's file", "", HIDDEN, said(scene.client.get(target.replace("done/", "source"))))
        yield Cell("another's import, undone", "", expected, said(scene.client.post(target)))


def _said(fate: str, done: str, is_so: bool) -> str:
    if is_so != (fate == done):
        return f"{fate} by the preview, not so in the database"
    return ALLOWED if is_so else fate


def _imported(scene: Scene, lines: list[dict[str, str]]) -> list[str]:
    """What became of each line of a file: refused, changed or new."""
    start = reverse("import", args=[scene.register.path])
    names = list(dict.fromkeys(name for line in lines for name in line))
    data = csv_of(names, *([line.get(name, "") for name in names] for line in lines))
    form, first = scene.client.get(start), scene.client.post(start, {"file": SimpleUploadedFile("rows.csv", data)})
    if {form.status_code, first.status_code} == {403}:
        return [REFUSED] * len(lines)
    columns = _led(first)
    answer(scene, columns, {})
    preview = _led(scene.client.post(columns, {"name": "all", **{f"column-{at}": n for at, n in enumerate(names)}}))
    page = answer(scene, preview, {})
    for _ in range(2):  # what only its command refuses is known after the first time
        fates = {row.number: fate for fate, _count, rows in page.context["groups"] for row in rows}
        refused = ",".join(str(number) for number, fate in fates.items() if fate == "refused")
        page = scene.client.post(preview, {"leave_out": "1", "refused": refused})
        if page.status_code == 302:
            answer(scene, _led(page), {})
            # The first line is the heading.
            return [fates[number] for number in range(2, len(lines) + 2)]
    raise AssertionError(f"{preview} was not carried out: {page.status_code} {page.context['refused']} {fates}")


def _led(response: Any) -> str:
    """Where a step leads to."""
    assert response.status_code == 302, f"{response.status_code}: {response.context['refused']}"
    return str(response["Location"])


def _change(scene: Scene, row: Row) -> dict[str, str]:
    name, words = _changing(scene, row)
    return {"code": row.record.code, name: words}


def _is_changed(scene: Scene, row: Row) -> bool:
    name, words = _changing(scene, row)
    return str(scene.model._default_manager.values_list(name, flat=True).get(pk=row.record.pk)) == words


def _changing(scene: Scene, row: Row) -> tuple[str, str]:
    """A field that takes any words, and some that no other row has; else the day on which something began."""
    names = [n for n in scene.register.writable if type(f := scene.register.field(n)) in WORDS and not f.choices]
    return (names[0], f"{OTHER_WORDS} {row.record.code}") if names else ("start", OTHER_DAY)


def _texts(scene: Scene, values: dict[str, Any]) -> dict[str, str]:
    return {name: _text(values[name]) for name in scene.register.writable if values.get(name) not in (None, [])}


def _text(value: Any) -> str:
    if isinstance(value, Model):
        return str(getattr(value, "code", value.pk))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value.isoformat() if isinstance(value, date) else str(value)
