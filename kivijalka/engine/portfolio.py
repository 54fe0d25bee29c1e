"""Portfolios: the risks of a tree of units, with shared factors and common shocks, kept so that changes are cheap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kivijalka.engine.curve import LossCurve
from kivijalka.engine.errors import BadInput, FloatArray, IntArray, not_negative, positive
from kivijalka.engine.ingredients import Group, Ingredients, knots_within_budget
from kivijalka.engine.law import Severity
from kivijalka.engine.measure import knots_for
from kivijalka.engine.recipe import Block, Recipe, Shocks
from kivijalka.engine.splitting import each
from kivijalka.engine.units import UnitTables


@dataclass(frozen=True)
class Risk:
    """`rate` events a year (Poisson), each costing `severity`, at `unit`; `factor`: whose swings the rate shares.

    Several events a year are the normal case: a rate is not a probability.

    >>> from kivijalka.engine.severity import Gamma
    >>> Risk(rate=3.0, severity=Gamma(1, 1000.0)).mean
    3000.0
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
    """A common cause: `rate` times a year, every (unit, severity) of `hits` loses an independent amount at once.

    `factor`: whose swings the rate shares, as a risk's may.

    >>> from kivijalka.engine.severity import Constant
    >>> storm = Shock(0.2, ((1, Constant(100.0)), (2, Constant(300.0))))
    >>> city = Portfolio([], [-1, 0, 0], shocks=[storm])
    >>> [round(city.curve(u).exceedance(250.0).value, 6) for u in (0, 1, 2)]
    [0.181269, 0.001148, 0.181269]
    """

    rate: float
    hits: tuple[tuple[int, Severity], ...]
    factor: int | None = None

    def __post_init__(self) -> None:
        not_negative("rate", self.rate)
        if not self.hits:
            raise BadInput("hits", self.hits, "at least one (unit, severity)")


def factor_from_spread(spread: float) -> float:
    """Shape of a gamma factor whose standard deviation is `spread` times its mean: 1 / spread^2.

    >>> factor_from_spread(0.5)
    4.0
    """
    return 1 / positive("spread", spread) ** 2


