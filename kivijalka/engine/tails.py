"""Bounds by moments and by decay: sums far beyond a cap, and transforms at high frequencies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.inversion import Lattice
from kivijalka.engine.measure import ROUND, EventMeasure
from kivijalka.engine.recipe import Block, Recipe

Rates = Callable[[EventMeasure], FloatArray]
ENOUGH = 1e-9  # error of P(S <= x) from which no better window is looked for
WINDOWS = (18.0, 13.0, 26.0, 40.0, 64.0, 100.0)  # how many times smaller than the sizes asked for windows may be


@dataclass(frozen=True)
class Chernoff:
    """E exp(steep S) <= exp(log_size) over the years that are kept; so what lies far beyond the cap is bounded."""

    steep: float
    log_size: float

    def chance(self, y: float) -> float:
        """P(S > y) is at most this (Chernoff 1952)."""
        return math.exp(min(self.log_size - self.steep * y, 0.0))

    def excess(self, y: float) -> float:
        """E(S - y)+ is at most this, as e z <= exp(z)."""
        return math.exp(min(self.log_size - self.steep * y, 700.0)) / (math.e * self.steep)


def chernoff(recipe: Recipe, cap: float, beyond: float = 2.9) -> Chernoff:
    """The best of some bounds for sums from `beyond` times the cap on."""
    found = [Chernoff(k / cap, _log_moment(recipe, cap, k / cap)) for k in (1.0, 2.0, 3.0, 4.5, 6.5, 9.0, 13.0)]
    return min(found, key=lambda c: c.log_size - beyond * c.steep * cap)


def _log_moment(recipe: Recipe, cap: float, steep: float) -> float:
    """A bound of log E exp(steep S) without years that have an event above the cap: chords lie above the exponential."""
    return log_chance(recipe, lambda m: np.asarray(m.rate - grown(m, cap, steep)))


def log_chance(recipe: Recipe, rate_of: Rates) -> float:
    """log P(none of rate_of(measure)), as a power series in rates below 0 too; inf where it ends. From above."""
    with np.errstate(invalid="ignore", divide="ignore"):
        total = -float(recipe.log_none(rate_of))
    return math.inf if math.isnan(total) else total + 1e-9 * abs(total)


def grown_rate(block: Block, cap: float, steep: float) -> float:
    """At least log E exp(steep S) of the block given a factor of 1."""
    rate = grown(block.events, cap, steep) - block.events.rate
    for shock in block.shocks:
        product = math.prod(grown(p, cap, steep) + 1 - min(p.rate, 1.0) for p in shock.parts)
        rate += shock.rate * (product - 1)
    return rate


def grown(m: EventMeasure, cap: float, steep: float) -> float:
    """At least the integral of exp(steep y) over the events below the cap."""
    from kivijalka.engine.node_kernels import grown_below

    return grown_below(m.x, m.tables, m.at_or_beyond(cap), steep)


def above_of(m: EventMeasure, cap: float) -> float:
    """Rate of events above the cap."""
    return float(m.above[m.at_or_beyond(cap)])


def inside_of(m: EventMeasure, cap: float) -> float:
    """Rate times loss of the events below the cap, euro a year."""
    top = m.at_or_beyond(cap)
    return max(float(m.area[top] - m.x[top] * m.above[top]), 0.0)


@dataclass(frozen=True)
class Window:
    """Which events count as large: of size y with probability P(Z <= log(y / size) / SOFT); size 0: all.

    `few`: years without large events that exceed y have at most the chance few.chance(y). `paired`: years with two
    events, of which one is large, are taken out of the series too.
    """

    size: float
    few: Chernoff
    paired: bool = False


NO_WINDOW = Window(0.0, Chernoff(1.0, -math.inf))


def window_for(recipe: Recipe, lattice: Lattice, least: float) -> Window:
    """The window that makes bounds narrowest for sizes from `least` on; pairs are taken out where it is not enough."""
    best, cost = NO_WINDOW, math.inf
    for paired in (False, True) if recipe.is_smooth else ():
        for times in (math.inf, *WINDOWS):
            if cost < ENOUGH:
                return best
            size = least / times
            few = few_large(recipe, lattice.cap, size, least) if size else NO_WINDOW.few
            found = left_out(recipe, lattice, Window(size, few, paired)) + few.chance(least)
            if found < cost:
                best, cost = Window(size, few, paired), found
    return best


def left_out(recipe: Recipe, lattice: Lattice, window: Window) -> float:
    """About how much of P(S <= x) frequencies beyond the lattice's hold."""
    from kivijalka.engine.series_kernels import beyond

    def gone(m: EventMeasure) -> FloatArray:
        return np.asarray(m.rate - m.left_of(window.size, lattice.cap, 0.0))

    height = heights(recipe, lattice, window, gone, math.pi / lattice.step)
    blur = lattice.step * 1e-9
    return beyond(recipe.first.knots.frequencies, height, 0.0, lattice.step, lattice.period, blur)[0]


def few_large(recipe: Recipe, cap: float, window: float, least: float) -> Chernoff:
    """A bound of sums of events left of the window, for sizes from `least` on."""

    def of(steep: float) -> Chernoff:
        return Chernoff(steep, log_chance(recipe, lambda m: np.asarray(m.rate - m.left_of(window, cap, steep))))

    return min((of(k / least) for k in (6.0, 12.0, 18.0, 24.0)), key=lambda c: c.log_size - c.steep * least)


def heights(recipe: Recipe, lattice: Lattice, window: Window, gone: Rates, start: float) -> FloatArray:
    """Bounds, from each frequency on, of what is left of the transform (Theorem 2 of docs/engine.md, 1.).

    `gone(measure)` is the rate of its large events that have a density. Of use from the frequency `start` on.
    """
    decays = {id(m): m.decays(lattice.cap, lattice.tilt, window.size, start) for _, m in recipe.measures()}
    rest = math.exp(-float(recipe.log_none(gone)))
    whole = np.exp(-recipe.log_none(lambda m: np.maximum(gone(m) - decays[id(m)], 0.0)))
    out, atom = np.zeros(len(whole)), recipe.probability_of_none()
    for share, m in recipe.singles():
        out += share * np.minimum(decays[id(m)], gone(m))
    for weight, some in recipe.pairs() if window.paired else ():
        small = sum(share * float(m.rate - gone(m)) for share, m in some)
        large = sum((share * np.minimum(decays[id(m)], gone(m)) for share, m in some), np.zeros(len(whole)))
        out += weight * large * (small + large / 2)
    size = np.minimum(np.maximum(whole - rest - (1 - 1e-9) * atom * out, 0.0) + 8 * ROUND, 1.0)
    return np.asarray(np.maximum.accumulate(size[::-1])[::-1])
