"""How often a risk happens and what it costs then: from its estimate, else from its levels by their policy.

A level is a range, and all that is known is the range: the rate of a level is log-uniform in it, with its mean in the
curve and the whole of it in the band. The dimensions of one event rise together: its loss is log-uniform from the sum of
the low ends to the sum of the high ends. An estimate is a gamma for the rate and a lognormal for the loss, as on the
risk's own page (`risks.estimates`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from kivijalka.engine import Cover, Lognormal, LogUniform, Severity
from kivijalka.engine.learning import GammaRate
from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.scales import DIMENSIONS, Scales

# Rows that a process keeps worked out (some 300 bytes each), and readings: another where a policy was put in force.
MOST_ROWS, MOST_READINGS = 50_000, 4
# What is read of a risk.
COLUMNS = (
    "sign", "common_causes", "frequency_low", "frequency_high", "loss_low", "loss_high", "current_levels",
    "current_under", "target_levels", "target_under", "likelihood", "impact",
)  # fmt: skip
Layer = tuple[float, float]  # euro of one event, from and up to which somebody else pays


class Basis(StrEnum):
    """What a risk's figures rest on."""

    LEVEL = "level"
    ESTIMATE = "estimate"
    TESTED = "tested"


@dataclass(frozen=True, slots=True)
class Terms:
    """`rate` is what is known of the events a year, `severity` what one costs in euro. Of both the means: `often`, events
    a year, and `mean`, the expected loss of a year in euro; a page asks thousands of them, and more than once."""

    rate: GammaRate
    severity: Severity
    often: float = field(init=False, compare=False)
    mean: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "often", self.rate.mean)
        object.__setattr__(self, "mean", self.rate.mean * self.severity.mean)

    def net(self, layers: tuple[Layer, ...]) -> Terms:
        """What stays of it where others pay the part of each event in these layers."""
        return _net(self, layers) if layers else self


@lru_cache(maxsize=20_000)
def _net(terms: Terms, layers: tuple[Layer, ...]) -> Terms:
    return Terms(terms.rate, net_of(terms.severity, layers))


# What a risk's figures rest on, now and at its target, which is never worse than now.
Told = tuple[Basis, Terms, Terms]


class Judged(NamedTuple):
    """What a risk says of its losses. `told` is None where nobody has judged it."""

    sign: str
    causes: tuple[str, ...]
    told: Told | None


@lru_cache(maxsize=20_000)
def of_estimate(frequency_low: float, frequency_high: float, loss_low: float, loss_high: float) -> Terms:
    """The terms of two ranges that hold nine times in ten: events a year, euro of one event.

    >>> terms = of_estimate(0.1, 1.0, 1_000, 100_000)
    >>> round(terms.rate.mean, 3), round(terms.severity.median)
    (0.448, 10000)
    """
    return Terms(GammaRate.from_interval(frequency_low, frequency_high), Lognormal.from_interval(loss_low, loss_high))


