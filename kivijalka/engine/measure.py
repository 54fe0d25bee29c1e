"""The measure of a year's events, tabulated: it adds over risks and units, and gives lattices that bound it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kivijalka.engine.errors import FloatArray, IntArray
from kivijalka.engine.severity import Lognormal, Severity

ROUND = 2.0**-53


@dataclass(frozen=True)
class EventMeasure:
    """Events of a year above each size, on knots x (euro) that begin at 0 and increase.

    `above` is N(x), the rate per year of events above x; `area` is G(x), the integral of N from 0 to x, that is the
    sum of rate * E min(X, x). G is concave. `mean` is G at infinity. `noise` bounds the relative round-off of both.
    `smooth` and `peak`, on the coarse sizes `smooth_x`, are N and the sum of rate * sup density beyond x for the
    risks whose density has one hump.
    """

    x: FloatArray
    area: FloatArray
    above: FloatArray
    mean: float
    noise: float
    smooth_x: FloatArray
    smooth: FloatArray
    peak: FloatArray

    @property
    def rate(self) -> float:
        return float(self.above[0])

    @property
    def is_smooth(self) -> bool:
        """Whether nearly all events come from densities with one hump."""
        return bool(len(self.smooth) and self.smooth[0] >= 0.99 * self.above[0])

    def area_at(self, cap: float) -> float:
        """G at the first knot from `cap` on."""
        return float(self.area[min(int(np.searchsorted(self.x, cap)), len(self.x) - 1)])

    def cell_masses(self, cap: float) -> FloatArray:
        """Rate of events in each cell between neighbouring knots, with all those above cap counted at cap."""
        return np.asarray(np.maximum(-np.diff(np.where(self.x >= cap, 0.0, self.above)), 0.0))


def tabulate(rates: FloatArray, severities: Sequence[Severity], knots: FloatArray) -> EventMeasure:
    """The measure of independent risks with `rates` per year and `severities`, on `knots` (euro, from 0)."""
    area, above = np.zeros((1, len(knots))), np.zeros((1, len(knots)))
    add_rows(np.zeros(len(rates), np.int64), rates, severities, knots, area, above)
    coarse = coarse_sizes(knots)
    smooth, peak = smoothness(rates, severities, coarse)
    mean = float(sum(r * v.mean for r, v in zip(rates, severities, strict=True) if r))
    return EventMeasure(knots, area[0], above[0], mean, round_off(len(rates)), coarse, smooth, peak)


def round_off(terms: int) -> float:
    """Relative round-off of a sum of `terms` limited means, each within 1,024 units of round-off."""
    return (1024 + 2 * terms) * ROUND


def coarse_sizes(knots: FloatArray) -> FloatArray:
    """Some 48 of the knots, for what needs no precision."""
    return np.asarray(np.geomspace(max(knots[1], knots[-1] * 1e-12), knots[-1], 48))


def add_rows(
    row: IntArray, rates: FloatArray, severities: Sequence[Severity], x: FloatArray, area: FloatArray, above: FloatArray
) -> None:
    """Add each risk's rate * E min(X, x) and rate * P(X > x) to its row of `area` and `above` (rows, knots)."""
    from kivijalka.engine.compiled import in_parallel
    from kivijalka.engine.loss_kernels import add_lognormals, tail_series

    alike = np.array([type(s) is Lognormal for s in severities], dtype=bool)
    if alike.any():
        chosen = [s for s in severities if type(s) is Lognormal]
        median = np.array([s.median for s in chosen])
        sigma = np.array([s.sigma for s in chosen])
        mean = median * np.exp(sigma**2 / 2)
        with np.errstate(divide="ignore"):
            log_x = np.log(x)
        series = tail_series()
        data = (rates[alike], np.log(median), sigma, mean, row[alike])
        in_parallel(lambda a, b: add_lognormals(x, log_x, a, b, *data, area, above, series), len(x))
    for i in map(int, np.flatnonzero(~alike)):
        area[row[i]] += rates[i] * severities[i].limited_mean(x)
        above[row[i]] += rates[i] * severities[i].exceedance(x)


def smoothness(rates: FloatArray, severities: Sequence[Severity], x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For the risks with a one-humped density: N(x), and the sum of rate * sup of the density beyond x."""
    smooth, peak = np.zeros(len(x)), np.zeros(len(x))
    alike = [i for i, s in enumerate(severities) if type(s) is Lognormal]
    if alike:
        _add_smooth_lognormals(rates[alike], [severities[i] for i in alike], x, smooth, peak)
    for i in sorted(set(range(len(severities))) - set(alike)):
        p = severities[i].peak(x) if rates[i] else None
        if p is not None and np.isfinite(p).all():
            smooth += rates[i] * severities[i].exceedance(x)
            peak += rates[i] * p
    return smooth, peak


def _add_smooth_lognormals(
    rates: FloatArray, severities: Sequence[Severity], x: FloatArray, smooth: FloatArray, peak: FloatArray
) -> None:
    from scipy.special import ndtr

    log_median = np.array([math.log(s.median) for s in severities if isinstance(s, Lognormal)])[:, None]
    sigma = np.array([s.sigma for s in severities if isinstance(s, Lognormal)])[:, None]
    log_x = np.log(x)[None, :]
    smooth += rates @ ndtr((log_median - log_x) / sigma)
    beyond = np.maximum(log_x, log_median - sigma**2)
    density = np.exp(-0.5 * ((beyond - log_median) / sigma) ** 2 - beyond) / (sigma * math.sqrt(2 * math.pi))
    peak += rates @ density


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


def log_knots(low: float, high: float, count: int) -> FloatArray:
    """0 and `count` - 1 knots from low to high euro, uniform in log x."""
    return np.concatenate([[0.0], np.geomspace(low, high, count - 1)])


def knots_for(rates: FloatArray, severities: Sequence[Severity], count: int) -> FloatArray:
    """Knots that cover all the risks: from a hundredth of the smallest loss to the largest that matters."""
    spans = [span(r, s) for r, s in zip(rates, severities, strict=True) if r > 0]
    if not spans:
        return log_knots(1.0, 1e6, count)
    low, high = 0.01 * min(a for a, _ in spans), max(b for _, b in spans)
    return log_knots(max(low, high * 1e-15), 4 * high, count)


def lattice_knots(step: float, count: int) -> FloatArray:
    """Knots for exact tables on a lattice: its points and middles, and finer ones below the first point."""
    fine = step * np.geomspace(1e-6, 1.0, 60)[:-1]
    return np.concatenate([[0.0], fine[fine < 0.5 * step], step * np.arange(0.5, count + 0.75, 0.5)])


def adapted_knots(coarse: EventMeasure, cap: float, count: int) -> FloatArray:
    """About `count` knots up to cap, dense where the coarse table shows that cells add most to the errors.

    A cell of width d with rate m adds m d^2 / 8; the sum is least when knots per log x follow (m x^2)^(1/3).
    """
    x = coarse.x[coarse.x < cap]
    edges = np.append(x, cap)
    mass = np.interp(x, coarse.x, coarse.above) - np.interp(edges[1:], coarse.x, coarse.above)
    wish = np.cbrt(np.maximum(mass, 0.0) * edges[1:] ** 2)
    share = 1 + np.floor(wish / max(wish.sum(), 1e-300) * max(count - len(x), 0)).astype(np.int64)
    pieces = [np.array([0.0])]
    for low, high, parts in zip(edges[:-1], edges[1:], share, strict=True):
        pieces.append(np.linspace(low, high, parts + 1)[1:])
    return np.concatenate(pieces)
