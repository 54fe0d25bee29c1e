"""How a year's loss is put together: independent events and shocks, and such under shared gamma factors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.measure import EventMeasure

ComplexArray = NDArray[np.complex128]


class Role(Enum):
    """What a measure is of: events of a rate of their own, such under a gamma factor, or one event, a shock's part."""

    FREE = 1
    SHARED = 2
    ONCE = 3


Weigher = Callable[[EventMeasure, Role], ComplexArray]


@dataclass(frozen=True)
class Shocks:
    """`rate` times a year every one of `parts` (measures of one event) loses an independent amount."""

    rate: float
    parts: tuple[EventMeasure, ...]


@dataclass(frozen=True)
class Block:
    """Events and shocks whose rates share a gamma factor of mean 1 and variance 1/shape; inf: no factor."""

    events: EventMeasure
    shocks: tuple[Shocks, ...] = ()
    shape: float = math.inf

    @property
    def mean(self) -> float:
        """Expected loss of the year, euro."""
        return self.events.mean + sum(s.rate * p.mean for s in self.shocks for p in s.parts)

    @property
    def variance(self) -> float:
        """Variance, euro^2: compound Poisson, what parts of one shock add, what the factor adds."""
        total = self.events.square + self.mean**2 / self.shape
        for shock in self.shocks:
            means = np.array([p.mean for p in shock.parts])
            total += shock.rate * float(sum(p.square for p in shock.parts) + means.sum() ** 2 - (means**2).sum())
        return total

    def log_transform(self, kernel: Weigher) -> ComplexArray:
        """log E exp(s S), when kernel(measure, role) gives the integral of exp(s y) - 1 over a measure."""
        total = kernel(self.events, Role.FREE if math.isinf(self.shape) else Role.SHARED)
        for shock in self.shocks:
            product = np.ones_like(total)
            for part in shock.parts:
                hit = 1.0 + kernel(part, Role.ONCE)
                product = product * hit / np.maximum(np.abs(hit), 1.0)  # it lies in the unit disk: projecting mends
            total = total + shock.rate * (product - 1.0)
        if math.isinf(self.shape):
            return total
        total = np.minimum(total.real, 0.0) + 1j * total.imag  # the same: where the true one lies
        return np.asarray(-self.shape * np.log1p(-total / self.shape))

    @property
    def smooth_rate(self) -> float:
        """Rate of smooth events, and of shocks with one that is never nothing."""
        rate = self.events.rate - self.events.rough_rate
        for shock in self.shocks:
            rate += shock.rate * (1 - math.prod(1 - min(p.rate - p.rough_rate, 1.0) for p in shock.parts))
        return rate

    def mixed(self, rate: FloatArray) -> FloatArray:
        """-log of the probability that nothing of `rate` given the factor's mean happens."""
        return rate if math.isinf(self.shape) else self.shape * np.log1p(rate / self.shape)


@dataclass(frozen=True)
class Recipe:
    """The blocks of one unit's year, independent of one another; the first one is without a factor."""

    blocks: tuple[Block, ...]
    _known: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    @property
    def first(self) -> EventMeasure:
        return self.blocks[0].events

    @property
    def mean(self) -> float:
        return sum(b.mean for b in self.blocks)

    @property
    def variance(self) -> float:
        return sum(b.variance for b in self.blocks)

    def measures(self) -> Iterator[tuple[float, EventMeasure]]:
        """Every measure with the rate at which it counts."""
        for block in self.blocks:
            yield 1.0, block.events
            for shock in block.shocks:
                for part in shock.parts:
                    yield shock.rate, part

    def singles(self) -> Iterator[tuple[float, EventMeasure]]:
        """Events with densities, and how many times its rate a single one is likelier than none; none if any has none."""
        for block in self.blocks if self.is_smooth else ():
            yield (1.0 if math.isinf(block.shape) else block.shape / (block.shape + block.smooth_rate)), block.events

    def pairs(self) -> list[tuple[float, list[tuple[float, EventMeasure]]]]:
        """Two such events are likelier than none by half the sum of weight times (sum of share times measure) squared."""
        singles = list(self.singles())
        swings = [(1 / b.shape, [one]) for b, one in zip(self.blocks, singles, strict=False) if math.isfinite(b.shape)]
        return [(1.0, singles), *swings] if singles else []

    @property
    def jump(self) -> float:
        """The size at which the law jumps most, as far as knots show it; 0 if it does not."""
        x = self.first.x
        fall = sum((rate * (m.rough[:-1] - m.rough[1:]) for rate, m in self.measures()), np.zeros(len(x) - 1))
        fall[np.diff(x) > 4e-16 * x[:-1]] = 0.0
        most = float(fall.max(initial=0.0))
        return float(x[1 + int(np.argmax(fall > most * (1 - 1e-9)))]) if most > 0 else 0.0

    @property
    def noise(self) -> float:
        """The largest relative round-off of its tables."""
        return max(m.noise for _, m in self.measures())

    @property
    def is_smooth(self) -> bool:
        """Whether every severity tells its density."""
        return all(m.rough_rate == 0 for _, m in self.measures())

    def log_transform(self, kernel: Weigher) -> ComplexArray:
        """log E exp(s S) of the whole year."""
        total = self.blocks[0].log_transform(kernel)
        for block in self.blocks[1:]:
            total = total + block.log_transform(kernel)
        return total

    def probability_of_none(self) -> float:
        """P(no loss in the year)."""
        return float(np.exp(-self.log_none(lambda m: np.asarray(m.above[0]))))

    def log_none(self, rate_of: Callable[[EventMeasure], FloatArray]) -> FloatArray:
        """-log P(none of the events of which each measure has rate_of(measure) happens)."""
        total: FloatArray = np.zeros(())
        for block in self.blocks:
            rate = rate_of(block.events)
            for shock in block.shocks:
                spared = np.prod([1.0 - np.minimum(rate_of(p), 1.0) for p in shock.parts], axis=0)
                rate = rate + shock.rate * (1.0 - spared)
            total = total + block.mixed(rate)
        return np.asarray(total)

    def largest_below(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P(no single loss of the year exceeds x), from below and from above (exact at knots)."""

        def rate_above(m: EventMeasure, side: str) -> FloatArray:
            i = np.searchsorted(m.x, x, side="right") - 1 if side == "left" else np.searchsorted(m.x, x, side="left")
            return np.where(i < len(m.x), m.above[np.minimum(i, len(m.x) - 1)], 0.0)

        low, high = self.log_none(lambda m: rate_above(m, "left")), self.log_none(lambda m: rate_above(m, "right"))
        return np.exp(-low) * (1 - self.noise), np.minimum(np.exp(-high) * (1 + self.noise), 1.0)
