"""Severities made of others or of observations: empirical ones, mixtures, scaled ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np

from kivijalka.engine.errors import BadInput, FloatArray, finite_array, positive
from kivijalka.engine.law import Severity, Smooth, as_smooth, breaks_of, jumps_of, turned_above


@dataclass(frozen=True)
class Empirical:
    """Observed losses in euro, each with a weight (equal by default).

    >>> x = Empirical((100.0, 300.0), weights=(3.0, 1.0))
    >>> x.mean, x.limited_mean(np.array([200.0])).tolist()
    (150.0, [125.0])
    """

    losses: tuple[float, ...]
    weights: tuple[float, ...] = ()
    _sorted: FloatArray = field(init=False, repr=False, compare=False)
    _above: FloatArray = field(init=False, repr=False, compare=False)
    _limited: FloatArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        x = finite_array("losses", self.losses, least=0.0)
        w = finite_array("weights", self.weights or np.ones(len(x)), least=0.0)
        if len(x) == 0 or len(x) != len(w) or w.sum() <= 0:
            raise BadInput("weights", self.weights, "one weight per loss, at least one loss, a sum above 0")
        order = np.argsort(x)
        x, w = x[order], w[order] / w.sum()
        above = np.concatenate([[1.0], np.maximum(1 - np.cumsum(w), 0.0)])
        above[-1] = 0.0
        object.__setattr__(self, "_sorted", x)
        object.__setattr__(self, "_above", above)
        object.__setattr__(self, "_limited", np.cumsum(np.diff(x, prepend=0.0) * above[:-1]))

    @property
    def mean(self) -> float:
        return float(self._limited[-1])

    @property
    def square(self) -> float:
        return float(np.sum(self._sorted**2 * -np.diff(self._above)))

    def limited_mean(self, x: FloatArray) -> FloatArray:
        i = np.searchsorted(self._sorted, x, side="right")
        base = np.where(i > 0, self._limited[i - 1], 0.0)
        return base + (x - np.where(i > 0, self._sorted[i - 1], 0.0)) * self._above[i]

    def exceedance(self, x: FloatArray) -> FloatArray:
        return np.asarray(self._above[np.searchsorted(self._sorted, x, side="right")])

    @property
    def breaks(self) -> tuple[float, ...]:
        return tuple(np.unique(self._sorted).tolist())


@dataclass(frozen=True)
class Mixture:
    """One of `parts`, drawn with `weights` (they are scaled to sum to 1).

    >>> from kivijalka.engine.severity import Constant, Gamma
    >>> Mixture((Gamma(1, 100.0), Constant(500.0)), (1.0, 1.0)).mean
    300.0
    """

    parts: tuple[Severity, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        w = finite_array("weights", self.weights, least=0.0)
        if len(w) == 0 or len(w) != len(self.parts) or w.sum() <= 0:
            raise BadInput("weights", self.weights, "one weight per part, at least one part, a sum above 0")
        object.__setattr__(self, "weights", tuple(float(v) for v in w / w.sum()))

    @property
    def mean(self) -> float:
        return sum(w * p.mean for w, p in zip(self.weights, self.parts, strict=True) if w)

    @property
    def square(self) -> float:
        return sum(w * p.square for w, p in zip(self.weights, self.parts, strict=True) if w)

    def limited_mean(self, x: FloatArray) -> FloatArray:
        return _summed(self.weights, [p.limited_mean(x) for p in self.parts])

    def exceedance(self, x: FloatArray) -> FloatArray:
        return _summed(self.weights, [p.exceedance(x) for p in self.parts])

    @property
    def is_smooth(self) -> bool:
        return all(as_smooth(p) for p in self.parts)

    @property
    def breaks(self) -> tuple[float, ...]:
        return tuple(b for p in self.parts for b in breaks_of(p))

    def density(self, x: FloatArray) -> FloatArray:
        return _summed(self.weights, [p.density(x) for p in self._smooth])

    def bend(self, a: FloatArray, b: FloatArray) -> FloatArray:
        return _summed(self.weights, [p.bend(a, b) for p in self._smooth])

    def decay(self, w: FloatArray) -> FloatArray:
        return _summed(self.weights, [p.decay(w) for p in self._smooth])

    def peak(self, x: FloatArray) -> FloatArray:
        return _summed(self.weights, [p.peak(x) for p in self._smooth])

    def turned(self, x: FloatArray) -> FloatArray | None:
        parts = [t for p in self.parts if (t := turned_above(p, x)) is not None]
        return _summed(self.weights, parts) if len(parts) == len(self.parts) else None

    def jumps(self, x: FloatArray) -> FloatArray:
        return _summed(self.weights, [jumps_of(p, x) for p in self.parts])

    @property
    def _smooth(self) -> list[Smooth]:
        return [s for p in self.parts if (s := as_smooth(p))]


def _summed(weights: tuple[float, ...], parts: list[FloatArray]) -> FloatArray:
    """The weighted sum; a weight of 0 leaves its part out."""
    return np.asarray(sum(w * p for w, p in zip(weights, parts, strict=True) if w))


@dataclass(frozen=True)
class Scaled:
    """`factor` times `severity`, for instance an index for inflation or a change of currency.

    >>> from kivijalka.engine.severity import Lognormal
    >>> round(Scaled(Lognormal(1000.0, 0.5), 1.1).exceedance(np.array(1100.0)).item(), 12)
    0.5
    """

    severity: Severity
    factor: float

    def __post_init__(self) -> None:
        positive("factor", self.factor)

    @property
    def mean(self) -> float:
        return self.factor * self.severity.mean

    @property
    def square(self) -> float:
        return self.factor**2 * self.severity.square

    def limited_mean(self, x: FloatArray) -> FloatArray:
        return self.factor * self.severity.limited_mean(x / self.factor)

    def exceedance(self, x: FloatArray) -> FloatArray:
        return self.severity.exceedance(x / self.factor)

    @property
    def is_smooth(self) -> bool:
        return as_smooth(self.severity) is not None

    @property
    def breaks(self) -> tuple[float, ...]:
        return tuple(self.factor * b for b in breaks_of(self.severity))

    @property
    def _smooth(self) -> Smooth:
        return cast(Smooth, self.severity)

    def density(self, x: FloatArray) -> FloatArray:
        return self._smooth.density(x / self.factor) / self.factor

    def bend(self, a: FloatArray, b: FloatArray) -> FloatArray:
        return self._smooth.bend(a / self.factor, b / self.factor) / self.factor**5

    def decay(self, w: FloatArray) -> FloatArray:
        return self._smooth.decay(w * self.factor)

    def peak(self, x: FloatArray) -> FloatArray:
        return self._smooth.peak(x / self.factor) / self.factor

    def turned(self, x: FloatArray) -> FloatArray | None:
        return turned_above(self.severity, x / self.factor)

    def jumps(self, x: FloatArray) -> FloatArray:
        return jumps_of(self.severity, x / self.factor) / self.factor
