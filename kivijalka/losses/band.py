"""What is not known of the rates, as a band around the curve: seeded, so that the same records give the same band."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kivijalka.engine import Portfolio, Risk, Severity
from kivijalka.engine.errors import FloatArray
from kivijalka.engine.learning import GammaRate
from kivijalka.engine.uncertainty import band

DRAWS, SEED, INSIDE, POINTS = 100, 20_260_101, 0.9, 2**10


@dataclass(frozen=True)
class Band:
    """P(the year's sum > x) at each x: where 90 % of the curves lie that may be true, judged risk by risk."""

    x: FloatArray
    low: FloatArray
    high: FloatArray

    def once_in(self, years: int) -> tuple[float, float]:
        """Between what losses lies the one that is passed once in so many years, euro."""
        return _where(self.x, self.low, 1 / years), _where(self.x, self.high, 1 / years)


def band_of(known: Sequence[tuple[GammaRate, Severity]], x: FloatArray) -> Band:
    """Risks alike in loss are drawn together: the sum of their rates has the sum of their means and variances."""
    sums: dict[Severity, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for rate, severity in known:
        mean, variance = sums[severity]
        sums[severity] = mean + rate.mean, variance + rate.mean / rate.exposure
    rates = [GammaRate(mean**2 / variance, mean / variance) for mean, variance in sums.values()]
    portfolio = Portfolio([Risk(rate.mean, severity) for rate, severity in zip(rates, sums, strict=True)])
    found = band(portfolio, rates, x, np.random.default_rng(SEED), draws=DRAWS, inside=INSIDE, points=POINTS)
    return Band(x, np.minimum.accumulate(found.low), np.minimum.accumulate(found.high))


def _where(x: FloatArray, p: FloatArray, level: float) -> float:
    """The size at which a falling curve comes down to a level, along the logarithm; its ends where it does not."""
    at = int(np.searchsorted(-p, -level))
    if at in (0, len(x)):
        return float(x[min(at, len(x) - 1)]) if at else 0.0
    share = (p[at - 1] - level) / max(p[at - 1] - p[at], 1e-300)
    return float(x[at - 1] * (x[at] / x[at - 1]) ** share)
