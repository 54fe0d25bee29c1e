"""The measure of a year's events, tabulated: it adds over risks and units, and gives lattices that bound it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.severity import Lognormal, Severity, breaks_of

ROUND = 2.0**-53
MOST_BREAKS = 200  # jumps of laws that get knots of their own


@dataclass(frozen=True)
class Knots:
    """Sizes x (euro, from 0, increasing) at which measures are tabulated, and where coarser things are known.

    A row of a table holds, one after the other: area G, events above N, density g and the events above of severities
    without a density, at the knots; a bound of the interpolation's error in the cell after each knot; bounds of the
    transform from each of `frequencies` on; bounds of the density beyond each of `sizes`; mean and square of the year.
    """

    x: FloatArray

    @property
    def count(self) -> int:
        return len(self.x)

    @cached_property
    def sizes(self) -> FloatArray:
        """Some 48 sizes, for what needs no precision."""
        return np.asarray(np.geomspace(max(self.x[1], self.x[-1] * 1e-12), self.x[-1], 48))

    @cached_property
    def frequencies(self) -> FloatArray:
        """Radians per euro, two to an octave."""
        octaves = math.log2(self.x[-1] / max(self.x[1], self.x[-1] * 1e-15)) + 14
        return np.asarray(2.0 ** (np.arange(0.0, 2 * octaves) / 2) / self.x[-1])

    def place(self, frequency: float) -> int:
        """The last of `frequencies` that is not above this one."""
        return max(int(np.searchsorted(self.frequencies, frequency, side="right")) - 1, 0)

    @property
    def width(self) -> int:
        return 5 * self.count + len(self.frequencies) + len(self.sizes) + 2


class EventMeasure:
    """Events of a year above each size. `area` is G(x) = sum of rate * E min(X, x); `above` its slope N(x).

    `noise` bounds the relative round-off of both. `row` is laid out as Knots says.
    """

    def __init__(self, knots: Knots, row: FloatArray, noise: float) -> None:
        self.knots, self.row, self.noise = knots, row, noise
        k, f = knots.count, len(knots.frequencies)
        self.x = knots.x
        self.area, self.above, self.density, self.rough, self.doubt = row[: 5 * k].reshape(5, k)
        self.decay, self.peak = row[5 * k : 5 * k + f], row[5 * k + f : -2]
        self.mean, self.square = float(row[-2]), float(row[-1])

    @property
    def rate(self) -> float:
        return float(self.above[0])

    @property
    def rough_rate(self) -> float:
        """Rate of the events whose severity tells no density."""
        return float(self.rough[0])

    def at_or_beyond(self, cap: float) -> int:
        """The first knot from `cap` on."""
        return min(int(np.searchsorted(self.x, cap * (1 - 1e-12))), len(self.x) - 1)

    def area_at(self, cap: float) -> float:
        """G at the first knot from `cap` on."""
        return float(self.area[self.at_or_beyond(cap)])

    def square_below(self, cap: float) -> float:
        """Rate times squared loss of events below cap, euro^2 a year: from below."""
        top = self.at_or_beyond(cap) + 1
        return float(np.sum(np.maximum(self.above[: top - 1] - self.above[1:top], 0.0) * self.x[: top - 1] ** 2))

    def decays(self, cap: float, tilt: float) -> FloatArray:
        """Bounds, from each frequency on, of |integral of exp(sy) below cap| over events with a density."""
        i = self.at_or_beyond(cap)
        peak = self.peak[max(int(np.searchsorted(self.knots.sizes, self.x[i], side="right")) - 1, 0)]
        cut = np.minimum(self.above[i] - self.rough[i], 3 * peak / self.knots.frequencies)
        whole = np.minimum(self.decay, self.rate - self.rough_rate)
        return np.asarray(np.maximum(whole + math.exp(-tilt * cap) * np.maximum(cut, 0.0), 0.0) * (1 + self.noise))


def round_off(terms: int) -> float:
    """Relative round-off of a sum of `terms` limited means, each within 1,024 units of round-off."""
    return (1024 + 2 * terms) * ROUND


def tabulate(rates: FloatArray, severities: Sequence[Severity], knots: Knots) -> EventMeasure:
    """The measure of independent risks with `rates` per year and `severities`."""
    from kivijalka.engine.tables import filled

    return EventMeasure(
        knots, filled(np.zeros(len(rates), np.int64), 1, rates, severities, knots)[0], round_off(len(rates))
    )


def span(rate: float, severity: Severity, rare: float = 1e-10) -> tuple[float, float]:
    """From where to where (euro) a risk's events lie, up to events rarer than `rare` a year."""
    if isinstance(severity, Lognormal):
        log_median, s = math.log(severity.median), severity.sigma
        return math.exp(log_median - 4 * s), math.exp(min(log_median + 7 * s, 700))
    x = 2.0 ** np.arange(-30.0, 100.0)
    p = severity.exceedance(x)
    low = x[max(int(np.searchsorted(-p, -0.999)) - 1, 0)]
    beyond = np.flatnonzero(rate * p > rare)
    return float(low), float(2 * x[beyond[-1]]) if len(beyond) else 2 * float(low)


