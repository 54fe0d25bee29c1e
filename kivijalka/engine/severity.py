"""Severities: how much one event costs, in euro, as distributions that know their limited mean E min(X, x)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from kivijalka.engine.errors import BadInput, FloatArray, finite_array, interval, positive
from kivijalka.engine.law import TURN, Severity

Z90 = 1.6448536269514722  # standard normal quantile at 95 %: half of a central 90 % interval


@dataclass(frozen=True)
class Constant:
    """Every event costs exactly `amount` euro.

    >>> Constant(700.0).limited_mean(np.array([500.0, 900.0])).tolist()
    [500.0, 700.0]
    """

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

    @property
    def breaks(self) -> tuple[float, ...]:
        return (self.amount,)


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

    @property
    def is_smooth(self) -> bool:
        return True

    @property
    def breaks(self) -> tuple[float, ...]:
        return (self.low, self.high)

    def density(self, x: FloatArray) -> FloatArray:
        return np.where((x >= self.low) & (x < self.high), 1.0 / (np.maximum(x, self.low) * self._log), 0.0)

    def bend(self, a: FloatArray, b: FloatArray) -> FloatArray:
        fourth = np.where((b <= self.low) | (a >= self.high), 0.0, 24.0 / (np.maximum(a, self.low) ** 5 * self._log))
        return np.where(_strictly_in(a, b, self.breaks), np.inf, fourth)

    def decay(self, w: FloatArray) -> FloatArray:
        """The density rises once, to 1 / (low log), and falls: its total variation is twice that."""
        return np.minimum(1.0, 2.0 / (self.low * self._log * w))

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

    @property
    def is_smooth(self) -> bool:
        return True

    @property
    def breaks(self) -> tuple[float, ...]:
        return ()

    def density(self, x: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(x > 0, np.exp(-0.5 * self._z(x) ** 2) / (x * self.sigma * math.sqrt(2 * math.pi)), 0.0)

    def bend(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """x^5 times the fourth derivative is a polynomial in w = z / sigma times the normal density (docs/engine.md)."""
        za, zb = self._z(a), self._z(b)
        w, k = np.maximum(np.abs(za), np.abs(zb)) / self.sigma, self.sigma**-2
        nearest = np.where((za < 0) & (zb > 0), 0.0, np.minimum(np.abs(za), np.abs(zb)))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            size = (w + 1) * (w + 2) * (w + 3) * (w + 4) + k * (6 * w * w + 30 * w + 35) + 3 * k * k
            out = size * np.exp(-0.5 * nearest**2) / (self.sigma * math.sqrt(2 * math.pi) * a**5)
        return np.where(a > 0, out, np.inf)

    def decay(self, w: FloatArray) -> FloatArray:
        """The path of integration turned by an angle t: |E exp(sX)| <= exp(t^2 / (2 sigma^2)) E exp(-w sin(t) X)."""
        turn = min(1.25, 3 * self.sigma)
        a, t = np.asarray(w)[..., None] * math.sin(turn), 0.25 * 2.0 ** np.arange(9)
        steps = np.diff(1.0 - self.exceedance(t / a), axis=-1, prepend=0.0)
        laplace = np.sum(steps * np.exp(-np.append(0.0, t[:-1])), axis=-1) + 2e-15  # round-off, and exp(-64)
        return np.asarray(np.minimum(1.0, math.exp(turn**2 / (2 * self.sigma**2)) * laplace))

    def peak(self, x: FloatArray) -> FloatArray:
        return self.density(np.maximum(x, self.median * math.exp(-(self.sigma**2))))

    def turned(self, x: FloatArray) -> FloatArray | None:
        """On the path the density is exp(TURN^2 / (2 sigma^2)) times as large."""
        return math.exp(TURN**2 / (2 * self.sigma**2)) * self.exceedance(x) if self.sigma >= 0.1 else None


@dataclass(frozen=True)
class Gamma:
    """Gamma with `shape` (1 is the exponential) and `scale` in euro; mean shape * scale.

    >>> x = Gamma(2.0, 300.0)
    >>> x.mean, x.square
    (600.0, 540000.0)
    """

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

    @property
    def is_smooth(self) -> bool:
        return True

    @property
    def breaks(self) -> tuple[float, ...]:
        return ()

    def _density(self, y: FloatArray, power: float) -> FloatArray:
        from scipy.special import gammaln, xlogy

        with np.errstate(divide="ignore"):
            return np.asarray(np.exp(xlogy(power, y) - gammaln(self.shape)))

    def density(self, x: FloatArray) -> FloatArray:
        y = x / self.scale
        return np.asarray(self._density(y, self.shape - 1) * np.exp(-y) / self.scale)

    def bend(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Leibniz: sum over j of (4 over j) |falling factorial of shape - 1| y^(shape - 1 - j) exp(-y)."""
        low, high, total, factor = a / self.scale, b / self.scale, np.zeros(np.shape(a)), 1.0
        for j in range(5):
            if factor:
                power = self.shape - 1 - j
                largest = np.maximum(self._density(low, power), self._density(high, power))
                total = total + math.comb(4, j) * abs(factor) * largest
            factor *= self.shape - 1 - j
        return np.asarray(total * np.exp(-low) / self.scale**5)

    def decay(self, w: FloatArray) -> FloatArray:
        """|1 - s scale|^-shape."""
        return np.asarray((1 + (w * self.scale) ** 2) ** (-self.shape / 2))

    def peak(self, x: FloatArray) -> FloatArray:
        y = np.maximum(x, (self.shape - 1) * self.scale)
        return self.density(y)

    def turned(self, x: FloatArray) -> FloatArray | None:
        """On the path exp(-y / scale) has the size of exp(-y cos(TURN) / scale): another gamma, times cos^-shape."""
        slower = math.cos(TURN)
        return slower**-self.shape * Gamma(self.shape, self.scale / slower).exceedance(x) if self.shape < 60 else None


