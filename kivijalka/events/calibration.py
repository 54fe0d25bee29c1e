"""How a person's own judgements held: each range of loss against what events cost later, each rate against what came.

A judgement is an estimate, or the levels of an assessment read as the ranges that the policy of its day gave them. It holds
until somebody judges the same risk again. Plain values in and out; where they come from is in `judgements`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from uuid import UUID

import numpy as np

from kivijalka.engine.calibration import Coverage, Score, brier, coverage, log_score
from kivijalka.engine.learning import GammaRate
from kivijalka.engine.severity import Lognormal
from kivijalka.events.learning import LEAST_SEEN, SHORTEST, Range, years_between

# Fewer losses than this prove little, whatever their share.
FEW = 30
STATED = 0.9


@dataclass(frozen=True)
class Judgement:
    """What a person thought of a risk from a day on, until another judgement took its place (None: it still holds)."""

    risk: UUID
    by: UUID | None
    on: date
    rate: Range
    loss: Range
    is_estimate: bool
    until: date | None = None


@dataclass(frozen=True)
class Loss:
    """What an event of a risk cost."""

    event: UUID
    risk: UUID
    on: date
    euro: float


@dataclass(frozen=True)
class Tested:
    """A range of loss, and the loss that tested it."""

    judgement: Judgement
    loss: Loss

    @property
    def side(self) -> str:
        low, high = self.judgement.loss
        return "under" if self.loss.euro < low else "over" if self.loss.euro > high else "within"


@dataclass(frozen=True)
class Forecast:
    """How likely a judgement made it that an event comes while it holds, and whether one came."""

    judgement: Judgement
    chance: float
    came: bool


@dataclass(frozen=True)
class Calibration:
    """All of one person's judgements that time has tested."""

    tested: Sequence[Tested]
    forecasts: Sequence[Forecast]
    held: Coverage | None
    brier: Score | None
    log: Score | None

    @property
    def is_little(self) -> bool:
        return len(self.tested) < FEW


def calibrated(
    judgements: Iterable[Judgement], losses: Iterable[Loss], who: UUID, today: date, threshold: float = 0.0
) -> Calibration:
    """The calibration of one person by the losses that came. `judgements` are everybody's of the same risks."""
    by_risk, came = _in_order(judgements), _losses_of(losses, threshold)
    tested = [
        Tested(said, loss)
        for risk, several in came.items()
        for loss in several
        if (said := in_force(by_risk.get(risk, ()), loss.on)) is not None and said.by == who and loss.euro > 0
    ]
    forecasts = [
        found
        for several in by_risk.values()
        for said in several
        if said.by == who and (found := _forecast(said, came.get(said.risk, ()), today, threshold)) is not None
    ]
    chances, outcomes = [one.chance for one in forecasts], [one.came for one in forecasts]
    low, high = [one.judgement.loss[0] for one in tested], [one.judgement.loss[1] for one in tested]
    held = coverage(low, high, [one.loss.euro for one in tested], stated=STATED) if tested else None
    return Calibration(
        sorted(tested, key=lambda one: (one.loss.on, one.loss.event), reverse=True),
        forecasts,
        held,
        brier(chances, outcomes) if forecasts else None,
        log_score(chances, outcomes) if forecasts else None,
    )


def in_force(judgements: Sequence[Judgement], day: date) -> Judgement | None:
    """What was thought of a risk before a day: the latest estimate, else the latest assessment."""
    before = [one for one in judgements if one.on < day]
    estimates = [one for one in before if one.is_estimate]
    return max(estimates or before, key=lambda one: one.on, default=None)


def _in_order(judgements: Iterable[Judgement]) -> dict[UUID, list[Judgement]]:
    """By risk, each until the next of the same risk."""
    found: dict[UUID, list[Judgement]] = defaultdict(list)
    for one in sorted(judgements, key=lambda one: (one.on, one.is_estimate)):
        found[one.risk].append(one)
    return {
        risk: [replace(a, until=b.on if b else None) for a, b in zip(several, [*several[1:], None], strict=True)]
        for risk, several in found.items()
    }


def _losses_of(losses: Iterable[Loss], threshold: float) -> Mapping[UUID, list[Loss]]:
    """By risk, those that had to be recorded."""
    found: dict[UUID, list[Loss]] = defaultdict(list)
    for one in losses:
        if one.euro >= threshold:
            found[one.risk].append(one)
    return found


def _forecast(said: Judgement, losses: Sequence[Loss], today: date, threshold: float) -> Forecast | None:
    end = said.until or today
    years = years_between(said.on, end)
    if years < SHORTEST:
        return None
    came = any(said.on < one.on <= end for one in losses)
    return Forecast(said, chance(said.rate, said.loss, years, threshold), came)


@lru_cache(maxsize=4096)
def chance(rate: Range, loss: Range, years: float, threshold: float) -> float:
    """How likely such ranges make at least one event that has to be recorded in so many years."""
    often = _rate_of(rate)
    share = float(Lognormal.from_interval(*loss).exceedance(np.asarray(threshold))) if threshold > 0 else 1.0
    recorded = GammaRate(often.shape, often.exposure / max(share, LEAST_SEEN))
    return float(1 - recorded.predictive([0], years)[0])


@lru_cache(maxsize=1024)
def _rate_of(rate: Range) -> GammaRate:
    return GammaRate.from_interval(*rate)
