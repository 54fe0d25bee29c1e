"""Calibration: do an estimator's intervals and probabilities hold, and how sure can one be with so few of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kivijalka.engine.errors import BadInput, FloatArray, finite_array, level


@dataclass(frozen=True)
class Coverage:
    """Share of intervals that held the truth, with an exact 90 % interval (Clopper and Pearson 1934).

    `verdict` is "too narrow", "too wide" or "no evidence either way" against the stated share.
    """

    share: float
    low: float
    high: float
    stated: float
    count: int

    @property
    def verdict(self) -> str:
        if self.high < self.stated:
            return "too narrow"
        return "too wide" if self.low > self.stated else "no evidence either way"


def coverage(low: ArrayLike, high: ArrayLike, truth: ArrayLike, stated: float = 0.9) -> Coverage:
    """How often [low, high] held the truth, for intervals that were stated to hold it with probability `stated`.

    >>> coverage([0] * 10, [1] * 10, [0.5] * 8 + [2.0] * 2).verdict
    'no evidence either way'
    """
    from scipy.special import betaincinv

    a, b, t = (finite_array(n, v) for n, v in (("low", low), ("high", high), ("truth", truth)))
    if not len(a) == len(b) == len(t) or not len(a) or (a > b).any():
        raise BadInput("low", (len(a), len(b), len(t)), "arrays of one length, at least one interval, low <= high")
    n, k = len(t), int(((a <= t) & (t <= b)).sum())
    bottom = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, 0.05))
    top = 1.0 if k == n else float(betaincinv(k + 1, n - k, 0.95))
    return Coverage(k / n, bottom, top, level("stated", stated), n)


@dataclass(frozen=True)
class Score:
    """Mean score, its standard error, and the score that a well calibrated estimator would expect (lower is better)."""

    mean: float
    error: float
    expected: float
    count: int


def brier(probability: ArrayLike, happened: ArrayLike) -> Score:
    """Brier score: mean of (p - outcome)^2; expected is the mean of p (1 - p).

    >>> brier([0.9, 0.2], [1, 0]).mean.__round__(3)
    0.025
    """
    p, y = _checked(probability, happened)
    return _score((p - y) ** 2, p * (1 - p))


def log_score(probability: ArrayLike, happened: ArrayLike) -> Score:
    """Logarithmic score: mean of -log of the probability given to what happened; inf when that was 0.

    >>> round(log_score([0.5, 0.5], [1, 0]).mean, 4)
    0.6931
    """
    p, y = _checked(probability, happened)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = -np.log(np.where(y == 1, p, 1 - p))
        entropy = -(np.where(p > 0, p * np.log(p), 0.0) + np.where(p < 1, (1 - p) * np.log(1 - p), 0.0))
    return _score(loss, entropy)


def _checked(probability: ArrayLike, happened: ArrayLike) -> tuple[FloatArray, FloatArray]:
    p, y = finite_array("probability", probability, least=0.0), finite_array("happened", happened)
    if len(p) != len(y) or not len(p) or (p > 1).any():
        raise BadInput("probability", len(p), f"{len(y)} numbers from 0 to 1, at least one")
    if not np.isin(y, (0.0, 1.0)).all():
        raise BadInput("happened", y.tolist()[:5], "only 0 and 1, or False and True")
    return p, y


def _score(each: FloatArray, expected: FloatArray) -> Score:
    n = len(each)
    error = float(each.std(ddof=1) / np.sqrt(n)) if n > 1 and np.isfinite(each).all() else float("inf")
    return Score(float(each.mean()), error, float(expected.mean()), n)
