"""Portfolios: the risks of a tree of units, with shared factors and common shocks, kept so that changes are cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kivijalka.engine.curve import LossCurve
from kivijalka.engine.errors import BadInput, FloatArray, IntArray, not_negative, positive
from kivijalka.engine.inversion import Lattice
from kivijalka.engine.measure import (
    EventMeasure,
    adapted_knots,
    add_rows,
    knots_for,
    lattice_knots,
    round_off,
    tabulate,
)
from kivijalka.engine.recipe import Recipe
from kivijalka.engine.severity import Severity

DIRECT = 4_000_000  # evaluations of limited means up to which a curve is tabulated on its own lattice
KNOTS = 2048


@dataclass(frozen=True)
class Risk:
    """`rate` events a year (Poisson), each costing `severity`, at `unit`; `factor`: whose swings the rate shares.

    Several events a year are the normal case: a rate is not a probability.
    """

    rate: float
    severity: Severity
    unit: int = 0
    factor: int | None = None

    def __post_init__(self) -> None:
        not_negative("rate", self.rate)

    @property
    def mean(self) -> float:
        """Expected loss per year, euro."""
        return self.rate * self.severity.mean if self.rate else 0.0


@dataclass(frozen=True)
class Shock:
    """A common cause: `rate` times a year, every (unit, severity) of `hits` loses an independent amount at once."""

    rate: float
    hits: tuple[tuple[int, Severity], ...]

    def __post_init__(self) -> None:
        not_negative("rate", self.rate)
        if not self.hits:
            raise BadInput("hits", self.hits, "at least one (unit, severity)")


def factor_from_spread(spread: float) -> float:
    """Shape of a gamma factor whose standard deviation is `spread` times its mean: 1 / spread^2."""
    return 1 / positive("spread", spread) ** 2


class Portfolio:
    """Risks in a tree of units. `parents[u]` is the unit above u, -1 at the top; default: one unit.

    `factors[f]` is the shape a of gamma factor f (mean 1, variance 1/a) that multiplies the rates of its risks in
    a year; a risk alone on a factor has a negative binomial number of events. `shocks` hit several units at once.

    >>> from kivijalka.engine.severity import Lognormal
    >>> city = Portfolio([Risk(0.5, Lognormal(1e4, 1.0), 1), Risk(0.1, Lognormal(1e5, 1.5), 2)], [-1, 0, 0])
    >>> round(city.curve(0).mean - city.curve(1).mean - city.curve(2).mean, 6)
    0.0
    """

    def __init__(
        self,
        risks: Sequence[Risk],
        parents: Sequence[int] = (-1,),
        factors: Sequence[float] = (),
        shocks: Sequence[Shock] = (),
        *,
        knots: int = KNOTS,
    ) -> None:
        self.parents = tuple(int(p) for p in parents)
        self.depth = _depths(self.parents)
        self.factors = tuple(positive("factors", a) for a in factors)
        self.risks: dict[int, Risk] = dict(enumerate(risks))
        self.shocks = tuple(shocks)
        for risk in risks:
            self._check(risk)
        for unit in {u for s in self.shocks for u, _ in s.hits}:
            self._check_unit(unit)
        self._next = len(self.risks)
        every = [*risks, *(Risk(s.rate, x) for s in self.shocks for _, x in s.hits)]
        self.x = knots_for(np.array([r.rate for r in every]), [r.severity for r in every], knots)
        self._changes = 0
        self._fill()

    # --- the tree ---------------------------------------------------------------------------------------------

    def above(self, unit: int) -> list[int]:
        """The unit and all units above it."""
        path = []
        while unit >= 0:
            path.append(unit)
            unit = self.parents[unit]
        return path

    def members(self, unit: int) -> list[int]:
        """Numbers of the risks at the unit or below."""
        self._check_unit(unit)
        return [i for i, r in self.risks.items() if self._reaches[unit, r.unit]]

    @property
    def _reaches(self) -> _Reach:
        return _Reach(self.parents)

    def _check(self, risk: Risk) -> None:
        self._check_unit(risk.unit)
        if risk.factor is not None and not 0 <= risk.factor < len(self.factors):
            raise BadInput("factor", risk.factor, f"None or a number from 0 to {len(self.factors) - 1}")

    def _check_unit(self, unit: int) -> None:
        if not 0 <= unit < len(self.parents):
            raise BadInput("unit", unit, f"a number from 0 to {len(self.parents) - 1}")

    # --- tables -----------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        keys: set[tuple[int, int | None]] = {(u, None) for u in range(len(self.parents))}
        keys |= {(u, r.factor) for r in self.risks.values() if r.factor is not None for u in self.above(r.unit)}
        order = sorted(keys, key=lambda k: (k[0], -1 if k[1] is None else k[1]))
        self._row = {key: i for i, key in enumerate(order)}
        risks = list(self.risks.values())
        self._area = np.zeros((len(order), len(self.x)))
        self._above = np.zeros((len(order), len(self.x)))
        self._scalars = np.zeros((len(order), 2))
        rows = np.array([self._row[r.unit, r.factor] for r in risks], np.int64)
        rates = np.array([r.rate for r in risks])
        add_rows(rows, rates, [r.severity for r in risks], self.x, self._area, self._above)
        np.add.at(self._scalars, rows, np.array([_moments(r) for r in risks]).reshape(len(risks), 2))
        for unit, factor in sorted(order, key=lambda k: -self.depth[k[0]]):
            if (parent := self.parents[unit]) >= 0:
                self._add_row(self._row[unit, factor], self._row[parent, factor])

    def _add_row(self, source: int, target: int) -> None:
        for table in (self._area, self._above, self._scalars):
            table[target] += table[source]

    def _shift(self, risk: Risk, sign: float) -> None:
        """Add or take away one risk's row at its unit and all units above."""
        area, above = np.zeros((1, len(self.x))), np.zeros((1, len(self.x)))
        rate = np.array([sign * risk.rate])
        add_rows(np.zeros(1, np.int64), rate, [risk.severity], self.x, area, above)
        moments = sign * np.array(_moments(risk))
        for unit in self.above(risk.unit):
            if (unit, risk.factor) not in self._row:
                self._new_row((unit, risk.factor))
            row = self._row[unit, risk.factor]
            self._area[row] += area[0]
            self._above[row] += above[0]
            self._scalars[row] += moments
        self._changes += 1

    def _new_row(self, key: tuple[int, int | None]) -> None:
        self._row[key] = len(self._area)
        self._area = np.vstack([self._area, np.zeros(len(self.x))])
        self._above = np.vstack([self._above, np.zeros(len(self.x))])
        self._scalars = np.vstack([self._scalars, np.zeros(2)])

    # --- changes ----------------------------------------------------------------------------------------------

    def add(self, risk: Risk) -> int:
        """Add a risk and return its number. Only its unit and the units above are redone."""
        self._check(risk)
        self._shift(risk, 1.0)
        self.risks[self._next] = risk
        self._next += 1
        return self._next - 1

    def remove(self, number: int) -> Risk:
        """Take a risk away and return it."""
        self._shift(self._known(number), -1.0)
        return self.risks.pop(number)

    def change(self, number: int, risk: Risk) -> None:
        """Put `risk` in the place of risk `number`; another unit moves it."""
        self._check(risk)
        self._shift(self._known(number), -1.0)
        self._shift(risk, 1.0)
        self.risks[number] = risk

    def move(self, number: int, unit: int) -> None:
        """Move a risk to another unit."""
        self.change(number, replace(self._known(number), unit=unit))

    def _known(self, number: int) -> Risk:
        if number not in self.risks:
            raise BadInput("number", number, f"the number of one of the {len(self.risks)} risks")
        return self.risks[number]

    # --- curves -----------------------------------------------------------------------------------------------

    def curve(
        self, unit: int = 0, *, points: int = 2**14, tolerance: float = 1e-4, most: int = 2**18, strict: bool = False
    ) -> LossCurve:
        """The loss curve of a unit and all below it. It keeps the state of now: later changes don't reach it."""
        self._check_unit(unit)
        coarse = self.table(unit)
        blocks = self._blocks(unit)
        return LossCurve(
            lambda lattice, cap: _exact(blocks, coarse, lattice, cap), coarse, points, tolerance, most, strict
        )

    def alone(self, number: int) -> LossCurve:
        """The loss curve of one risk."""
        risk = self._known(number)
        factors = () if risk.factor is None else (self.factors[risk.factor],)
        return Portfolio([replace(risk, unit=0, factor=0 if factors else None)], factors=factors).curve()

    def independent(self) -> Portfolio:
        """The same expected events with nothing shared: factors left out, each part of a shock a risk of its own."""
        risks = [replace(r, factor=None) for r in self.risks.values()]
        risks += [Risk(s.rate, x, u) for s in self.shocks for u, x in s.hits]
        return Portfolio(risks, self.parents, knots=len(self.x))

    def table(self, unit: int) -> Recipe:
        """The unit's recipe on the portfolio's own knots, from the rows kept up to date."""
        mixed = tuple(
            (a, self._measure(self._row[unit, f])) for f, a in enumerate(self.factors) if (unit, f) in self._row
        )
        shocks = self._shocks_of(unit)
        parts = tuple((rate, tuple(tabulate(np.ones(1), [x], self.x) for x in hits)) for rate, hits in shocks)
        keys = [(unit, f) for f in (None, *range(len(self.factors))) if (unit, f) in self._row]
        square = float(sum(self._scalars[self._row[k], 1] for k in keys))
        square += sum(rate * x.square for rate, hits in shocks for x in hits)
        return Recipe(self._measure(self._row[unit, None]), mixed, parts, square)

    def _measure(self, row: int) -> EventMeasure:
        none = np.zeros(0)
        noise = round_off(len(self.risks) + 4 * self._changes)
        area = np.maximum.accumulate(np.maximum(self._area[row], 0.0))
        above = np.maximum(self._above[row], 0.0)
        return EventMeasure(self.x, area, above, float(self._scalars[row, 0]), noise, none, none, none)

    def _shocks_of(self, unit: int) -> list[tuple[float, list[Severity]]]:
        reach = self._reaches
        found = [(s.rate, [x for u, x in s.hits if reach[unit, u]]) for s in self.shocks]
        return [(rate, hits) for rate, hits in found if hits and rate > 0]

    def _blocks(self, unit: int) -> _Blocks:
        reach = self._reaches
        inside = [r for r in self.risks.values() if reach[unit, r.unit] and r.rate > 0]
        groups = [[r for r in inside if r.factor is None]]
        shapes = []
        for f, a in enumerate(self.factors):
            if group := [r for r in inside if r.factor == f]:
                groups.append(group)
                shapes.append(a)
        return _Blocks(groups, shapes, self._shocks_of(unit))


