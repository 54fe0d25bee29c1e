"""The risks and shocks of one unit, ready to be tabulated on whatever knots a curve needs."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.law import Severity, as_smooth
from kivijalka.engine.measure import (
    EventMeasure,
    Knots,
    adapted_knots,
    key_of,
    knots_to,
    lattice_knots,
    log_knots,
    tabulate,
    with_breaks,
)
from kivijalka.engine.recipe import Block, Recipe, Shocks
from kivijalka.engine.severity import Lognormal
from kivijalka.engine.splitting import each
from kivijalka.engine.view import chord_lattice

BUDGET = 2_500_000  # evaluations of limited means that one table may cost
DIRECT = 4_000_000  # the same where laws without a density need the lattice's own points


def knots_within_budget(risks: int) -> int:
    """Knots of a table: more for few risks, where they cost little and are needed most."""
    return min(max(BUDGET // max(risks, 1), 256), 512)


@dataclass(frozen=True)
class Group:
    """Risks and shocks that share one gamma factor of this shape (inf: none)."""

    rates: FloatArray
    severities: list[Severity]
    shocks: list[tuple[float, list[Severity]]]
    shape: float

    def on(self, knots: Knots, known: dict[Hashable, EventMeasure]) -> Block:
        """Tabulated on these knots; of the severities of shocks that is known."""
        shocks = tuple(Shocks(rate, tuple(known[key_of(x)] for x in hits)) for rate, hits in self.shocks)
        return Block(tabulate(self.rates, self.severities, knots), shocks, self.shape)


@dataclass(frozen=True)
class Ingredients:
    """All groups of a unit."""

    groups: list[Group]

    @cached_property
    def severities(self) -> list[Severity]:
        own = [x for g in self.groups for x in g.severities]
        return own + [x for g in self.groups for _, hits in g.shocks for x in hits]

    @cached_property
    def is_smooth(self) -> bool:
        """Whether every severity tells its density."""
        return all(type(x) is Lognormal or as_smooth(x) for x in self.severities)

    def on(self, knots: Knots) -> Recipe:
        """Tabulated on these knots."""
        different = {key_of(x): x for group in self.groups for _, hits in group.shocks for x in hits}
        found = each(lambda severity: tabulate(np.ones(1), [severity], knots), list(different.values()))
        known = dict(zip(different, found, strict=True))
        return Recipe(tuple(each(lambda group: group.on(knots, known), self.groups)))

    def tables(self, cap: float, points: int) -> Recipe:
        """Tabulated up to a cap, for transforms of `points` points."""
        every = self.severities
        if points <= 16:
            return self.on(knots_to(cap, [], 8))
        if self.is_smooth:
            return self.on(knots_to(cap, every, knots_within_budget(len(every)) * (1 + (points > 2**14))))
        rough = self.on(Knots(with_breaks(log_knots(cap * 1e-9, cap, 400), every)))
        lattice = chord_lattice(cap, points, rough.jump)
        if len(every) * 2 * lattice.count <= DIRECT:
            x = lattice_knots(lattice.step, lattice.count)
        else:
            count = min(max(DIRECT // len(every), 1536 if points <= 2**14 else 6144), lattice.count)
            above = sum((rate * m.above for rate, m in rough.measures()), np.zeros(len(rough.first.x)))
            x = adapted_knots(rough.first.x, above, lattice.cap, count)
        return self.on(Knots(with_breaks(np.union1d(x, [cap]), every)))