class Reading:
    """Rows of risks as their policies mean them. Each combination of levels and each row is worked out once."""

    def __init__(self, policies: Mapping[UUID, Scales]) -> None:
        self.policies = policies
        self.known: dict[tuple[UUID, str], Terms] = {}
        self.rows: dict[str, Judged] = {}

    def of_row(self, row: str) -> Judged:
        """A risk's columns (COLUMNS) as one text, with bars between them: a city's page reads thousands, most as before."""
        found = self.rows.get(row)
        if found is None:
            if len(self.rows) >= MOST_ROWS:
                self.rows.clear()
            sign, causes, *rest = row.split("|")
            found = Judged(sign, tuple(filter(None, causes.strip("{}").split(","))), self._told(*rest))
            self.rows[row] = found
        return found

    def _told(
        self, frequency_low: str, frequency_high: str, loss_low: str, loss_high: str, current_levels: str,
        current_under: str, target_levels: str, target_under: str, likelihood: str, impact: str,
    ) -> Told | None:  # fmt: skip
        current, target = self._of_kept(current_levels, current_under), self._of_kept(target_levels, target_under)
        if current is None and likelihood and impact:
            # A version from before the levels of each dimension stood on the risk: its worst impact alone is known.
            current = self.of_worst(int(likelihood), int(impact))
        if not frequency_low:
            return None if current is None else (Basis.LEVEL, current, lesser(target, current))
        now = of_estimate(float(frequency_low), float(frequency_high), float(loss_low), float(loss_high))
        moved = self.moved(now, current, target) if current and target else target
        return Basis.ESTIMATE, now, lesser(moved, now)

    def _of_kept(self, levels: str, under: str) -> Terms | None:
        if not levels or not under or UUID(under) not in self.policies:
            return None
        return self.of_levels(levels, UUID(under))

    def of_levels(self, levels: str, under: UUID) -> Terms:
        """The terms of an assessment: `levels` as `risks.rules.levels_in_short` writes them."""
        key = under, levels
        if key not in self.known:
            likelihood, *impacts = map(int, levels)
            self.known[key] = _of_levels(self.policies[under], likelihood, tuple(impacts))
        return self.known[key]

    def of_worst(self, likelihood: int, impact: int) -> Terms | None:
        """The terms of the worst impact alone, as if it were of money, by the latest policy; None where there is none."""
        latest = next(iter(self.policies), None)
        if latest is None:
            return None
        return self.of_levels(
            f"{likelihood}{''.join(str(impact * (name == 'finance')) for name in DIMENSIONS)}", latest
        )

    def moved(self, now: Terms, current: Terms, target: Terms) -> Terms:
        """An estimate of the present as it would be at the target: moved as far as the levels say."""
        often = target.often / current.often
        dear = target.severity.mean / current.severity.mean
        if not isinstance(now.severity, Lognormal):
            return target
        rate = GammaRate(now.rate.shape, now.rate.exposure / often)
        return Terms(rate, Lognormal(now.severity.median * dear, now.severity.sigma))


def lesser(target: Terms | None, now: Terms) -> Terms:
    """The target, where it costs less than the present."""
    return target if target is not None and target.mean < now.mean else now


_readings: dict[tuple[UUID, ...], Reading] = {}


def reading_of(versions: Sequence[PolicyVersion]) -> Reading:
    """The reading by these decided versions, which never change: kept with all that it has worked out."""
    key = tuple(version.pk for version in versions)
    found = _readings.get(key)
    if found is None:
        if len(_readings) >= MOST_READINGS:
            _readings.clear()
        found = _readings[key] = Reading({version.pk: version.scales for version in versions})
    return found


@lru_cache(maxsize=20_000)
def _ranges(low: float, high: float) -> GammaRate:
    """A rate of which only its level's range is known: the gamma with the mean and variance of the log-uniform law."""
    law = LogUniform(low, high)
    variance = law.square - law.mean**2
    return GammaRate(law.mean**2 / variance, law.mean / variance)


def _of_levels(scales: Scales, likelihood: int, impacts: tuple[int, ...]) -> Terms:
    often = scales.likelihood[likelihood - 1]
    steps = [scales.dimension(name).levels[level - 1] for name, level in zip(DIMENSIONS, impacts, strict=True) if level]
    return Terms(
        _ranges(often.low, often.high), LogUniform(sum(step.low for step in steps), sum(step.high for step in steps))
    )


def net_of(severity: Severity, layers: tuple[Layer, ...]) -> Severity:
    """What stays of one event. Layers that overlap pay once.

    >>> from kivijalka.engine import Constant
    >>> net_of(Constant(1000.0), ((100.0, 400.0), (300.0, 600.0))).mean
    500.0
    """
    for low, high in reversed(joined(layers)):
        severity = Cover(low, high - low).net(severity)
    return severity


def joined(layers: Sequence[Layer]) -> list[Layer]:
    """The same money without overlaps, the lowest first.

    >>> joined([(300.0, 600.0), (100.0, 400.0), (900.0, math.inf)])
    [(100.0, 600.0), (900.0, inf)]
    """
    found: list[Layer] = []
    for low, high in sorted(layers):
        if found and low <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return found
