"""The matrix leaves nothing out: every right is tried as allowed and as refused, every command belongs to a register."""

from __future__ import annotations

import sys
from uuid import uuid4

import pytest
from django.apps import apps
from django.urls import get_resolver

from kivijalka.organisation.grants import KINDS
from kivijalka.register.command import Command
from kivijalka.register.models import Confidentiality
from kivijalka.register.registry import REGISTERS
from tests.doors.expected import Facts, Holder, lets

HOME, ELSEWHERE = 1, 2
VERBS = [(key, verb) for key, register in REGISTERS.items() for verb in ("see", "add", *register.all_commands)]
# Addresses of a register's pages that the matrix tries, and those that it need not: each begins with one of them.
TRIED = {"list", "record", "history", "add", "edit", "do", "link", "lookup", "search", "export", "import"}
STEPS = {"import-": "a file of one's own, tried in tests/files"}


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


def test_every_command_belongs_to_a_register() -> None:
    declared = {command for register in REGISTERS.values() for command in register.commands}
    rooms = [config.name for config in apps.get_app_configs() if config.name.startswith("kivijalka.")]
    modules = [sys.modules[f"{room}.commands"] for room in rooms if f"{room}.commands" in sys.modules]
    lost = [f"{m.__name__}.{name}" for m in modules for name, found in vars(m).items() if _is_lost(found, declared)]
    assert lost == []


def _is_lost(found: object, declared: set[Command]) -> bool:  # type: ignore[type-arg]  # of any model
    return isinstance(found, Command) and found not in declared


def test_every_page_of_a_register_is_tried() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    of_registers = {
        name for name in names if get_resolver().reverse_dict.getlist(name)[0][0][0][1][:1] in (["path"], ["key"])
    }
    untried = {name for name in of_registers - TRIED if not any(name.startswith(step) for step in STEPS)}
    assert untried == set()
