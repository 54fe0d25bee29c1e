"""Learning: frequencies and severities corrected by what was observed, and credibility between units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kivijalka.engine.errors import (
    BadInput,
    FloatArray,
    IntArray,
    finite_array,
    interval,
    level,
    not_negative,
    positive,
)
from kivijalka.engine.severity import GeneralizedPareto, Lognormal


@dataclass(frozen=True)
class GammaRate:
    """What we know of a yearly rate: gamma with `shape` and `exposure` years; as if `shape` events in as many years.

    >>> prior = GammaRate.from_interval(0.1, 1.0)
    >>> after = prior.seen(events=3, years=5.0)
    >>> round(prior.mean, 3), round(after.mean, 3), round(after.prior_weight(prior), 3)
    (0.448, 0.521, 0.521)
    """

    shape: float
    exposure: float

    def __post_init__(self) -> None:
        positive("shape", self.shape)
        positive("exposure", self.exposure)

    @classmethod
    def from_interval(cls, low: float, high: float, inside: float = 0.9) -> GammaRate:
        """The gamma whose central `inside` interval is [low, high] events a year (a level's range, an estimate)."""
        from scipy.optimize import brentq
        from scipy.special import gammaincinv

        interval("range", low, high)
        side, goal = (1 - level("inside", inside)) / 2, math.log(high / low)

        def miss(log_shape: float) -> float:
            a = math.exp(log_shape)
            bottom = max(float(gammaincinv(a, side)), 1e-300)
            return math.log(float(gammaincinv(a, 1 - side)) / bottom) - goal

        if not miss(math.log(0.01)) > 0 > miss(math.log(1e7)):
            raise BadInput("range", (low, high), "ends that differ by a factor from about 1.002 to 1e100")
        shape = math.exp(float(brentq(miss, math.log(0.01), math.log(1e7), xtol=1e-13)))
        return cls(shape, float(gammaincinv(shape, 1 - side)) / high)

    @property
    def mean(self) -> float:
        """Expected rate, events a year."""
        return self.shape / self.exposure

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Quantile of the rate, events a year."""
        from scipy.special import gammaincinv

        return np.asarray(gammaincinv(self.shape, np.asarray(p, float)) / self.exposure)

    def seen(self, events: float, years: float, *, reported: float = 1.0) -> GammaRate:
        """Corrected by `events` in `years`; `reported` is the expected share of events known by now (late reports)."""
        not_negative("events", events)
        not_negative("years", years)
        if not 0 < reported <= 1:
            raise BadInput("reported", reported, "a number above 0, at most 1")
        return GammaRate(self.shape + events, self.exposure + years * reported)

    def prior_weight(self, prior: GammaRate) -> float:
        """Weight of the prior's mean in this mean, from 0 to 1: the prior's exposure over the whole exposure."""
        return prior.exposure / self.exposure

    def predictive(self, events: ArrayLike, years: float = 1.0) -> FloatArray:
        """P(number of events in `years`): negative binomial."""
        from scipy.special import gammaln

        n = finite_array("events", events, least=0.0)
        q = positive("years", years) / (self.exposure + years)
        log_p = gammaln(self.shape + n) - gammaln(self.shape) - gammaln(n + 1)
        return np.asarray(np.exp(log_p + n * math.log(q) + self.shape * math.log1p(-q)))


@dataclass(frozen=True)
class Fit:
    """A severity fitted by maximum likelihood; `errors` are standard errors of its parameters, in their order."""

    severity: Lognormal | GeneralizedPareto
    errors: tuple[float, ...]
    log_likelihood: float
    used: int


def indexed(losses: ArrayLike, index: ArrayLike, now: float) -> FloatArray:
    """Losses in today's euro: each times now / (price index when it happened).

    >>> indexed([100.0, 100.0], [80.0, 100.0], 120.0).tolist()
    [150.0, 120.0]
    """
    return finite_array("losses", losses, least=0.0) * positive("now", now) / finite_array("index", index, least=1e-300)


def fit_lognormal(losses: ArrayLike, *, threshold: float = 0.0) -> Fit:
    """Lognormal from losses known only above a reporting `threshold` (euro): likelihood f(x) / P(X > threshold).

    Errors are from the observed information for (log median, sigma). Losses at or below the threshold are refused.

    >>> seen = Lognormal(1000.0, 0.8).median * np.exp(0.8 * np.random.default_rng(1).normal(size=2000))
    >>> fit = fit_lognormal(seen[seen > 500.0], threshold=500.0)
    >>> abs(fit.severity.median - 1000.0) < 100.0, abs(fit.severity.sigma - 0.8) < 0.1
    (True, True)
    """
    from scipy.optimize import minimize
    from scipy.special import log_ndtr

    y = np.log(_above(losses, threshold, 3))
    cut = math.log(threshold) if threshold > 0 else -math.inf

    def minus(v: FloatArray) -> float:
        mu, sigma = float(v[0]), math.exp(float(v[1]))
        z = (y - mu) / sigma
        return float(
            0.5 * (z**2).sum()
            + len(y) * (math.log(sigma) + 0.9189385332046727)
            + len(y) * (float(log_ndtr((mu - cut) / sigma)) if threshold > 0 else 0.0)
            + y.sum()
        )

    spread = max(float(y.std()), 1e-6)
    best = minimize(
        minus,
        [float(y.mean()), math.log(spread)],
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-10, "maxiter": 4000},
    )
    mu, sigma = float(best.x[0]), math.exp(float(best.x[1]))
    errors = _errors(minus, best.x)
    return Fit(Lognormal(math.exp(mu), sigma), (errors[0], errors[1] * sigma), -float(best.fun), len(y))


def fit_tail(losses: ArrayLike, threshold: float) -> Fit:
    """Generalised Pareto above `threshold` (euro) by maximum likelihood over shape >= 0 (Coles 2001, chapter 4).

    >>> fit = fit_tail(1e4 * np.random.default_rng(1).random(4000) ** -0.5, 1e4)
    >>> abs(fit.severity.shape - 0.5) < 0.05
    True
    """
    from scipy.optimize import minimize

    excess = _above(losses, threshold, 5) - threshold

    def minus(v: FloatArray) -> float:
        scale, shape = math.exp(float(v[0])), float(v[1])
        if shape < 0:
            return math.inf
        if shape < 1e-8:
            return len(excess) * math.log(scale) + float(excess.sum()) / scale
        return len(excess) * math.log(scale) + (1 + 1 / shape) * float(np.log1p(shape * excess / scale).sum())

    start = [math.log(float(excess.mean())), 0.1]
    best = minimize(minus, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000})
    scale, shape = math.exp(float(best.x[0])), max(float(best.x[1]), 0.0)
    errors = _errors(minus, best.x) if shape > 1e-3 else (math.nan, math.nan)
    return Fit(
        GeneralizedPareto(scale, shape, threshold), (errors[0] * scale, errors[1]), -float(best.fun), len(excess)
    )


def _above(losses: ArrayLike, threshold: float, least: int) -> FloatArray:
    x = finite_array("losses", losses, least=0.0)
    not_negative("threshold", threshold)
    if len(x) < least or (x <= threshold).any():
        raise BadInput(
            "losses", sorted(x.tolist())[:3], f"at least {least} losses, all above the threshold {threshold:g}"
        )
    return x


def _errors(minus: object, at: FloatArray) -> tuple[float, ...]:
    """Standard errors from the curvature of minus log likelihood, by central differences."""
    assert callable(minus)
    n, h = len(at), 1e-4
    curve = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            e, f = np.eye(n)[i] * h, np.eye(n)[j] * h
            curve[i, j] = (minus(at + e + f) - minus(at + e - f) - minus(at - e + f) + minus(at - e - f)) / (4 * h * h)
    try:
        return tuple(float(v) for v in np.sqrt(np.maximum(np.diag(np.linalg.inv(curve)), 0.0)))
    except np.linalg.LinAlgError:
        return (math.nan,) * n


def lognormal_posterior(
    prior: Lognormal, prior_weight: float, losses: ArrayLike, *, spread_weight: float | None = None
) -> Lognormal:
    """Lognormal corrected by losses: normal-inverse-gamma on log losses, the prior worth `prior_weight` losses.

    `spread_weight` (default: the same) is what the prior's sigma is worth. Gives the posterior's centre.
    Source: Gelman et al., Bayesian Data Analysis, 3rd ed., section 3.3.

    >>> after = lognormal_posterior(Lognormal(1000.0, 1.0), 2.0, [4000.0, 4000.0])
    >>> round(after.median), round(after.sigma, 3)
    (2000, 0.99)
    """
    y = np.log(finite_array("losses", losses, least=1e-300))
    k = positive("prior_weight", prior_weight)
    v = positive("spread_weight", k if spread_weight is None else spread_weight)
    if not len(y):
        return prior
    mu, n, mean = math.log(prior.median), len(y), float(y.mean())
    center = (k * mu + n * mean) / (k + n)
    squares = v * prior.sigma**2 + float(((y - mean) ** 2).sum()) + k * n / (k + n) * (mean - mu) ** 2
    return Lognormal(math.exp(center), math.sqrt(squares / (v + n)))


@dataclass(frozen=True)
class Credibility:
    """Bühlmann-Straub: `means[i]` is the unit's corrected mean, `weights[i]` (Z) how much its own experience counts."""

    means: FloatArray
    weights: FloatArray
    overall: float
    within: float
    between: float


def credibility(observed: Sequence[Sequence[float]], volumes: Sequence[Sequence[float]]) -> Credibility:
    """Bühlmann-Straub: units with few events borrow from all. observed[i][t] per unit of volumes[i][t] > 0.

    Source: Bühlmann and Gisler, A Course in Credibility Theory, chapter 4. At least two units, one with two periods.

    >>> c = credibility([[2.0, 4.0], [10.0, 12.0]], [[1.0, 1.0], [1.0, 1.0]])
    >>> c.means.round(3).tolist()
    [3.125, 10.875]
    """
    if len(observed) < 2 or len(observed) != len(volumes):
        raise BadInput("observed", len(observed), "at least two units, and volumes for each")
    x = [finite_array("observed", row) for row in observed]
    w = [finite_array("volumes", row, least=1e-300) for row in volumes]
    if any(len(a) != len(b) or not len(a) for a, b in zip(x, w, strict=True)):
        raise BadInput("volumes", [len(b) for b in w], f"as many as observed: {[len(a) for a in x]}")
    freedom = sum(len(a) - 1 for a in x)
    if freedom < 1:
        raise BadInput("observed", [len(a) for a in x], "a unit with at least two periods")
    volume = np.array([b.sum() for b in w])
    own = np.array([(a * b).sum() / b.sum() for a, b in zip(x, w, strict=True)])
    within = sum(float((b * (a - m) ** 2).sum()) for a, b, m in zip(x, w, own, strict=True)) / freedom
    total = float(volume.sum())
    scatter = float((volume * (own - (volume * own).sum() / total) ** 2).sum())
    between = max(0.0, (scatter - (len(x) - 1) * within) / (total - float((volume**2).sum()) / total))
    z = np.ones(len(x)) if within == 0 and between > 0 else volume * between / (volume * between + max(within, 1e-300))
    overall = float((z * own).sum() / z.sum()) if z.sum() > 0 else float((volume * own).sum() / total)
    return Credibility(z * own + (1 - z) * overall, z, overall, within, between)


def hierarchical(
    observed: Sequence[Sequence[float]], volumes: Sequence[Sequence[float]], parent: Sequence[int]
) -> tuple[Credibility, Credibility]:
    """Two levels: units within divisions (parent[i] is unit i's division), divisions within the whole.

    Gives (units, divisions): a unit's mean leans on its division's corrected mean, that one on the whole
    (Bühlmann and Gisler, chapter 6, with the between-unit variance pooled over divisions).

    >>> observed = [[2.0, 3.0], [4.0, 3.0], [9.0, 11.0], [12.0, 10.0]]
    >>> units, divisions = hierarchical(observed, [[1.0, 1.0]] * 4, [0, 0, 1, 1])
    >>> units.means.round(2).tolist(), divisions.means.round(2).tolist()
    ([3.04, 3.04, 10.46, 10.46], [3.04, 10.46])
    """
    base = credibility(observed, volumes)
    divisions = sorted(set(parent))
    if len(parent) != len(observed) or len(divisions) < 2:
        raise BadInput("parent", list(parent), "one division per unit, at least two divisions")
    index = np.array([divisions.index(d) for d in parent])
    volume = np.array([float(np.sum(v)) for v in volumes])
    own = np.array([float(np.dot(a, b) / np.sum(b)) for a, b in zip(observed, volumes, strict=True)])
    tau = _pooled_between(own, volume, index, base.within)
    z = volume * tau / (volume * tau + max(base.within, 1e-300)) if tau > 0 else np.zeros(len(own))
    weight = z if tau > 0 else volume
    top_weight = np.bincount(index, weight)
    top = np.bincount(index, weight * own) / top_weight
    noise = tau if tau > 0 else base.within
    whole = float((top_weight * top).sum() / top_weight.sum())
    total = float(top_weight.sum())
    scatter = float((top_weight * (top - whole) ** 2).sum()) - (len(top) - 1) * noise
    upper = max(0.0, scatter / (total - float((top_weight**2).sum()) / total))
    share = top_weight * upper / (top_weight * upper + max(noise, 1e-300))
    grand = float((share * top).sum() / share.sum()) if share.sum() > 0 else whole
    corrected = share * top + (1 - share) * grand
    units = Credibility(z * own + (1 - z) * corrected[index], z, grand, base.within, tau)
    return units, Credibility(corrected, share, grand, noise, upper)


def _pooled_between(own: FloatArray, volume: FloatArray, index: IntArray, within: float) -> float:
    scatter = scale = 0.0
    for d in range(int(index.max()) + 1):
        v, m = volume[index == d], own[index == d]
        center = float((v * m).sum() / v.sum())
        scatter += float((v * (m - center) ** 2).sum()) - (len(v) - 1) * within
        scale += float(v.sum() - (v**2).sum() / v.sum())
    return max(0.0, scatter / scale) if scale > 0 else 0.0
