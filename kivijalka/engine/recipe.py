"""How a year's loss is put together: independent events, events under shared gamma factors, common shocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.measure import EventMeasure

ComplexArray = NDArray[np.complex128]
Weigher = Callable[[EventMeasure, bool], ComplexArray]


@dataclass(frozen=True)
class Recipe:
    """The parts of one unit's year; `square` is the sum of rate * E X^2 over all parts (euro^2).

    `mixed` holds (shape a, measure): given a gamma factor of mean 1 and variance 1/a, the measure's rates are
    multiplied by it. `shocks` holds (rate, parts): at each shock every part loses one independent amount.
    """

    independent: EventMeasure
    mixed: tuple[tuple[float, EventMeasure], ...] = ()
    shocks: tuple[tuple[float, tuple[EventMeasure, ...]], ...] = ()
    square: float = math.inf

    @property
    def mean(self) -> float:
        """Expected loss of the year, euro."""
        together = self.independent.mean + sum(m.mean for _, m in self.mixed)
        return together + sum(rate * p.mean for rate, parts in self.shocks for p in parts)

    @property
    def variance(self) -> float:
        """Variance of the year's loss, euro^2: compound Poisson, plus what factors and shocks add."""
        spread = sum(m.mean**2 / a for a, m in self.mixed)
        for rate, parts in self.shocks:
            means = np.array([p.mean for p in parts])
            spread += rate * float(means.sum() ** 2 - (means**2).sum())
        return self.square + spread

    def measures(self) -> list[tuple[float, EventMeasure]]:
        """Every measure with the weight of its errors in the log transform."""
        plain = [(1.0, self.independent)] + [(1.0, m) for _, m in self.mixed]
        return plain + [(rate, p) for rate, parts in self.shocks for p in parts]

    def log_transform(self, kernel: Weigher) -> ComplexArray:
        """log E exp(s S), when kernel(measure, may_drift) gives the integral of exp(s y) - 1 over a measure."""
        total = kernel(self.independent, True)
        for a, measure in self.mixed:
            swing = kernel(measure, False)
            swing = np.minimum(swing.real, 0.0) + 1j * swing.imag  # where the true one lies: projecting only mends
            total = total - a * np.log1p(-swing / a)
        for rate, parts in self.shocks:
            product = np.ones_like(total)
            for part in parts:
                hit = 1.0 + kernel(part, False)
                product = product * hit / np.maximum(np.abs(hit), 1.0)  # the same: it lies in the unit disk
            total = total + rate * (product - 1.0)
        return total

    def probability_of_none(self) -> float:
        """P(no loss in the year)."""
        return float(self.largest_below(np.zeros(1))[0][0])

    def largest_below(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P(no single loss of the year exceeds x), from below and from above (exact at knots)."""
        return self._none_above(x, "left"), self._none_above(x, "right")

    def _none_above(self, x: FloatArray, side: str) -> FloatArray:
        def rate_above(m: EventMeasure) -> FloatArray:
            i = np.searchsorted(m.x, x, side="right") - 1 if side == "left" else np.searchsorted(m.x, x, side="left")
            return np.where(i < len(m.x), m.above[np.minimum(i, len(m.x) - 1)], 0.0)

        log_p = -rate_above(self.independent)
        for a, m in self.mixed:
            log_p = log_p - a * np.log1p(rate_above(m) / a)
        for rate, parts in self.shocks:
            spared = np.prod([1.0 - np.minimum(rate_above(p), 1.0) for p in parts], axis=0)
            log_p = log_p - rate * (1.0 - spared)
        return np.asarray(np.exp(log_p))
