"""What an estimate of a risk says: how often, how dear, and both together.

A rate known by its range is a gamma, a loss a lognormal (`kivijalka.engine`); the largest event of a year is then exact:
P(largest > x) = 1 - (1 + S(x) / b)^-a for a rate of shape a and exposure b, and S the exceedance of one loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _

from kivijalka.engine.learning import GammaRate
from kivijalka.engine.severity import Lognormal
from kivijalka.policy.queries import policy_known
from kivijalka.register.chart import Curve, curve_of, euros
from kivijalka.risks import rules
from kivijalka.risks.models import ENDS, Risk

Sign = Risk.Sign
YEARS = (5, 20, 100)
POINTS = 60


@dataclass(frozen=True)
class Estimate:
    """Two 90 % ranges: events a year, and euros of one event."""

    rate: GammaRate
    loss: Lognormal

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Estimate:
        frequency, loss = (float(given[name]) for name in ENDS[:2]), (float(given[name]) for name in ENDS[2:])
        return cls(GammaRate.from_interval(*frequency), Lognormal.from_interval(*loss))

    @property
    def mean(self) -> float:
        """Expected loss of a year, euro."""
        return self.rate.mean * self.loss.mean

    def largest_over(self, x: Any) -> Any:
        """Probability that the dearest event of a year costs more than x euro."""
        return -np.expm1(-self.rate.shape * np.log1p(self.loss.exceedance(np.asarray(x)) / self.rate.exposure))

    def once_in(self, years: float) -> float | None:
        """The loss that the dearest event of a year passes once in so many years; None: it happens less often at all."""
        from scipy.special import ndtri

        share = self.rate.exposure * np.expm1(-np.log1p(-1 / years) / self.rate.shape)
        if share >= 1:
            return None
        return float(self.loss.median * np.exp(-self.loss.sigma * ndtri(share)))

    def curve(self, label: str) -> Curve:
        """The curve of the dearest event of a year, whose euros have that label."""
        x = np.geomspace(*self._span(), POINTS)
        points = [(float(a), float(b)) for a, b in zip(x, self.largest_over(x), strict=True)]
        return curve_of(points, x=label, y=_("Probability in a year"))

    def _span(self) -> tuple[float, float]:
        middle, wide = np.log(self.loss.median), 3.2 * self.loss.sigma
        return float(np.exp(middle - wide)), float(np.exp(middle + wide))


def begun(risk: Any) -> dict[str, Any]:
    """What the form holds when it opens: the estimate that there is, else the policy's ranges of the present levels."""
    if risk.loss_low is not None:
        return {name: getattr(risk, name) for name in ENDS}
    policy = policy_known(timezone.localdate())
    if policy is None or risk.likelihood is None or risk.impact is None:
        return {}
    money = [one.levels for one in policy.scales.dimensions if one.key == "finance"]
    often = [step for step in policy.scales.likelihood if step.level == risk.likelihood]
    dear = [step for steps in money for step in steps if step.level == risk.impact]
    ends = [end for step in (*often, *dear) for end in (step.low, step.high)]
    if len(ends) != len(ENDS):
        return {}
    return {name: value for name, value in zip(ENDS, ends, strict=True) if value is not None}


def shown(risk: Any, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The curve of what is typed, or what is lacking for one."""
    if not all(given.get(name) for name in ENDS):
        return "risks/_estimate.html", {}
    reason = rules.why_not_estimate(*((given[a], given[b]) for a, b in (ENDS[:2], ENDS[2:])))
    return "risks/_estimate.html", {"reason": reason} if reason else {"told": told(risk, given)}


@dataclass(frozen=True)
class Told:
    """An estimate as a page and a document tell it."""

    title: str
    caption: str
    curve: Curve
    sentences: list[str]


def told(risk: Any, given: Mapping[str, Any]) -> Told:
    """An estimate of a risk in the reader's language: what a threat may cost, what an opportunity may bring."""
    estimate = Estimate.of(given)
    if risk.sign == Sign.OPPORTUNITY:
        title, caption = _("What it may bring"), _("How likely the best event of a year brings more than so much")
        label, mean = _("Gain of the year's best event, €"), _("Expected gain of a year: %s €.")
        once = _("Once in %(years)s years the best event of a year brings more than %(euro)s €.")
    else:
        title, caption = _("What it may cost"), _("How likely the dearest event of a year costs more than so much")
        label, mean = _("Loss of the year's dearest event, €"), _("Expected loss of a year: %s €.")
        once = _("Once in %(years)s years the dearest event of a year costs more than %(euro)s €.")
    seldom = _("It does not happen as often as once in %(years)s years.")
    sentences = [mean % euros(estimate.mean)]
    for years in YEARS:
        euro = estimate.once_in(years)
        sentences.append((seldom if euro is None else once) % {"years": years, "euro": euro and euros(euro)})
    return Told(title, caption, estimate.curve(label), sentences)
