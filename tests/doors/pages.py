"""The matrix through the pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from kivijalka.organisation.grants import granted
from kivijalka.organisation.models import Responsibility
from kivijalka.register.command import Command
from kivijalka.register.models import Link
from tests import factories as make
from tests.doors.addresses import doors_of, filled, has_no_parameters, is_program, own_doors
from tests.doors.examples import posted
from tests.doors.raw import ids_in
from tests.doors.scene import ALLOWED, HIDDEN, REFUSED, Cell, Row, Scene, tells_of, undone
from tests.doors.ties import Tie, ties_of
from tests.full import FULL

# What an answer's status says. Any other is a cell that could not run.
STATUS = {200: ALLOWED, 302: ALLOWED, 403: REFUSED, 404: HIDDEN}


def lists(scene: Scene) -> Iterator[Cell]:
    """The list, today and as it was; and how many rows it counts."""
    target = reverse("list", args=[scene.register.path])
    for name, query in (("list", {}), ("past list", scene.past)):
        yield from listed(scene, name, answer(scene, target, query))
    # Since long before there was anything: every row that is seen has come.
    compared = reverse("compare", args=[scene.register.path])
    yield from listed(scene, "compared", answer(scene, compared, {"since": "1.1.2000"}))
    counted = answer(scene, target, {}).context["page"].total
    yield Cell("count", "", str(len(ids_in(scene, f'"{scene.model._meta.db_table}"'))), str(counted))


def listed(scene: Scene, door: str, response: Any) -> Iterator[Cell]:
    """Which rows an answer shows: by their ids, which nobody types."""
    content = response.content.decode()
    for row in scene.rows:
        found = ALLOWED if str(row.record.pk) in content else HIDDEN
        yield Cell(door, row.place, scene.shown(row), found)


def records(scene: Scene) -> Iterator[Cell]:
    """The record's page at every place, today and as it was; every other address of it that only reads, whichever there are,
    for each thing that it can come to, and as it was for one of them in turn."""
    of_record = "<slug:path>/<uuid:pk>/"
    telling = scene.telling(scene.register.access.see)
    routes = [route for method, route in doors_of(scene.register) if method == "GET" and route.startswith(of_record)]
    for number, more in enumerate(sorted(route.removeprefix(of_record) for route in routes), start=scene.turn):
        if "<" in more or more == "edit/":
            continue  # what writes is tried below
        then = telling if FULL else [telling[number % len(telling)]]
        for name, query, rows in ((more or "record", {}, telling), (f"past {more or 'record'}", scene.past, then)):
            for row in rows if more else scene.rows:
                found = said(scene.client.get(address(scene, "record", row) + more, query))
                door, place = (f"{name}, {row.place}", "") if more else (name, row.place)
                yield Cell(door, place, scene.shown(row), found)


def own_pages(scene: Scene) -> Iterator[Cell]:
    """Pages that only this register has, whichever there are: nothing is there for whoever does not see the record."""
    for method, route in sorted(own_doors(scene.register)):
        for row in scene.telling(scene.register.access.see):
            target = filled(route, pk=row.record.pk, kind="json")
            with undone():
                status = scene.client.generic(method, target).status_code
            there = HIDDEN if status == 404 else ALLOWED if status < 500 else f"broken, {status}"
            yield Cell(f"{method} {route}, {row.place}", "", scene.shown(row), there)
            if method != "GET":
                # What comes of nothing being sent: never something done.
                sent_nothing = ALLOWED if status in (200, 302) else REFUSED
                yield Cell(f"{route}, nothing sent, {row.place}", "", REFUSED, sent_nothing)


def fragments(scene: Scene) -> Iterator[Cell]:
    """What search-as-you-type offers and the search page finds, what is alike, the side of the list, and what Ctrl-K leads
    to: for each thing that it can come to."""
    for row in scene.telling(scene.register.access.see):
        code, shown = row.record.code, scene.shown(row)
        for name in ("lookup", "lookup-whole"):
            offered = answer(scene, reverse(name, args=[scene.register.key]), {"q": code}).content.decode()
            yield Cell(f"{name}, {row.place}", "", shown, ALLOWED if code in offered else HIDDEN)
        for name, query in {"search": {"q": code}, "past search": {"q": code, **scene.past}}.items():
            content = answer(scene, reverse("search"), query).content.decode()
            yield Cell(f"{name}, {row.place}", "", shown, ALLOWED if str(row.record.pk) in content else HIDDEN)
        title = " ".join(str(getattr(row.record, name)) for name in scene.register.title.split())
        alike = answer(scene, reverse("similar", args=[scene.register.path]), {"title": title})
        seen = ALLOWED if str(row.record.pk) in alike.content.decode() else HIDDEN
        yield Cell(f"similar, {row.place}", "", shown, seen)
        side = scene.client.get(
            reverse("list", args=[scene.register.path]), {"show": row.record.pk}, headers={"hx-target": "side"}
        )
        yield Cell(f"side, {row.place}", "", shown, said(side))
        jump = scene.client.get(reverse("jump"), {"q": code})
        there = str(row.record.pk) in jump.content.decode() + jump.headers.get("location", "")
        yield Cell(f"jump, {row.place}", "", shown, ALLOWED if there else HIDDEN)


def overviews(scenes: list[Scene]) -> Iterator[Cell]:
    """Pages over all registers, whichever there are, for one person and rows of every register: they choose what they show,
    and show nothing that is hidden."""
    first = scenes[0]
    for route in overview_routes(first.register):
        for name, query in ((route, {}), (f"past {route}", first.past)):
            response = first.client.get(filled(route), query)
            assert response.status_code in (200, 403), f"{route}: {response.status_code}"
            content = response.content.decode()
            for scene in scenes:
                for row in scene.rows:
                    shown = tells_of(row.record, content)
                    may = ALLOWED if shown and scene.sees(row) else HIDDEN
                    door = f"{name or 'home'}, {scene.register.key}"
                    yield Cell(door, row.place, may, ALLOWED if shown else HIDDEN)


def overview_routes(register: Any) -> list[str]:
    """Pages that are of no register in particular."""
    routes = {route for method, route in doors_of(register) if method == "GET"}
    return sorted(route for route in routes if has_no_parameters(route) and not is_program(route))


def explanations(scene: Scene) -> Iterator[Cell]:
    """Why somebody sees a record: told of records within the reach of the right to ask, whether they are seen or not."""
    for row in scene.rows:
        response = scene.client.get(reverse("why"), {"person": scene.person.pk, "record": row.record.code})
        holds = granted(scene.kind, "access.explain")
        told = {200: ALLOWED, 422: HIDDEN, 403: REFUSED}[response.status_code]
        expected = ALLOWED if scene.asked("access.explain", row) else HIDDEN if holds else REFUSED
        yield Cell("why", row.place, expected, told)


def forms(scene: Scene) -> Iterator[Cell]:
    """The form of editing, shown, and sent as it is shown: for each thing that it can come to."""
    for row in scene.telling(scene.register.access.may("edit")):
        expected = scene.may(row, "edit")
        yield Cell(f"edit form, {row.place}", "", expected, said(scene.client.get(address(scene, "edit", row))))
        data = posted({name: getattr(row.record, name) for name in scene.register.writable})
        yield Cell(f"edit, {row.place}", "", expected, sent(scene, address(scene, "edit", row), data))


def additions(scene: Scene) -> Iterator[Cell]:
    """A new record. Refused on a page of its own, or by the form when the right ends short of the place."""
    target = reverse("add", args=[scene.register.path])
    may = scene.may_add_somewhere
    yield Cell("add form", "", ALLOWED if may else REFUSED, said(scene.client.get(target)))
    for place in scene.places_for("add"):
        values, expected = scene.new(place)
        data = posted({name: values[name] for name in scene.register.writable if name in values})
        with undone():
            before = scene.model._default_manager.count()
            response = scene.client.post(target, data)
            more = scene.model._default_manager.count() - before
        found = ALLOWED if more == 1 and response.status_code == 302 else broken(response, (403, 422))
        yield Cell(f"add, {place}", "", expected, found)


def verbs(scene: Scene) -> Iterator[Cell]:
    """Every verb, for each thing that it can come to, on a row in a state that lets it be done; and the one page that asks."""
    for command in scene.register.commands:
        for place in scene.places_for(command.name):
            with undone():
                row = scene.row_for(command, place)
                expected = scene.may(row, command.name)
                target = address(scene, "do", row, command.name)
                if command is scene.register.commands[0]:
                    yield Cell(f"verb form, {place}", "", expected, said(scene.client.get(target)))
                told = sent(scene, target, posted(scene.inputs(command)))
                yield Cell(f"verb {command.name}, {place}", "", expected, told)


def many(scene: Scene) -> Iterator[Cell]:
    """Every verb that can be done to many records, with a row at each place: as by itself, shown first and then done."""
    may_change = scene.may_change_somewhere
    what = scene.client.get(reverse("many", args=[scene.register.path]), {"row": scene.rows[0].record.pk})
    seen = scene.sees(scene.rows[0])
    found = ALLOWED if what.status_code == 200 else REFUSED if what.status_code in (403, 422) else said(what)
    yield Cell("many", "", ALLOWED if may_change and seen else REFUSED, found)
    target = reverse("many-do", args=[scene.register.path, "edit"])
    for nothing_chosen in (scene.client.get(target), scene.client.post(target)):
        yield Cell("many edit, no field", "", REFUSED, broken(nothing_chosen, (403, 422)))
    # One verb for each rule: what differs between two of the same rule, the pages of one record try.
    rules: list[Any] = []
    for command in scene.register.all_commands.values():
        rule = scene.register.access.may(command.name)
        if command.for_many and (command.name != "edit" or scene.register.for_many) and (FULL or rule not in rules):
            rules.append(rule)
            for place in scene.places_for(command.name):
                with undone():
                    row = scene.row_for(command, place)
                    expected = scene.may(row, command.name)
                    yield Cell(f"many {command.name}, {place}", "", expected, _together(scene, command, row))


def _together(scene: Scene, command: Command[Any], row: Row) -> str:
    """What comes of a verb for many, tried with one row: nothing is found, the preview refuses it, or it is done."""
    field = next(iter(scene.register.for_many), "")
    target = f"{reverse('many-do', args=[scene.register.path, command.name])}?row={row.record.pk}&field={field}"
    given = {field: getattr(row.record, field)} if command.name == "edit" else scene.inputs(command)
    scene.client.get(target)
    page = scene.client.post(target, posted(given))
    if page.status_code in (403, 422):
        return REFUSED if scene.sees(row) else HIDDEN
    sent = {
        **posted(given),
        "rows": f"{row.record.pk}:{row.record.version}",
        "seen": page.context["seen"],
        "commit": "1",
    }
    done = scene.client.post(target, sent)
    if page.context["counts"]["refused"]:
        return REFUSED if done.status_code == 409 else broken(done, ())
    return said(done)


def links(scene: Scene) -> Iterator[Cell]:
    """A link made and ended on the record's page, which answers by leading back to it, for each thing that it can come to;
    and one of an unknown kind."""
    row, before = scene.rows[0], Link.objects.count()
    scene.client.post(address(scene, "link", row), {"kind": "no such kind", "other": row.record.code})
    yield Cell("unknown link", "", REFUSED, ALLOWED if Link.objects.count() > before else REFUSED)
    for tie in ties_of(scene):
        for row in scene.telling(scene.register.access.write):
            target = address(scene, "link", row)
            data = {"kind": tie.kind if tie.forward else f"{tie.kind}:back", "other": tie.far.code}
            with undone():
                before = Link.objects.count()
                scene.client.post(target, data)
                made = Link.objects.count() - before
            may, words = tie.may_make(scene, row), f"{tie.words}, {row.place}"
            yield Cell(f"link {words}", "", may, ALLOWED if made == 1 else REFUSED)
            yield Cell(f"unlink {words}", "", may, _ended(scene, tie, row, target))


def talk(scene: Scene) -> Iterator[Cell]:
    """What is said about a record: by whoever sees it, and worded anew by nobody else. And following it."""
    for row in scene.telling(scene.register.access.see):
        expected = scene.shown(row)
        told = sent(scene, address(scene, "discussion", row), {"text": "Esimerkki"})
        yield Cell(f"comment, {row.place}", "", expected, told)
        followed = sent(scene, address(scene, "follow", row), {"follow": "1"})
        yield Cell(f"follow, {row.place}", "", expected, followed)
        page = reverse("comment", args=[make.comment(row.record).pk])
        yield Cell(f"another's comment, {row.place}", "", expected, said(scene.client.get(page)))
        reworded = sent(scene, page, {"text": "Esimerkki"})
        yield Cell(f"another's comment, {row.place}, reworded", "", REFUSED if scene.sees(row) else HIDDEN, reworded)


def filed(scene: Scene) -> Iterator[Cell]:
    """Files of a record: open to whoever sees it; attached, withdrawn, and open after that to whoever may change it."""
    for row in scene.telling(scene.register.access.write):
        seen, may = scene.shown(row), scene.judged(row, scene.register.access.write)
        new = {"file": SimpleUploadedFile("a.txt", b"Esimerkki")}
        yield Cell(f"attach, {row.place}", "", may, sent(scene, address(scene, "files", row), new))
        file = str(make.attachment(row.record).pk)
        yield Cell(f"file, {row.place}", "", seen, said(scene.client.get(address(scene, "file", row, file))))
        form = address(scene, "withdraw-file", row, file)
        yield Cell(f"withdraw form, {row.place}", "", may, said(scene.client.get(form)))
        with undone():
            yield Cell(f"withdraw, {row.place}", "", may, said(scene.client.post(form)))
        gone = scene.client.get(
            address(scene, "file", row, str(make.attachment(row.record, withdrawn_at=scene.moment).pk))
        )
        yield Cell(f"withdrawn file, {row.place}", "", may, REFUSED if gone.status_code == 409 else said(gone))


def nothing(scene: Scene) -> Iterator[Cell]:
    """What no register has: an unknown verb; and what is only whose deed it was."""
    row = scene.rows[0]
    target = address(scene, "do", row, "no-such-verb")
    yield Cell("unknown verb", "", HIDDEN, said(scene.client.get(target)))
    yield Cell("unknown verb, sent", "", HIDDEN, sent(scene, target, {}))
    step = reverse("undo", args=[_entry(row.record)])
    yield Cell("another's step", "", HIDDEN, said(scene.client.get(step)))
    yield Cell("another's step, undone", "", HIDDEN, sent(scene, step, {}))


def _entry(record: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'select max(kept_no) from history."{record._meta.db_table}" where id = %s', [record.pk])
        return int(cursor.fetchone()[0])


def _ended(scene: Scene, tie: Tie, row: Row, target: str) -> str:
    with undone():
        link = Link.objects.create(**tie.values(row.record))
        scene.client.post(target, {"end": str(link.pk)})
        link.refresh_from_db()
        return REFUSED if link.until is None else ALLOWED


def responsibilities(scene: Scene) -> Iterator[Cell]:
    """A share of responsibility offered by whoever may change the record."""
    for row in scene.telling(scene.register.access.write):
        expected = scene.judged(row, scene.register.access.write)
        data = {"person": scene.person.code, "share": Responsibility.Share.CONSULTED}
        with undone():
            response = scene.client.post(reverse("offer", args=[row.record.pk]), data)
            made = Responsibility.objects.filter(record_id=row.record.pk).count()
        found = ALLOWED if made else REFUSED if response.status_code == 422 else said(response)
        yield Cell(f"offer, {row.place}", "", expected, found)


def past_writes(scene: Scene) -> Iterator[Cell]:
    """Nothing is written into the past."""
    row = scene.rows[0]
    data = posted({name: getattr(row.record, name) for name in scene.register.writable})
    moment = scene.moment.isoformat().replace("+", "%2B")
    found = sent(scene, f"{address(scene, 'edit', row)}?as_of={moment}", data, refused=(403, 404, 409, 422))
    yield Cell("past edit", "", REFUSED, REFUSED if found == HIDDEN else found)


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
