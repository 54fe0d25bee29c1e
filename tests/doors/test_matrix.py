"""The access matrix: every kind of role x register x door x place, each held to what the declarations say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kivijalka.access import acting
from kivijalka.access.rules import rights_in
from kivijalka.organisation.grants import KINDS, PAGE_RIGHTS, Kind, granted
from kivijalka.organisation.models import Responsibility
from kivijalka.organisation.responsibility import ANSWERS, answer
from kivijalka.register import command as commands
from kivijalka.register.doors import rows
from kivijalka.register.graph import link_rules
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.doors import files, pages, programs, raw, reports
from tests.doors.addresses import doors_of, has_no_parameters, is_file, is_link, is_program, is_report
from tests.doors.expected import Facts, lets
from tests.doors.scene import ALLOWED, HIDDEN, REFUSED, Cell, Scene, Town, undone
from tests.full import FULL

Door = Callable[[Scene], Iterator[Cell]]


ROWS = [pytest.param(kind, key, id=f"{kind.key}-{key}") for key in REGISTERS for kind in KINDS]


def distinct(let: Callable[[Kind, str], Any], *, turn: int | None = None) -> list[Any]:
    """The rows for doors that only carry: kinds of role that are let do the same are one row, unless all are asked for.

    How far a right reaches, and up to which level, is the database's to say: raw SQL tries that on all that differ. Whoever
    holds no right sees what others see of what is out of their reach: with a `turn`, doors take turns in trying that.
    """
    first = {(key, str(let(kind, key))): f"{kind.key}-{key}" for key in REGISTERS for kind in reversed(KINDS)}
    rows = [row for row in ROWS if FULL or row.id in first.values()]
    if FULL or turn is None:
        return rows
    order = list(REGISTERS)
    return [row for row in rows if any(own(*row.values)) or order.index(row.values[1]) % TURNS == turn]


# Groups of doors that only carry: commands, pages, programs, files, links.
TURNS = 5


def own(kind: Kind, key: str) -> Any:
    """The rights of a kind of role at a register."""
    return given(kind, REGISTERS[key].access.rights())


def near(kind: Kind, key: str) -> Any:
    """The same, and whether it sees and writes what the register has links to."""
    others = {other for _kind, a, b in link_rules() if key in (a, b) for other in (a, b)}
    ends = (
        rights_in(rule) for one in sorted(others) for rule in (REGISTERS[one].access.see, REGISTERS[one].access.write)
    )
    return own(kind, key), [any(granted(kind, r) for r in end) for end in ends]


def reaching(kind: Kind, key: str) -> Any:
    """The same, up to which level, and how far from the unit at which the role is held."""
    return near(kind, key), kind.level, kind.below, kind.everywhere


def explained(kind: Kind, key: str) -> Any:
    """The rights that pages ask for and no register."""
    return given(kind, PAGE_RIGHTS)


def given(kind: Kind, rights: set[str]) -> list[bool]:
    return [granted(kind, right) for right in sorted(rights)]


# Kinds of role that differ in anything at any register.
UNLIKE = list({str([reaching(kind, key) for key in REGISTERS]): kind for kind in reversed(KINDS)}.values())


def own_verbs(scene: Scene) -> Iterator[Cell]:
    """Every command as a function, adding and editing among them."""
    for command in scene.register.all_commands.values():
        for place in scene.places():
            with undone():
                row = scene.row_for(command, place)
                inputs = scene.inputs(command) if command.name != "edit" else {}
                yield Cell(command.name, place, scene.may(row, command.name), _done(scene, command, row, inputs))
    for place in scene.places() if scene.register.adds else ():
        values, expected = scene.new(place)
        yield Cell("add", place, expected, _added(scene, values))


def answers(scene: Scene) -> Iterator[Cell]:
    """Every answer to a share of responsibility, which somebody else holds or oneself, for a record that one may change,
    only sees, or does not see."""
    access, people = Responsibility.access, (scene.person, make.person(unit=scene.town.beside))
    for verb in ANSWERS.values():
        state = "accepted" if verb is ANSWERS["give_up"] else "offered"
        for row in scene.telling(scene.register.access.write):
            for person in people:
                sees, writes = scene.sees(row), lets(scene.register.access.write, scene.holder, row.facts)
                facts = Facts(0, 0, person.pk, parent_seen=sees, parent_writable=writes)
                seen, may = (lets(rule, scene.holder, facts) for rule in (access.see, access.may(verb.name)))
                expected = ALLOWED if seen and may else REFUSED if seen else HIDDEN
                whose = "own" if person == scene.person else "another's"
                with undone():
                    share = make.responsibility(row.record, person, "C", state)
                    found = _answered(scene, verb.name, share)
                    yield Cell(f"{verb.name} {whose}, {row.place}", "", expected, found)


def _answered(scene: Scene, given: str, share: Responsibility) -> str:
    try:
        with undone(), acting(scene.person.pk) as actor:
            answer(actor, share.pk, given)
    except NotThere:
        return HIDDEN
    except Refused as refused:
        return REFUSED if refused.code == "no_right" else f"not run: {refused.code} {refused.errors}"
    return ALLOWED


def _done(scene: Scene, command: Any, row: Any, inputs: dict[str, Any]) -> str:
    try:
        with undone(), acting(scene.person.pk) as actor:
            command(actor, rows.one(scene.register, row.record.pk), **inputs)
    except NotThere:
        return HIDDEN
    except Refused as refused:
        return REFUSED if refused.code == "no_right" else f"not run: {refused.code} {refused.errors}"
    return ALLOWED


def _added(scene: Scene, values: dict[str, Any]) -> str:
    given = {name: value for name, value in values.items() if name in scene.register.writable}
    try:
        with undone(), acting(scene.person.pk) as actor:
            commands.add(scene.register, actor, **given)
    except Refused as refused:
        # A unit or person that one may not see is answered as one that is not there.
        hidden = (
            all(scene.register.field(name).is_relation for name in refused.errors if name) and "" not in refused.errors
        )
        return REFUSED if refused.code == "no_right" or hidden else f"not run: {refused.code} {refused.errors}"
    return ALLOWED


RAW: list[Door] = [raw.selects, raw.updates, raw.inserts, raw.parts, raw.links]
PAGES: list[Door] = [
    pages.lists,
    pages.records,
    pages.own_pages,
    pages.fragments,
    pages.forms,
    pages.additions,
    pages.verbs,
    pages.many,
    pages.talk,
    pages.filed,
    pages.nothing,
    pages.responsibilities,
    pages.past_writes,
]
PROGRAMS: list[Door] = [
    programs.lists,
    programs.records,
    programs.edits,
    programs.additions,
    programs.verbs,
    programs.talk,
    programs.filed,
    programs.responsibilities,
]
FILES: list[Door] = [files.exports, files.imports, files.of_others]


def held(kind: Kind, key: str, town: Town, doors: list[Door], addresses: Callable[[str], bool] | None = None) -> None:
    """Try the doors and tell all cells that are not as declared, and what was not tried."""
    scene = Scene(REGISTERS[key], kind, town)
    # Signed in before anything is tried that is undone.
    assert scene.client.cookies
    cells = [cell for door in doors for cell in door(scene)]
    wrong = [str(cell) for cell in cells if cell.expected != cell.found]
    assert not wrong, f"{len(wrong)} of {len(cells)} cells:\n" + "\n".join(wrong)
    assert list(untried(scene, cells, addresses)) == []


def untried(scene: Scene, cells: list[Cell], addresses: Callable[[str], bool] | None) -> Iterator[str]:
    """Cells that should be there and are not."""
    places: dict[str, set[str]] = {}
    for cell in cells:
        places.setdefault(cell.door, set()).add(cell.place)
    for door, tried in places.items():
        # A door without places is tried once.
        yield from (f"{door}, {place}" for place in scene.places() if tried != {""} and place not in tried)
    if addresses is not None:
        wanted = {door for door in doors_of(scene.register) if addresses(door[1])}
        yield from sorted(" ".join(door) for door in wanted - scene.client.visited)


@pytest.mark.parametrize(("kind", "key"), distinct(lambda kind, key: None))
def test_raw_sql_does_nothing_that_no_role_may_do(kind: Kind, key: str, own_rows: Town) -> None:
    held(kind, key, own_rows, [raw.forbidden])


@pytest.mark.parametrize(("kind", "key"), distinct(reaching))
def test_raw_sql_is_held_to_the_declaration(kind: Kind, key: str, own_rows: Town) -> None:
    held(kind, key, own_rows, RAW)


@pytest.mark.parametrize(("kind", "key"), distinct(own, turn=0))
def test_commands_are_held_to_the_declaration(kind: Kind, key: str, own_rows: Town) -> None:
    held(kind, key, own_rows, [own_verbs, answers])


@pytest.mark.parametrize(("kind", "key"), distinct(own, turn=1))
def test_pages_are_held_to_the_declaration(kind: Kind, key: str, own_rows: Town) -> None:
    elsewhere = (is_program, is_file, is_link, is_report, has_no_parameters)
    held(kind, key, own_rows, PAGES, lambda route: not any(is_so(route) for is_so in elsewhere))


@pytest.mark.parametrize("kind", UNLIKE, ids=[kind.key for kind in UNLIKE])
def test_pages_over_all_registers_show_nothing_that_is_hidden(kind: Kind, own_rows: Town) -> None:
    person = own_rows.holder_of(kind)
    scenes = [Scene(register, kind, own_rows, person) for register in REGISTERS.values()]
    cells = [*pages.overviews(scenes), *reports.reported(scenes)]
    assert [str(cell) for cell in cells if cell.expected != cell.found] == []


@pytest.mark.parametrize(("kind", "key"), distinct(own, turn=2))
def test_programs_are_held_to_the_declaration(kind: Kind, key: str, own_rows: Town) -> None:
    held(kind, key, own_rows, PROGRAMS, lambda route: is_program(route) and not is_link(route))


@pytest.mark.parametrize(("kind", "key"), distinct(own, turn=3))
def test_files_are_held_to_the_declaration(kind: Kind, key: str, own_rows: Town) -> None:
    held(kind, key, own_rows, FILES, is_file)


@pytest.mark.parametrize(("kind", "key"), distinct(near, turn=4))
def test_links_are_held_to_the_declaration(kind: Kind, key: str, own_rows: Town) -> None:
    held(kind, key, own_rows, [pages.links, programs.links], is_link)


@pytest.mark.parametrize(("kind", "key"), distinct(explained))
def test_why_somebody_sees_something_is_told_as_declared(kind: Kind, key: str, own_rows: Town) -> None:
    held(kind, key, own_rows, [pages.explanations])