class _Reach:
    """Whether unit `top` is `unit` or above it: reach[top, unit]."""

    def __init__(self, parents: tuple[int, ...]) -> None:
        self.parents = parents
        self._known: dict[tuple[int, int], bool] = {}

    def __getitem__(self, key: tuple[int, int]) -> bool:
        top, unit = key
        if key not in self._known:
            self._known[key] = unit == top or (unit >= 0 and self.parents[unit] >= 0 and self[top, self.parents[unit]])
        return self._known[key]


@dataclass(frozen=True)
class _Blocks:
    """The risks of one unit: those without a factor first, then by factor; and the shocks that reach it."""

    groups: list[list[Risk]]
    shapes: list[float]
    shocks: list[tuple[float, list[Severity]]]

    @property
    def size(self) -> int:
        return sum(map(len, self.groups)) + sum(len(hits) for _, hits in self.shocks)

    def on(self, x: FloatArray, square: float) -> Recipe:
        """Tabulated afresh on knots x."""
        tables = [tabulate(np.array([r.rate for r in g]), [r.severity for r in g], x) for g in self.groups]
        mixed = tuple(zip(self.shapes, tables[1:], strict=True))
        parts = tuple((rate, tuple(tabulate(np.ones(1), [s], x) for s in hits)) for rate, hits in self.shocks)
        return Recipe(tables[0], mixed, parts, square)


