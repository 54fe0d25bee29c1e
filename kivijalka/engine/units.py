"""The tables of all units of a tree, kept so that a change redoes one risk's unit and those above, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import Protocol

import numpy as np

from kivijalka.engine.errors import FloatArray, IntArray
from kivijalka.engine.measure import EventMeasure, Knots, key_of, round_off, tabulate
from kivijalka.engine.severity import Severity
from kivijalka.engine.tables import filled

Key = tuple[int, int | None]


class Placed(Protocol):
    """What is asked of a risk."""

    @property
    def rate(self) -> float: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def unit(self) -> int: ...
    @property
    def factor(self) -> int | None: ...


class UnitTables:
    """A row per (unit, factor): `own` of the risks at the unit, `whole` with all units below.

    A change adds its rows anew and takes nothing away, so that round-off does not gather.
    """

    def __init__(self, parents: tuple[int, ...], depth: IntArray, knots: Knots, risks: Mapping[int, Placed]) -> None:
        self.parents, self.knots, self.risks = parents, knots, risks
        self.members: dict[Key, set[int]] = defaultdict(set)
        self.children: dict[Key, list[Key]] = defaultdict(list)
        self.size: dict[Key, int] = defaultdict(int)
        self._of_one: dict[Hashable, EventMeasure] = {}
        for number, risk in risks.items():
            self.members[risk.unit, risk.factor].add(number)
            self._count(risk.unit, risk.factor, 1)
        keys = sorted(self.members, key=lambda k: (k[0], -1 if k[1] is None else k[1]))
        order = [i for key in keys for i in sorted(self.members[key])]
        row = np.repeat(np.arange(len(keys)), [len(self.members[k]) for k in keys])
        rates = np.array([risks[i].rate for i in order])
        table = filled(row, len(keys), rates, [risks[i].severity for i in order], knots)
        self.own: dict[Key, FloatArray] = dict(zip(keys, table, strict=True))
        self.whole: dict[Key, FloatArray] = {}
        for unit, factor in sorted(keys, key=lambda k: -depth[k[0]]):
            for key in self._path(unit, factor):
                if key not in self.whole:
                    self.whole[key] = np.zeros(knots.width)
                    if (up := parents[key[0]]) >= 0:
                        self.children[up, factor].append(key)
        for key in sorted(self.whole, key=lambda k: -depth[k[0]]):
            self._add_up(key)

    def _path(self, unit: int, factor: int | None) -> list[Key]:
        path = []
        while unit >= 0:
            path.append((unit, factor))
            unit = self.parents[unit]
        return path

    def _count(self, unit: int, factor: int | None, change: int) -> None:
        for key in self._path(unit, factor):
            self.size[key] += change

    def _add_up(self, key: Key) -> None:
        rows = [self.whole[c] for c in self.children[key]]
        if key in self.own:
            rows.append(self.own[key])
        total = self.whole[key]
        total[:] = rows[0] if rows else 0.0
        for row in rows[1:]:
            total += row

    def put(self, number: int, old: Placed | None, new: Placed | None) -> None:
        """Risk `number` was `old` and is `new` (None: not there)."""
        touched = []
        if old is not None:
            self.members[old.unit, old.factor].discard(number)
            self._count(old.unit, old.factor, -1)
            touched.append((old.unit, old.factor))
        if new is not None:
            self.members[new.unit, new.factor].add(number)
            self._count(new.unit, new.factor, 1)
            if (new.unit, new.factor) not in touched:
                touched.append((new.unit, new.factor))
        for key in touched:
            self._refill(key)
            for above in self._path(*key):
                self._add_up(above)

    def _refill(self, key: Key) -> None:
        numbers = sorted(self.members[key])
        rates = np.array([self.risks[i].rate for i in numbers])
        severities = [self.risks[i].severity for i in numbers]
        self.own[key] = filled(np.zeros(len(numbers), np.int64), 1, rates, severities, self.knots)[0]
        for at in self._path(*key):
            if at in self.whole:
                break
            self.whole[at] = np.zeros(self.knots.width)
            if (up := self.parents[at[0]]) >= 0:
                self.children[up, at[1]].append(at)

    def measure(self, unit: int, factor: int | None) -> EventMeasure:
        """All events of a unit and those below it that share a factor. It keeps the state of now."""
        key = unit, factor
        row = self.whole[key].copy() if key in self.whole else np.zeros(self.knots.width)
        return EventMeasure(self.knots, row, round_off(self.size[key]))

    def of_one(self, severity: Severity) -> EventMeasure:
        """The measure of one event of this severity."""
        key = key_of(severity)
        if key not in self._of_one:
            self._of_one[key] = tabulate(np.ones(1), [severity], self.knots)
        return self._of_one[key]

    def has(self, unit: int, factor: int | None) -> bool:
        """Whether any event at the unit or below shares the factor."""
        return self.size[unit, factor] > 0

    def plain_row(self, unit: int) -> tuple[FloatArray | None, float]:
        """The row of a unit's events without a factor, and its noise; None where some have no density."""
        key = unit, None
        row = self.whole[key].copy() if key in self.whole else np.zeros(self.knots.width)
        return (None if row[3 * self.knots.count] else row), round_off(self.size[key])

    def rows(self, units: list[int], factor: int | None) -> FloatArray | None:
        """Rows of `units`, or None where none has such events."""
        if not any((u, factor) in self.whole for u in units):
            return None
        none = np.zeros(self.knots.width)
        return np.array([self.whole.get((u, factor), none) for u in units])
