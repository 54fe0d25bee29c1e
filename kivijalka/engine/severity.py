"""Severities: how much one event costs, in euro, as distributions that know their limited mean E min(X, x)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from kivijalka.engine.errors import BadInput, FloatArray, finite_array, interval, positive

Z90 = 1.6448536269514722  # standard normal quantile at 95 %: half of a central 90 % interval


@runtime_checkable
class Severity(Protocol):
    """What the engine asks of a severity X >= 0. Any object with these members fits.

    `mean` is E X (may be inf), `square` is E X^2 (may be inf), both in euro and euro^2.
    `limited_mean(x)` is E min(X, x), `exceedance(x)` is P(X > x); arrays in, arrays of the same shape out.
    `peak(x)` is the supremum over y >= x of the density, for a density with one hump and no atoms above 0,
    else None. It only serves to tighten error bounds.
    """

    @property
    def mean(self) -> float: ...
    @property
    def square(self) -> float: ...
    def limited_mean(self, x: FloatArray) -> FloatArray: ...
    def exceedance(self, x: FloatArray) -> FloatArray: ...
    def peak(self, x: FloatArray) -> FloatArray | None: ...


@dataclass(frozen=True)
class Constant:
    """Every event costs exactly `amount` euro."""

    amount: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amount) and self.amount >= 0):
            raise BadInput("amount", self.amount, "a finite number of at least 0")

    @property
    def mean(self) -> float:
        return self.amount

    @property
    def square(self) -> float:
        return self.amount**2

    def limited_mean(self, x: FloatArray) -> FloatArray:
        return np.minimum(x, self.amount)

    def exceedance(self, x: FloatArray) -> FloatArray:
        return np.where(x < self.amount, 1.0, 0.0)

    def peak(self, x: FloatArray) -> None:
        return None


@dataclass(frozen=True)
class LogUniform:
    """Log-uniform between `low` and `high` euro: all we know of a loss when only its level's range is known.

    >>> x = LogUniform(10_000, 100_000)
    >>> round(x.mean, 2)
    39086.5
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        interval("range", self.low, self.high)

    @cached_property
    def _log(self) -> float:
        return math.log(self.high / self.low)

    @property
    def mean(self) -> float:
        return (self.high - self.low) / self._log

    @property
    def square(self) -> float:
        return (self.high - self.low) * (self.high + self.low) / (2 * self._log)

    def limited_mean(self, x: FloatArray) -> FloatArray:
        y = np.clip(x, self.low, self.high)
        inside = (y - self.low + y * np.log(self.high / y)) / self._log
        return np.where(x <= self.low, x, inside)

    def exceedance(self, x: FloatArray) -> FloatArray:
        return np.log(self.high / np.clip(x, self.low, self.high)) / self._log

    def peak(self, x: FloatArray) -> FloatArray:
        return np.where(x < self.high, 1.0 / (np.maximum(x, self.low) * self._log), 0.0)


