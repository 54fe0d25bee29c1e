"""The measure of a year's events, tabulated: it adds over risks and units, and gives lattices that bound it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.law import TINY, Severity, as_smooth, breaks_of
from kivijalka.engine.severity import Lognormal

ROUND = 2.0**-53
HUMP, MOST_HUMPS = 128, 4  # knots for a law between few, and how many such laws get them
MOST_LAWS = 100  # and among how many: of many laws none matters much
MOST_BREAKS = 200  # jumps of laws that get knots of their own


@dataclass(frozen=True)
class Knots:
    """Sizes x (euro, from 0, increasing) at which measures are tabulated, and where coarser things are known.

    A row of a table holds, one after the other: area G, events above N, density g and the events above of severities
    without a density, at the knots; a bound of the interpolation's error in the cell after each knot; events above on a
    turned path (Smooth.turned); bounds of the transform from each of `frequencies` on; bounds of the density beyond
    each of `sizes`, of all severities and of those without a turned path; mean and square of the year.
    """

    x: FloatArray

    @property
    def count(self) -> int:
        return len(self.x)

    @cached_property
    def sizes(self) -> FloatArray:
        """Some 48 sizes, for what needs no precision, and where severities jump."""
        jumps = np.flatnonzero(np.diff(self.x) <= TINY * self.x[:-1])
        some = np.geomspace(max(self.x[1], self.x[-1] * 1e-12), self.x[-1], 48)
        return np.unique(np.concatenate([some, self.x[jumps], self.x[jumps + 1]]))

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
        return 6 * self.count + len(self.frequencies) + 2 * len(self.sizes) + 2


class EventMeasure:
    """Events of a year above each size. `area` is G(x) = sum of rate * E min(X, x); `above` its slope N(x).

    `noise` bounds the relative round-off of both. `row` is laid out as Knots says.
    """

    def __init__(self, knots: Knots, row: FloatArray, noise: float) -> None:
        self.knots, self.row, self.noise = knots, row, noise
        k, f, p = knots.count, len(knots.frequencies), len(knots.sizes)
        self.x, self.tables = knots.x, row[: 6 * k].reshape(6, k)
        self.area, self.above, self.density, self.rough, self.doubt, self.turned = self.tables
        self.decay, self.peak, self.edge = np.split(row[6 * k : -2], [f, f + p])
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

    def left_of(self, window: float, cap: float, steep: float) -> float:
        """At least the integral of exp(steep y) over the events below the cap and left of the window (0: none are)."""
        from kivijalka.engine.loss_kernels import tail_series
        from kivijalka.engine.node_kernels import left_of

        return left_of(self.x, self.above, self.at_or_beyond(cap), window, tail_series(), steep) if window else 0.0

    def decays(self, cap: float, tilt: float, window: float = 0.0, start: float = 0.0) -> FloatArray:
        """Bounds, from each frequency on, of |integral of exp(sy) below cap| over events with a density.

        With a window over the events in it, and of use from the frequency `start` on.
        """
        from kivijalka.engine.loss_kernels import tail_series
        from kivijalka.engine.node_kernels import window_decays

        i = self.at_or_beyond(cap)
        peak = self.peak[max(int(np.searchsorted(self.knots.sizes, self.x[i], side="right")) - 1, 0)]
        cut = np.minimum(self.above[i] - self.rough[i], 2 * peak / self.knots.frequencies)
        whole = np.minimum(self.decay, self.rate - self.rough_rate)
        if window:
            fixed = self.x, self.turned, self.knots.sizes, self.edge, self.above, window, tail_series()
            window_decays(*fixed, self.knots.frequencies, self.knots.place(start), whole)
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
    x = 2.0 ** np.arange(-30.0, 100.0)
    p = severity.exceedance(x)
    low = x[max(int(np.searchsorted(-p, -0.999)) - 1, 0)]
    beyond = np.flatnonzero(rate * p > rare)
    return float(low), float(2 * x[beyond[-1]]) if len(beyond) else 2 * float(low)


def spans_of(rates: FloatArray, severities: Sequence[Severity]) -> list[tuple[float, float]]:
    """The spans of all risks, equal severities looked at once, with their largest rate; of lognormals one for all."""
    alike, median, sigma = lognormals_of(severities)
    alike &= rates > 0
    found = []
    if alike.any():
        log_median, s = np.log(median[alike]), sigma[alike]
        ends = float(np.min(log_median - 4 * s)), float(np.max(np.minimum(log_median + 7 * s, 700)))
        found.append((math.exp(ends[0]), math.exp(ends[1])))
    largest: dict[Hashable, tuple[float, Severity]] = {}
    for i in map(int, np.flatnonzero(~alike & (rates > 0))):
        key = key_of(severities[i])
        if key not in largest or largest[key][0] < rates[i]:
            largest[key] = float(rates[i]), severities[i]
    return found + [span(rate, severity) for rate, severity in largest.values()]


def lognormals_of(severities: Sequence[Severity]) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
    """Which severities are lognormal, with their medians and sigmas (1 and 1 elsewhere)."""
    alike = np.fromiter((type(s) is Lognormal for s in severities), np.bool_, len(severities))
    some = [(s.median, s.sigma) for s in severities if type(s) is Lognormal]
    median, sigma = np.ones(len(severities)), np.ones(len(severities))
    if some:
        median[alike], sigma[alike] = np.array(some).T
    return alike, median, sigma


def with_breaks(x: FloatArray, severities: Sequence[Severity]) -> FloatArray:
    """Knots x with the severities' jumps among them, each twice, so that nothing jumps inside a cell."""
    each = {key_of(s): s for s in severities if type(s) is not Lognormal}.values()
    found = Counter(b for s in each for b in breaks_of(s) if 0 < b < x[-1])
    jumps = np.array([b for b, _ in found.most_common(MOST_BREAKS)])
    if not len(jumps):
        return x
    apart = np.ones(len(x), bool)
    for jump in jumps:  # no cell between a knot and a jump that is only round-off
        apart[np.searchsorted(x, jump * (1 - TINY)) : np.searchsorted(x, jump * (1 + TINY), side="right")] = False
    apart[[0, -1]] = True
    return np.unique(np.concatenate([x[apart], jumps, np.nextafter(jumps, 0.0)]))


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
    mean, square = (float(np.sum(rates[rates > 0] * v[rates > 0])) for v in _moments(severities))
    if math.isfinite(square):
        top = max(top, (1 + 12 * swing) * mean + 10 * math.sqrt(square))
    return Knots(with_breaks(log_knots(max(low, top * 1e-15), top, count), severities))