class Portfolio:
    """Risks in a tree of units. `parents[u]` is the unit above u, -1 at the top; default: one unit.

    `factors[f]` is the shape a of gamma factor f (mean 1, variance 1/a) that multiplies the rates of its risks
    and shocks in a year; a risk alone on a factor has a negative binomial number of events. `shocks` hit several units at once.

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
        knots: int | None = None,
    ) -> None:
        self.parents = tuple(int(p) for p in parents)
        self.depth = _depths(self.parents)
        self.factors = tuple(positive("factors", a) for a in factors)
        self.risks: dict[int, Risk] = dict(enumerate(risks))
        self.shocks = tuple(shocks)
        for factor in {r.factor for r in risks} | {s.factor for s in self.shocks}:
            self._check_factor(factor)
        for unit in {r.unit for r in risks} | {u for s in self.shocks for u, _ in s.hits}:
            self._check_unit(unit)
        self._next = len(self.risks)
        every = [*risks, *(Risk(s.rate, x) for s in self.shocks for _, x in s.hits)]
        count = knots or knots_within_budget(len(every))
        swing = max((1 / math.sqrt(a) for a in self.factors), default=0.0)
        self.knots = knots_for(np.array([r.rate for r in every]), [r.severity for r in every], count, swing)
        self._units = UnitTables(self.parents, self.depth, self.knots, self.risks)

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

    @cached_property
    def _reaches(self) -> _Reach:
        return _Reach(self.parents)

    def _check(self, risk: Risk) -> None:
        self._check_unit(risk.unit)
        self._check_factor(risk.factor)

    def _check_factor(self, factor: int | None) -> None:
        if factor is not None and not 0 <= factor < len(self.factors):
            raise BadInput("factor", factor, f"None or a number from 0 to {len(self.factors) - 1}")

    def _check_unit(self, unit: int) -> None:
        if not 0 <= unit < len(self.parents):
            raise BadInput("unit", unit, f"a number from 0 to {len(self.parents) - 1}")

    # --- changes ----------------------------------------------------------------------------------------------

    def add(self, risk: Risk) -> int:
        """Add a risk and return its number. Only its unit and the units above are redone."""
        self._check(risk)
        self.risks[self._next] = risk
        self._units.put(self._next, None, risk)
        self._next += 1
        return self._next - 1

    def remove(self, number: int) -> Risk:
        """Take a risk away and return it."""
        old = self.known(number)
        del self.risks[number]
        self._units.put(number, old, None)
        return old

    def change(self, number: int, risk: Risk) -> None:
        """Put `risk` in the place of risk `number`; another unit moves it."""
        self._check(risk)
        old = self.known(number)
        self.risks[number] = risk
        self._units.put(number, old, risk)

    def move(self, number: int, unit: int) -> None:
        """Move a risk to another unit."""
        self.change(number, replace(self.known(number), unit=unit))

    def known(self, number: int) -> Risk:
        """Risk `number`."""
        if number not in self.risks:
            raise BadInput("number", number, f"the number of one of the {len(self.risks)} risks")
        return self.risks[number]

    # --- curves -----------------------------------------------------------------------------------------------

    def curve(
        self, unit: int = 0, *, points: int = 2**14, tolerance: float = 1e-4, most: int = 2**18, strict: bool = False
    ) -> LossCurve:
        """The loss curve of a unit and all below it. It keeps the state of now: later changes don't reach it."""
        self._check_unit(unit)
        made = self._ingredients(unit)
        return LossCurve(made.tables, self.table(unit), points, tolerance, most, strict)

    def alone(self, number: int) -> LossCurve:
        """The loss curve of one risk."""
        risk = self.known(number)
        factors = () if risk.factor is None else (self.factors[risk.factor],)
        return Portfolio([replace(risk, unit=0, factor=0 if factors else None)], factors=factors).curve()

    def independent(self) -> Portfolio:
        """The same expected events with nothing shared: factors left out, each part of a shock a risk of its own."""
        risks = [replace(r, factor=None) for r in self.risks.values()]
        risks += [Risk(s.rate, x, u) for s in self.shocks for u, x in s.hits]
        return Portfolio(risks, self.parents)

    def table(self, unit: int) -> Recipe:
        """The unit's recipe on the portfolio's own knots, from the rows kept up to date."""
        shocks: dict[int | None, list[Shocks]] = {f: [] for f in self.blocks_of(unit)}
        reaching = self.shocks_of(unit)
        each(self._units.of_one, [x for _, hits in reaching for _, x in hits])
        for s, hits in reaching:
            shocks[s.factor].append(Shocks(s.rate, tuple(self._units.of_one(x) for _, x in hits)))
        measures = each(lambda factor: self._units.measure(unit, factor), list(shocks))
        blocks = zip(measures, shocks.items(), strict=True)
        return Recipe(tuple(Block(events, tuple(own), self._shape(f)) for events, (f, own) in blocks))

    def blocks_of(self, unit: int) -> list[int | None]:
        """The factors of the blocks of a unit's recipe, in order; None, which is always there, first."""
        shared = {s.factor for s, _ in self.shocks_of(unit)}
        return [None, *(f for f in range(len(self.factors)) if f in shared or self._units.has(unit, f))]

    def plain_row(self, unit: int) -> tuple[FloatArray | None, float]:
        """The unit's table row and its noise, if all its events are independent and have densities; else None."""
        if self._shocked[unit] or any(self._units.has(unit, f) for f in range(len(self.factors))):
            return None, 0.0
        return self._units.plain_row(unit)

    @cached_property
    def _shocked(self) -> list[bool]:
        """Whether any shock reaches each unit."""
        hit = {a for s in self.shocks if s.rate > 0 for u, _ in s.hits for a in self.above(u)}
        return [u in hit for u in range(len(self.parents))]

    def add_up(self) -> None:
        """Have the tables of all units, else they are made when first asked for."""
        self._units.add_up()

    def rows(self, units: list[int], factor: int | None) -> FloatArray | None:
        """Table rows of all events of these units and those below that share a factor; None where there are none."""
        return self._units.rows(units, factor)

    def each(self, some: Sequence[Risk]) -> FloatArray:
        """A table row for each of some risks by itself, on the portfolio's own knots."""
        return self._units.each(some)

    def units_below(self, unit: int) -> list[int]:
        """The unit and all units below it."""
        return [u for u in range(len(self.parents)) if self._reaches[unit, u]]

    def _shape(self, factor: int | None) -> float:
        return math.inf if factor is None else self.factors[factor]

    def shocks_of(self, unit: int) -> list[tuple[Shock, list[tuple[int, Severity]]]]:
        """Shocks that hit the unit or units below, with those hits; by factor, none first."""
        reach = self._reaches
        found = [(s, [(u, x) for u, x in s.hits if reach[unit, u]]) for s in self.shocks if s.rate > 0]
        return sorted(
            ((s, hits) for s, hits in found if hits), key=lambda f: -1 if f[0].factor is None else f[0].factor
        )

    def _ingredients(self, unit: int) -> Ingredients:
        reach = self._reaches
        inside = [r for r in self.risks.values() if reach[unit, r.unit] and r.rate > 0]
        shocks = self.shocks_of(unit)
        groups = []
        for factor in (None, *range(len(self.factors))):
            own = [(s.rate, [x for _, x in hits]) for s, hits in shocks if s.factor == factor]
            events = [(r.rate, r.severity) for r in inside if r.factor == factor]
            events += [(rate, hits[0]) for rate, hits in own if len(hits) == 1]  # a shock that hits once is an event
            own = [(rate, hits) for rate, hits in own if len(hits) > 1]
            if factor is None or events or own:
                rates = np.array([rate for rate, _ in events])
                groups.append(Group(rates, [severity for _, severity in events], own, self._shape(factor)))
        return Ingredients(groups)


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
