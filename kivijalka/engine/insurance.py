"""Insurance per event: the part of a loss that a cover pays (ceded) and the part that stays (net)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from kivijalka.engine.errors import BadInput, FloatArray, not_negative
from kivijalka.engine.law import Severity


@dataclass(frozen=True)
class Cover:
    """A cover that pays the part of each event above `deductible`, at most `limit` euro (inf: no limit).

    >>> from kivijalka.engine.severity import Constant
    >>> cover = Cover(deductible=200.0, limit=500.0)
    >>> cover.ceded(Constant(1000.0)).mean, cover.net(Constant(1000.0)).mean
    (500.0, 500.0)
    """

    deductible: float
    limit: float = math.inf

    def __post_init__(self) -> None:
        not_negative("deductible", self.deductible)
        if not self.limit > 0:
            raise BadInput("limit", self.limit, "a number above 0, or inf")

    def ceded(self, severity: Severity) -> Ceded:
        return Ceded(severity, self.deductible, self.limit)

    def net(self, severity: Severity) -> Net:
        return Net(severity, self.deductible, self.limit)


class _Layered(ABC):
    """Second moment by 2 * integral of x P(X > x), shared by the two parts of a layered loss."""

    @abstractmethod
    def limited_mean(self, x: FloatArray) -> FloatArray: ...

    @property
    @abstractmethod
    def mean(self) -> float: ...

    @property
    def square(self) -> float:
        return second_moment(self)


@dataclass(frozen=True)
class Ceded(_Layered):
    """min((X - deductible)+, limit): E min(ceded, y) = L(d + min(y, limit)) - L(d), with L(x) = E min(X, x).

    Source: Klugman, Panjer, Willmot, Loss Models, 5th ed., section 8.

    >>> from kivijalka.engine.severity import Gamma
    >>> x = Gamma(1, 1000.0)
    >>> round(Cover(500, 1000).ceded(x).mean + Cover(500, 1000).net(x).mean, 6)
    1000.0
    """

    severity: Severity
    deductible: float
    limit: float

    @property
    def mean(self) -> float:
        floor = float(self.severity.limited_mean(np.asarray(self.deductible)))
        if math.isinf(self.limit):
            return self.severity.mean - floor
        return float(self.severity.limited_mean(np.asarray(self.deductible + self.limit))) - floor

    def limited_mean(self, x: FloatArray) -> FloatArray:
        floor = self.severity.limited_mean(np.asarray(self.deductible))
        return np.asarray(self.severity.limited_mean(self.deductible + np.minimum(x, self.limit)) - floor)

    def exceedance(self, x: FloatArray) -> FloatArray:
        return np.where(x < self.limit, self.severity.exceedance(self.deductible + np.minimum(x, self.limit)), 0.0)


@dataclass(frozen=True)
class Net(_Layered):
    """X less what the cover pays.

    >>> from kivijalka.engine.severity import Constant
    >>> Net(Constant(1000.0), deductible=200.0, limit=500.0).mean
    500.0
    """

    severity: Severity
    deductible: float
    limit: float

    @property
    def mean(self) -> float:
        return self.severity.mean - Ceded(self.severity, self.deductible, self.limit).mean

    def limited_mean(self, x: FloatArray) -> FloatArray:
        below = self.severity.limited_mean(np.minimum(x, self.deductible))
        if math.isinf(self.limit):
            return below
        above = self.severity.limited_mean(np.maximum(x, self.deductible) + self.limit)
        return np.asarray(below + above - self.severity.limited_mean(np.asarray(self.deductible + self.limit)))

    def exceedance(self, x: FloatArray) -> FloatArray:
        if math.isinf(self.limit):
            return np.where(x < self.deductible, self.severity.exceedance(np.minimum(x, self.deductible)), 0.0)
        shifted = np.where(x < self.deductible, x, x + self.limit)
        return self.severity.exceedance(shifted)


def second_moment(severity: _Layered | Severity, nodes: int = 4001) -> float:
    """E X^2 = 2 * integral of (E X - E min(X, x)), by Simpson's rule in log x; inf where it does not settle.

    >>> from kivijalka.engine.severity import Gamma
    >>> round(second_moment(Gamma(1, 10.0)), 3)
    200.0
    """
    mean = severity.mean
    if not math.isfinite(mean):
        return math.inf
    if mean == 0:
        return 0.0
    low, high = mean * 1e-9, mean * 1e9
    step = np.linspace(math.log(low), math.log(high), nodes)
    x = np.exp(step)
    rest = np.maximum(mean - severity.limited_mean(x), 0.0)
    rest[rest < 1e-13 * mean] = 0.0
    if rest[-1] > 1e-6 * mean:
        return math.inf
    weights = np.ones(nodes)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    return float(2 * (np.sum(weights * rest * x) * (step[1] - step[0]) / 3 + mean * low))
