"""Programmes that many cities have: workstreams and milestones as data, with days counted from the start."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.text import format_lazy

from kivijalka.areas.packs import Told

DATA = Path(__file__).parent / "data" / "templates.toml"


@dataclass(frozen=True)
class Goal:
    """A milestone: so many days after the start, and which others it needs."""

    key: str
    title: Told
    shows: Told
    after_days: int
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Stream:
    """A workstream with its milestones."""

    title: Told
    description: Told
    goals: tuple[Goal, ...]


@dataclass(frozen=True)
class Template:
    """A programme to begin from."""

    key: str
    title: Told
    description: Told
    baseline: Told
    target: Told
    days: int
    streams: tuple[Stream, ...]


@cache
def templates() -> Mapping[str, Template]:
    """Every template by its key."""
    table = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return {one["key"]: _template(one) for one in table["template"]}


def choices() -> list[tuple[str, Any]]:
    """Keys and names, for a form; the name is in the reader's language when it is shown."""
    return [(template.key, format_lazy("{}", template.title)) for template in templates().values()]


def _template(one: dict[str, Any]) -> Template:
    made = Template(
        key=one["key"],
        days=one["days"],
        streams=tuple(_stream(stream) for stream in one["stream"]),
        **{name: Told(*one[name]) for name in ("title", "description", "baseline", "target")},
    )
    goals = [goal for stream in made.streams for goal in stream.goals]
    known = {goal.key for goal in goals}
    for goal in goals:
        if unknown := set(goal.needs) - known:
            raise ValueError(f"Template {made.key}: {goal.key} needs {sorted(unknown)}, which it does not have.")
        if goal.after_days > made.days:
            raise ValueError(f"Template {made.key}: {goal.key} is due after the end.")
    return made


def _stream(one: dict[str, Any]) -> Stream:
    return Stream(Told(*one["title"]), Told(*one["description"]), tuple(_goal(goal) for goal in one["goal"]))


def _goal(one: dict[str, Any]) -> Goal:
    return Goal(one["key"], Told(*one["title"]), Told(*one["shows"]), one["after_days"], tuple(one.get("needs", ())))
