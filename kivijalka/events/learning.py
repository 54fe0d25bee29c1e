"""What events say of an estimate: a rate and a loss as they were thought of, corrected by what was seen since.

The thought range of the rate is a gamma prior, counted events its likelihood; the thought range of one loss a lognormal
prior worth a few losses (`kivijalka.engine.learning`). Below the threshold of reporting nobody has to record anything, so
what was seen counts as that share of all events which is expected above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from kivijalka.engine.learning import GammaRate, fit_lognormal, lognormal_posterior
from kivijalka.engine.severity import Lognormal
from kivijalka.risks.models import ENDS

Range = tuple[float, float]
# A thought range of one loss counts as much as so many losses; fewer losses than the least say nothing of it.
WORTH, LEAST = 4.0, 3
# From so many losses on, what the threshold hides is reckoned with.
FITTED = 12
# However little of its losses is thought to be above the threshold, an event that was recorded shows that some is.
LEAST_SEEN = 0.02
SHORTEST = 30 / 365.25
INSIDE = (0.05, 0.95)
SELDOM = 0.05


@dataclass(frozen=True)
class Learned:
    """What was thought, what was seen in how many years, and both together; each range holds nine in ten.

    `moved` is "more" or "less" where so many or so few events would have come in one of twenty such times at most, else
    "as_thought". `rate_weight` and `loss_weight`, from 0 to 1, are what the thought still weighs. Without enough losses the last
    two are None.
    """

    thought_rate: Range
    thought_loss: Range
    years: float
    losses: tuple[float, ...]
    rate: Range
    rate_weight: float
    moved: str
    loss: Range | None = None
    loss_weight: float | None = None

    @property
    def count(self) -> int:
        return len(self.losses)

    @property
    def seen_rate(self) -> float:
        """Events a year, as they were seen."""
        return self.count / self.years

    @property
    def seen_loss(self) -> Range | None:
        """The least and the dearest that was seen."""
        return (min(self.losses), max(self.losses)) if self.losses else None

    @property
    def proposed(self) -> dict[str, float]:
        """The corrected ranges as the answers of a new estimate, rounded to what can be known."""
        ends = (*self.rate, *(self.loss or self.thought_loss))
        return {name: rounded(end) for name, end in zip(ENDS, ends, strict=True)}


def learn(thought: Mapping[str, Any], losses: Sequence[float], years: float, threshold: float = 0.0) -> Learned | None:
    """A thought estimate corrected by the losses of `years`; None where too little time has gone by to say anything.

    Losses at or below the threshold are left out: of those it is not known how many there were.
    """
    if years < SHORTEST:
        return None
    rate, loss = ((float(thought[a]), float(thought[b])) for a, b in (ENDS[:2], ENDS[2:]))
    known = tuple(sorted(x for x in losses if x >= threshold))
    prior, dear = GammaRate.from_interval(*rate), Lognormal.from_interval(*loss)
    share = max(float(dear.exceedance(np.asarray(threshold))), LEAST_SEEN) if threshold > 0 else 1.0
    after = prior.seen(len(known), years, reported=share)
    low, high = (float(end) for end in after.quantile(INSIDE))
    corrected = _loss_after(dear, [x for x in known if x > 0], threshold)
    weight, moved = after.prior_weight(prior), _moved(prior, len(known), years * share)
    return Learned(rate, loss, years, known, (low, high), weight, moved, *corrected)


def _moved(prior: GammaRate, count: int, years: float) -> str:
    """Whether what came is more or less than what was thought lets one expect."""
    chances = prior.predictive(np.arange(count + 1), years)
    if 1 - float(chances[:count].sum()) < SELDOM:
        return "more"
    return "less" if float(chances.sum()) < SELDOM else "as_thought"


def _loss_after(prior: Lognormal, losses: list[float], threshold: float) -> tuple[Range, float] | tuple[None, None]:
    """The range of one loss after those that were seen, and what the thought weighs in it."""
    if len(losses) < LEAST:
        return None, None
    after = lognormal_posterior(prior, WORTH, _with_hidden(losses, threshold))
    wide = 1.6448536269514722 * after.sigma
    return (float(after.median * np.exp(-wide)), float(after.median * np.exp(wide))), WORTH / (WORTH + len(losses))


def _with_hidden(losses: list[float], threshold: float) -> Sequence[float]:
    """Losses with the middle and the spread that all would have, not only those that were recorded."""
    above = [x for x in losses if x > threshold]
    if threshold <= 0 or len(above) < FITTED or len(set(above)) < LEAST:
        return losses
    fitted, logs = fit_lognormal(above, threshold=threshold).severity, np.log(above)
    assert isinstance(fitted, Lognormal)
    spread = max(float(logs.std()), 1e-9)
    return [float(x) for x in np.exp(np.log(fitted.median) + (logs - logs.mean()) * fitted.sigma / spread)]


def rounded(value: float) -> float:
    """Two digits that count: a range does not know more."""
    return float(f"{value:.2g}")


def years_between(first: date, last: date) -> float:
    return (last - first).days / 365.25