@dataclass(frozen=True)
class Lognormal:
    """Lognormal with `median` in euro and `sigma`, the standard deviation of log X.

    `Lognormal.from_interval(low, high)` is the one whose central 90 % interval is [low, high].

    >>> x = Lognormal.from_interval(1_000, 100_000)
    >>> round(x.median), round(float(x.exceedance(np.array(100_000.0))), 4)
    (10000, 0.05)
    """

    median: float
    sigma: float

    def __post_init__(self) -> None:
        positive("median", self.median)
        positive("sigma", self.sigma)

    @classmethod
    def from_interval(cls, low: float, high: float) -> Lognormal:
        interval("90 % interval", low, high)
        return cls(math.sqrt(low) * math.sqrt(high), math.log(high / low) / (2 * Z90))

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    @property
    def square(self) -> float:
        return self.median**2 * math.exp(2 * self.sigma**2)

    def _z(self, x: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.asarray((np.log(x) - math.log(self.median)) / self.sigma)

    def limited_mean(self, x: FloatArray) -> FloatArray:
        from scipy.special import ndtr

        z = self._z(x)
        return np.asarray(self.mean * ndtr(z - self.sigma) + x * ndtr(-z))

    def exceedance(self, x: FloatArray) -> FloatArray:
        from scipy.special import ndtr

        return np.asarray(ndtr(-self._z(x)))

    def peak(self, x: FloatArray) -> FloatArray:
        y = np.maximum(x, self.median * math.exp(-(self.sigma**2)))
        return np.asarray(np.exp(-0.5 * self._z(y) ** 2) / (y * self.sigma * math.sqrt(2 * math.pi)))


@dataclass(frozen=True)
class Gamma:
    """Gamma with `shape` (1 is the exponential) and `scale` in euro; mean shape * scale."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        positive("shape", self.shape)
        positive("scale", self.scale)

    @property
    def mean(self) -> float:
        return self.shape * self.scale

    @property
    def square(self) -> float:
        return self.shape * (self.shape + 1) * self.scale**2

    def limited_mean(self, x: FloatArray) -> FloatArray:
        from scipy.special import gammainc, gammaincc

        y = x / self.scale
        return np.asarray(self.mean * gammainc(self.shape + 1, y) + x * gammaincc(self.shape, y))

    def exceedance(self, x: FloatArray) -> FloatArray:
        from scipy.special import gammaincc

        return np.asarray(gammaincc(self.shape, x / self.scale))

    def peak(self, x: FloatArray) -> FloatArray:
        from scipy.special import gammaln, xlogy

        y = np.maximum(x / self.scale, self.shape - 1)
        with np.errstate(divide="ignore"):
            return np.asarray(np.exp(xlogy(self.shape - 1, y) - y - gammaln(self.shape)) / self.scale)


@dataclass(frozen=True)
class GeneralizedPareto:
    """`threshold` plus an excess with P(excess > y) = (1 + shape y / scale)^(-1/shape); scale and threshold in euro.

    The tail index is 1/shape; the mean is infinite from shape 1 on. `shape` >= 0 (0: exponential excess).
    """

    scale: float
    shape: float
    threshold: float = 0.0

    def __post_init__(self) -> None:
        positive("scale", self.scale)
        if not (math.isfinite(self.shape) and self.shape >= 0):
            raise BadInput("shape", self.shape, "a finite number of at least 0")
        if not (math.isfinite(self.threshold) and self.threshold >= 0):
            raise BadInput("threshold", self.threshold, "a finite number of at least 0")

    @property
    def mean(self) -> float:
        return self.threshold + self.scale / (1 - self.shape) if self.shape < 1 else math.inf

    @property
    def square(self) -> float:
        if self.shape >= 0.5:
            return math.inf
        excess = self.scale / (1 - self.shape)
        return self.threshold**2 + 2 * self.threshold * excess + 2 * self.scale * excess / (1 - 2 * self.shape)

    def _log_survival(self, x: FloatArray) -> FloatArray:
        y = np.maximum(x - self.threshold, 0.0) / self.scale
        return -y if self.shape == 0 else -np.log1p(self.shape * y) / self.shape

    def limited_mean(self, x: FloatArray) -> FloatArray:
        log_survival = self._log_survival(x)
        if abs(1 - self.shape) < 1e-9:
            excess = -log_survival * self.scale * self.shape
        else:
            excess = -np.expm1((1 - self.shape) * log_survival) * self.scale / (1 - self.shape)
        return np.minimum(x, self.threshold) + excess

    def exceedance(self, x: FloatArray) -> FloatArray:
        return np.exp(self._log_survival(x))

    def peak(self, x: FloatArray) -> FloatArray:
        return np.exp((1 + self.shape) * self._log_survival(x)) / self.scale


def pareto(least: float, index: float) -> GeneralizedPareto:
    """Pareto above `least` euro: P(X > x) = (least / x)^index. The mean is infinite when index <= 1.

    >>> pareto(1_000, 2).mean
    2000.0
    """
    positive("least", least)
    positive("index", index)
    return GeneralizedPareto(scale=least / index, shape=1 / index, threshold=least)


@dataclass(frozen=True)
class Empirical:
    """Observed losses in euro, each with a weight (equal by default)."""

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

    def peak(self, x: FloatArray) -> None:
        return None


@dataclass(frozen=True)
class Mixture:
    """One of `parts`, drawn with `weights` (they are scaled to sum to 1)."""

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
        total = np.zeros(np.shape(x))
        for w, p in zip(self.weights, self.parts, strict=True):
            total += w * p.limited_mean(x)
        return total

    def exceedance(self, x: FloatArray) -> FloatArray:
        total = np.zeros(np.shape(x))
        for w, p in zip(self.weights, self.parts, strict=True):
            total += w * p.exceedance(x)
        return total

    def peak(self, x: FloatArray) -> None:
        return None


@dataclass(frozen=True)
class Scaled:
    """`factor` times `severity`, for instance an index for inflation or a change of currency."""

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

    def peak(self, x: FloatArray) -> FloatArray | None:
        peak = self.severity.peak(x / self.factor)
        return None if peak is None else peak / self.factor


def limited_mean(severity: Severity, x: ArrayLike) -> FloatArray:
    """E min(X, x) for scalars or arrays of x >= 0, in euro, with x checked."""
    return severity.limited_mean(finite_array("x", x, least=0.0))
