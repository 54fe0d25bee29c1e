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
        """By parts: the density's ends, and its slope from 1 / (low^2 log) down to 0; or its total variation."""
        ends = np.minimum(2 / self.low, 1 / self.low + 1 / self.high + 2 / (self.low**2 * w))
        return np.minimum(1.0, ends / (self._log * w))

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

    def density(self, x: FloatArray) -> FloatArray:
        from scipy.special import gammaln, xlogy

        y = np.asarray(x / self.scale)
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(np.exp(xlogy(self.shape - 1, y) - y - gammaln(self.shape)) / self.scale)

    def bend(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """With n = shape - 1 and u = n / y - 1, f' is f u, and the fourth one f (u^4 + 6 u^2 u' + 3 u'^2 + 4 u u'' + u''')."""
        low, high, n = a / self.scale, b / self.scale, abs(self.shape - 1)
        mode = np.clip(self.shape - 1, low, high) * self.scale  # the density has one hump
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            u = np.maximum(np.abs((self.shape - 1) / low - 1), np.abs((self.shape - 1) / high - 1))
            size = u**4 + (6 * u**2 * n + (8 * u * n + (3 * n * n + 6 * n) / low) / low) / low**2
            return np.where(low > 0, self.density(mode) * size / self.scale**4, np.inf if n else self.scale**-5.0)

    def decay(self, w: FloatArray) -> FloatArray:
        """|1 - s scale|^-shape."""
        return np.asarray((1 + (w * self.scale) ** 2) ** (-self.shape / 2))

    def peak(self, x: FloatArray) -> FloatArray:
        return self.density(np.maximum(x, (self.shape - 1) * self.scale))

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
        """The excess is a mixture of exponentials, of densities r exp(-r y), and |r / (r - s)| <= r / |s|."""
        return np.minimum(1.0, 1.0 / (self.scale * w))

    def peak(self, x: FloatArray) -> FloatArray:
        return np.exp((1 + self.shape) * self._log_survival(x)) / self.scale

    def jumps(self, x: FloatArray) -> FloatArray:
        return np.where(x < self.threshold, 1 / self.scale, 0.0)

    def turned(self, x: FloatArray) -> FloatArray | None:
        """Along the path the density is at most that at the real part: the law's own formula there, over cos(TURN)."""
        slower = math.cos(TURN)
        y = (slower * np.maximum(x, self.threshold) - self.threshold) / self.scale
        least = self.threshold * (1 - slower) / self.scale  # the path begins so far below the threshold
        if self.shape * least > 0.8 or least > 5:
            return None
        return (np.exp(-y) if self.shape == 0 else np.exp(-np.log1p(self.shape * y) / self.shape)) / slower


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
