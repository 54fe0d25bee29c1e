"""The tables of all units of a tree, kept so that a change redoes one risk's unit and those above, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from kivijalka.engine.errors import FloatArray, IntArray
from kivijalka.engine.law import Severity
from kivijalka.engine.measure import EventMeasure, Knots, key_of, round_off, tabulate
from kivijalka.engine.tables import filled

Key = tuple[int, int | None]
MOST_KNOWN = 500  # severities without a formula of their own whose rows are kept: some 8 MB


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
    """A row per (unit, factor): `own` of the risks at the unit, `whole` with all units below, made when asked for.

    A change adds its rows anew and takes nothing away, so that round-off does not gather.
    """

    def __init__(self, parents: tuple[int, ...], depth: IntArray, knots: Knots, risks: Mapping[int, Placed]) -> None:
        self.parents, self.knots, self.risks = parents, knots, risks
        self.order: list[int] = np.argsort(-depth, kind="stable").tolist()
        self.members: dict[Key, set[int]] = defaultdict(set)
        self._of_one: dict[Hashable, EventMeasure] = {}
        self._rows: dict[Hashable, FloatArray] = {}
        self.whole: dict[Key, FloatArray] = {}
        for number, risk in risks.items():
            self.members[risk.unit, risk.factor].add(number)
        self.size = self._sizes()
        self.own: dict[Key, FloatArray] = {}

    def _sizes(self) -> dict[int | None, IntArray]:
        """How many risks of each factor are at each unit and below it."""
        columns = {factor: at for at, factor in enumerate(dict.fromkeys(factor for _, factor in self.members))}
        sizes = np.zeros((len(self.parents), len(columns)), np.int64)
        for (unit, factor), inside in self.members.items():
            sizes[unit, columns[factor]] = len(inside)
        for unit in self.order:
            if self.parents[unit] >= 0:
                sizes[self.parents[unit]] += sizes[unit]
        found = {factor: sizes[:, at].copy() for factor, at in columns.items()}
        return defaultdict(lambda: np.zeros(len(self.parents), np.int64), found)

    @cached_property
    def children(self) -> list[list[int]]:
        """The units right below each unit."""
        out: list[list[int]] = [[] for _ in self.parents]
        for unit, parent in enumerate(self.parents):
            if parent >= 0:
                out[parent].append(unit)
        return out

    def add_up(self) -> None:
        """Have the rows of all units."""
        if not self.own and self.members:
            keys = sorted(self.members, key=lambda k: (k[0], -1 if k[1] is None else k[1]))
            order = [i for key in keys for i in sorted(self.members[key])]
            row = np.repeat(np.arange(len(keys)), [len(self.members[k]) for k in keys])
            self.own = dict(zip(keys, self._filled(order, row, len(keys)), strict=True))
            for factor in self.size:
                for unit in self.order:
                    if self.has(unit, factor):
                        self._add_up((unit, factor))

    def _filled(self, numbers: list[int], row: IntArray, rows: int) -> FloatArray:
        return self._rows_of([self.risks[i] for i in numbers], row, rows)

    def each(self, some: Sequence[Placed]) -> FloatArray:
        """A row for each of some risks by itself."""
        return self._rows_of(some, np.arange(len(some)), len(some))

    def _rows_of(self, some: Sequence[Placed], row: IntArray, rows: int) -> FloatArray:
        if len(self._rows) > MOST_KNOWN:
            self._rows.clear()
        return filled(row, rows, np.array([r.rate for r in some]), [r.severity for r in some], self.knots, self._rows)

    def _add_up(self, key: Key) -> None:
        unit, factor = key
        rows = [self.whole[c, factor] for c in self.children[unit] if (c, factor) in self.whole]
        if key in self.own:
            rows.append(self.own[key])
        total = rows[0].copy() if rows else np.zeros(self.knots.width)
        for row in rows[1:]:
            total += row
        self.whole[key] = total

    def put(self, number: int, old: Placed | None, new: Placed | None) -> None:
        """Risk `number` was `old` and is `new` (None: not there)."""
        made = bool(self.own)
        touched = []
        for risk, change in ((old, -1), (new, 1)):
            if risk is None:
                continue
            key = risk.unit, risk.factor
            (self.members[key].discard if change < 0 else self.members[key].add)(number)
            for unit in self._path(risk.unit):
                self.size[risk.factor][unit] += change
            if key not in touched:
                touched.append(key)
        # Rows that nobody has asked for yet are made of what there is then.
        for key in touched if made else ():
            self._refill(key)
            for unit in self._path(key[0]):
                self._add_up((unit, key[1]))

    def _path(self, unit: int) -> list[int]:
        path = []
        while unit >= 0:
            path.append(unit)
            unit = self.parents[unit]
        return path

    def _refill(self, key: Key) -> None:
        numbers = sorted(self.members[key])
        self.own[key] = self._filled(numbers, np.zeros(len(numbers), np.int64), 1)[0]

    def measure(self, unit: int, factor: int | None) -> EventMeasure:
        """All events of a unit and those below it that share a factor. It keeps the state of now."""
        if (unit, factor) in self.whole:
            row = self.whole[unit, factor].copy()
        else:
            places = ((u, factor) for u in self._inside(unit))
            numbers = [i for place in places if place in self.members for i in sorted(self.members[place])]
            row = self._filled(numbers, np.zeros(len(numbers), np.int64), 1)[0]
        return EventMeasure(self.knots, row, self._noise(unit, factor))

    def _inside(self, unit: int) -> Iterator[int]:
        """The unit and all units below it."""
        left = [unit]
        while left:
            yield (one := left.pop())
            left += self.children[one]

    def _noise(self, unit: int, factor: int | None) -> float:
        return round_off(int(self.size[factor][unit]) if factor in self.size else 0)

    def of_one(self, severity: Severity) -> EventMeasure:
        """The measure of one event of this severity."""
        key = key_of(severity)
        if key not in self._of_one:
            self._of_one[key] = tabulate(np.ones(1), [severity], self.knots)
        return self._of_one[key]

    def has(self, unit: int, factor: int | None) -> bool:
        """Whether any event at the unit or below shares the factor."""
        return factor in self.size and bool(self.size[factor][unit] > 0)

    def plain_row(self, unit: int) -> tuple[FloatArray | None, float]:
        """The row of a unit's events without a factor, and its noise; None where some have no density."""
        self.add_up()
        row = self.whole.get((unit, None))
        row = np.zeros(self.knots.width) if row is None else row
        return (None if row[3 * self.knots.count] else row), self._noise(unit, None)

    def rows(self, units: list[int], factor: int | None) -> FloatArray | None:
        """Rows of `units`, or None where none has such events."""
        self.add_up()
        if not any((u, factor) in self.whole for u in units):
            return None
        none = np.zeros(self.knots.width)
        return np.array([self.whole.get((u, factor), none) for u in units])