def spans_of(rates: FloatArray, severities: Sequence[Severity]) -> list[tuple[float, float]]:
    """The spans of all risks, equal severities looked at once, with their largest rate."""
    largest: dict[Hashable, tuple[float, Severity]] = {}
    for rate, severity in zip(rates.tolist(), severities, strict=True):
        key = key_of(severity)
        if rate > 0 and (key not in largest or largest[key][0] < rate):
            largest[key] = rate, severity
    return [span(rate, severity) for rate, severity in largest.values()]


def with_breaks(x: FloatArray, severities: Sequence[Severity]) -> FloatArray:
    """Knots x with the severities' jumps among them, each twice, so that nothing jumps inside a cell."""
    each = {key_of(s): s for s in severities if type(s) is not Lognormal}.values()
    found = Counter(b for s in each for b in breaks_of(s) if 0 < b < x[-1])
    jumps = np.array([b for b, _ in found.most_common(MOST_BREAKS)])
    return np.unique(np.concatenate([x, jumps, np.nextafter(jumps, 0.0)])) if len(jumps) else x


def key_of(severity: Severity) -> Hashable:
    """By what equal severities are known to be equal."""
    try:
        hash(severity)
    except TypeError:
        return id(severity)
    return cast(Hashable, severity)


def log_knots(low: float, high: float, count: int) -> FloatArray:
    """0 and `count` - 1 knots from low to high euro, uniform in log x."""
    return np.concatenate([[0.0], np.geomspace(low, high, count - 1)])


def knots_for(rates: FloatArray, severities: Sequence[Severity], count: int, swing: float = 0.0) -> Knots:
    """Knots that cover all the risks: from a hundredth of the smallest loss to the largest that matters.

    `swing` is the largest standard deviation of a factor: sums may be that much larger.
    """
    spans = spans_of(rates, severities)
    if not spans:
        return Knots(log_knots(1.0, 1e6, count))
    low, high = 0.01 * min(a for a, _ in spans), max(b for _, b in spans)
    top = 4 * high
    mean, square = (sum(r * v for r, v in zip(rates, values, strict=True) if r) for values in _moments(severities))
    if math.isfinite(square):
        top = max(top, (1 + 12 * swing) * mean + 10 * math.sqrt(square))
    return Knots(with_breaks(log_knots(max(low, top * 1e-15), top, count), severities))


def _moments(severities: Sequence[Severity]) -> tuple[list[float], list[float]]:
    known: dict[Hashable, tuple[float, float]] = {}
    for s in severities:
        if (key := key_of(s)) not in known:
            known[key] = s.mean, s.square
    found = [known[key_of(s)] for s in severities]
    return [m for m, _ in found], [q for _, q in found]


def knots_to(cap: float, severities: Sequence[Severity], count: int) -> Knots:
    """Knots for one curve, up to cap: smaller losses than a ten-millionth of it need none of their own."""
    return Knots(with_breaks(log_knots(cap * 1e-7, cap, count), severities))


def lattice_knots(step: float, count: int) -> FloatArray:
    """Knots for exact tables on a lattice: its points and middles, and finer ones below the first point."""
    fine = step * np.geomspace(1e-6, 1.0, 60)[:-1]
    return np.concatenate([[0.0], fine[fine < 0.5 * step], step * np.arange(0.5, count + 0.75, 0.5)])


def adapted_knots(x: FloatArray, above: FloatArray, cap: float, count: int) -> FloatArray:
    """About `count` knots up to cap, dense where a coarse table (x, above) shows that cells add most to the errors.

    A cell of width d with rate m adds m d^2 / 8; the sum is least when knots per log x follow (m x^2)^(1/3).
    """
    edges = np.append(x[x < cap], cap)
    mass = -np.diff(np.interp(edges, x, above))
    wish = np.cbrt(np.maximum(mass, 0.0) * edges[1:] ** 2)
    share = 1 + np.floor(wish / max(wish.sum(), 1e-300) * max(count - len(edges), 0)).astype(np.int64)
    pieces = [np.array([0.0])]
    for low, high, parts in zip(edges[:-1], edges[1:], share, strict=True):
        pieces.append(np.linspace(low, high, parts + 1)[1:])
    return np.concatenate(pieces)
