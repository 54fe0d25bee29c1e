"""The matrix leaves nothing out: every right is tried as allowed and as refused, every command and address."""

from __future__ import annotations

import sys
from uuid import uuid4

import pytest

from kivijalka.organisation.grants import KINDS
from kivijalka.organisation.responsibility import ANSWERS
from kivijalka.register.command import Command
from kivijalka.register.models import Confidentiality
from kivijalka.register.registry import REGISTERS
from tests.doors import addresses
from tests.doors.expected import Facts, Holder, lets
from tests.doors.scene import Cell, Scene, Town
from tests.doors.test_matrix import untried

HOME, ELSEWHERE = 1, 2
VERBS = [(key, verb) for key, register in REGISTERS.items() for verb in ("see", "add", *register.all_commands)]


@pytest.mark.parametrize(("key", "verb"), VERBS)
def test_each_right_is_tried_as_allowed_and_as_refused(key: str, verb: str) -> None:
    access = REGISTERS[key].access
    rule = access.see if verb == "see" else access.may(verb)
    answers = set()
    for kind in KINDS:
        holder = Holder(uuid4(), kind, frozenset({HOME}))
        places = [
            Facts(HOME, Confidentiality.INTERNAL),
            Facts(HOME, min(kind.level + 1, Confidentiality.SECRET)),
            Facts(ELSEWHERE, Confidentiality.PUBLIC),
            Facts(ELSEWHERE, Confidentiality.SECRET, holder.person),
        ]
        answers |= {lets(rule, holder, facts) for facts in places}
    assert answers == {True, False}


def test_every_command_belongs_to_a_register_and_so_is_tried() -> None:
    declared = {command for register in REGISTERS.values() for command in (*register.commands, *register.imports)}
    # Of a share for a record of any register: tried with each of them.
    declared |= set(ANSWERS.values())
    ours = [module for name, module in sys.modules.items() if name.startswith("kivijalka.")]
    made = {found for module in ours for found in vars(module).values() if isinstance(found, Command)}
    assert [f"{command.function.__module__}.{command.name}" for command in made - declared] == []
    assert all(set(register.imports) <= set(register.commands) for register in REGISTERS.values())


@pytest.mark.django_db
def test_every_address_of_the_site_is_met_by_some_register() -> None:
    met = {door for register in REGISTERS.values() for door in addresses.doors_of(register)}
    assert addresses.doors() - met == set()
    outside = {door.rpartition(" ")[2] for door in addresses.OUTSIDE}
    assert outside <= set(addresses.routes()), "an address outside the matrix is no more"


@pytest.mark.django_db
def test_a_door_or_place_that_was_not_tried_is_told(town: Town) -> None:
    scene = Scene(REGISTERS["risk"], KINDS[0], town)
    cells = [Cell("list", place, "", "") for place in scene.places() if place != "out of reach"]
    scene.client.get("/risks/")
    told = list(untried(scene, cells, lambda route: route.startswith("<slug:path>/")))
    assert told[0] == "list, out of reach"
    assert "GET <slug:path>/" not in told
    assert {"POST <slug:path>/new/", "GET <slug:path>/<uuid:pk>/history/"} < set(told)