def _exact(blocks: _Blocks, coarse: Recipe, lattice: Lattice | None, cap: float) -> Recipe:
    """The recipe on knots made for one lattice: its own points where affordable, else where errors arise."""
    assert lattice is not None
    if blocks.size * 2 * lattice.count <= DIRECT:
        return blocks.on(lattice_knots(lattice.step, lattice.count), coarse.square)
    knots = min(max(DIRECT // blocks.size, 1536 if lattice.size <= 2**14 else 6144), lattice.count)
    return blocks.on(adapted_knots(_together(coarse), cap, knots), coarse.square)


def _together(recipe: Recipe) -> EventMeasure:
    """All events of a recipe in one measure, to see where knots are needed."""
    first = recipe.independent
    weighted = recipe.measures()
    above = sum((w * m.above for w, m in weighted), np.zeros(len(first.x)))
    return replace(first, above=above)


def _moments(risk: Risk) -> tuple[float, float]:
    return risk.mean, risk.rate * risk.severity.square if risk.rate else 0.0


def _depths(parents: tuple[int, ...]) -> IntArray:
    """Depth of each unit; a circle or a wrong parent is refused."""
    depth = np.full(len(parents), -1, np.int64)
    for start in range(len(parents)):
        path: list[int] = []
        unit = start
        while unit >= 0 and depth[unit] < 0:
            if unit in path:
                raise BadInput("parents", path, "a tree: these units lie in a circle")
            path.append(unit)
            if not -1 <= parents[unit] < len(parents):
                raise BadInput("parents", parents[unit], f"-1 or a number from 0 to {len(parents) - 1}")
            unit = parents[unit]
        base = int(depth[unit]) if unit >= 0 else -1
        for steps, unit in enumerate(reversed(path), start=1):
            depth[unit] = base + steps
    if not len(parents):
        raise BadInput("parents", parents, "at least one unit")
    return depth