@dataclass(frozen=True)
class GeneralizedPareto:
    """`threshold` plus an excess with P(excess > y) = (1 + shape y / scale)^(-1/shape); scale and threshold in euro.

    The tail index is 1/shape; the mean is infinite from shape 1 on. `shape` >= 0 (0: exponential excess).

    >>> GeneralizedPareto(scale=500.0, shape=0.5, threshold=1000.0).mean
    2000.0
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

    @property
    def is_smooth(self) -> bool:
        return True

    @property
    def breaks(self) -> tuple[float, ...]:
        return (self.threshold,) if self.threshold else ()

    def density(self, x: FloatArray) -> FloatArray:
        return np.where(x >= self.threshold, self.peak(x), 0.0)

    def bend(self, a: FloatArray, b: FloatArray) -> FloatArray:
        y = np.maximum(a - self.threshold, 0.0)
        rise = math.prod(1 + j * self.shape for j in range(1, 5)) / (self.scale + self.shape * y) ** 4
        fourth = np.where(b <= self.threshold, 0.0, rise * self.peak(a))
        return np.where(_strictly_in(a, b, self.breaks), np.inf, fourth)

    def decay(self, w: FloatArray) -> FloatArray:
        """The density jumps to 1 / scale and falls: its total variation is twice that."""
        return np.minimum(1.0, 2.0 / (self.scale * w))

    def peak(self, x: FloatArray) -> FloatArray:
        return np.exp((1 + self.shape) * self._log_survival(x)) / self.scale

    def turned(self, x: FloatArray) -> FloatArray | None:
        """From 0 on |1 + shape y exp(i TURN) / scale| >= 1 + shape y cos(TURN) / scale: another one, over cos(TURN)."""
        if self.threshold:
            return None
        slower = math.cos(TURN)
        return GeneralizedPareto(self.scale / slower, self.shape).exceedance(x) / slower


def _strictly_in(a: FloatArray, b: FloatArray, points: tuple[float, ...]) -> FloatArray:
    """Whether any of the points lies inside the cell a..b, its ends left out."""
    return np.asarray(np.any([(a < p) & (p < b) for p in points] or [np.zeros(np.shape(a), bool)], axis=0))


def pareto(least: float, index: float) -> GeneralizedPareto:
    """Pareto above `least` euro: P(X > x) = (least / x)^index. The mean is infinite when index <= 1.

    >>> pareto(1_000, 2).mean
    2000.0
    """
    positive("least", least)
    positive("index", index)
    return GeneralizedPareto(scale=least / index, shape=1 / index, threshold=least)


def limited_mean(severity: Severity, x: ArrayLike) -> FloatArray:
    """E min(X, x) for scalars or arrays of x >= 0, in euro, with x checked.

    >>> limited_mean(LogUniform(10.0, 100.0), [10.0, 1e6]).round(4).tolist()
    [10.0, 39.0865]
    """
    return severity.limited_mean(finite_array("x", x, least=0.0))