def _moments(severities: Sequence[Severity]) -> tuple[FloatArray, FloatArray]:
    """E X and E X^2 of each severity, equal ones looked at once."""
    alike, median, sigma = lognormals_of(severities)
    with np.errstate(over="ignore"):
        mean, square = median * np.exp(sigma**2 / 2), median**2 * np.exp(2 * sigma**2)
    known: dict[Hashable, tuple[float, float]] = {}
    for i in map(int, np.flatnonzero(~alike)):
        if (key := key_of(s := severities[i])) not in known:
            known[key] = s.mean, s.square
        mean[i], square[i] = known[key]
    return mean, square


def knots_to(cap: float, severities: Sequence[Severity], count: int) -> Knots:
    """Knots for one curve, up to cap: smaller losses than a ten-millionth of it need none of their own."""
    return Knots(with_breaks(with_humps(log_knots(cap * 1e-7, cap, count), severities), severities))


def with_humps(x: FloatArray, severities: Sequence[Severity]) -> FloatArray:
    """Knots x, and more of them where a severity's whole law lies between a few."""
    cell = math.log(x[2] / x[1])
    some = {key_of(s): s for s in severities if (s.sigma < 5 * cell if type(s) is Lognormal else as_smooth(s))}
    pieces = [x]
    for severity in some.values() if len(some) <= MOST_LAWS else ():
        fine = x
        for _ in range(3):  # once more where it lies in a single cell
            if (ends := _between(severity, fine)) is None:
                break
            fine = np.geomspace(*ends, HUMP)
        if fine is not x and len(pieces) <= MOST_HUMPS:
            pieces.append(fine[1:-1])
    found = np.unique(np.concatenate(pieces))
    apart = np.diff(found, append=math.inf) > 1e-6 * found  # the last one stays
    return found[apart]


def _between(severity: Severity, x: FloatArray) -> tuple[float, float] | None:
    """The knots between which all but 1e-12 of the law lies, if there are not many."""
    above = severity.exceedance(x)
    low, high = int(np.searchsorted(-above, -(1 - 1e-12), side="right")) - 1, int(np.searchsorted(-above, -1e-12))
    return (float(x[low]), float(x[high])) if low > 0 and high < len(x) and high - low < HUMP // 2 else None


@lru_cache(maxsize=4)
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
    wish = np.cbrt(np.where(np.diff(edges) > 1e-12 * edges[1:], np.maximum(mass, 0.0), 0.0) * edges[1:] ** 2)
    share = 1 + np.floor(wish / max(wish.sum(), 1e-300) * max(count - len(edges), 0)).astype(np.int64)
    pieces = [np.array([0.0])]
    for low, high, parts in zip(edges[:-1], edges[1:], share, strict=True):
        pieces.append(np.linspace(low, high, parts + 1)[1:])
    return np.concatenate(pieces)
