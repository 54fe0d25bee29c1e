"""What a risk costs in a year: by its estimate, else by its assessed levels."""

from __future__ import annotations

from functools import cache

from kivijalka.engine import LogUniform
from kivijalka.policy.scales import DIMENSIONS, Scales, Step
from kivijalka.risks.estimates import Estimate
from kivijalka.risks.models import ENDS, Assessment, Risk


def yearly(scales: Scales, assessment: Assessment) -> float:
    """Expected euros a year of an assessment: the mean rate of its likelihood, times the mean loss of its impacts.

    All that is known of a level is its range, and within it the law is log-uniform; impacts in several dimensions rise
    together, from the sum of their low ends to the sum of the high ones. Levels are read by the scales given, so that two
    assessments compare even if the policy changed between them.
    """
    often = scales.likelihood[assessment.likelihood - 1]
    felt: dict[str, int | None] = {name: getattr(assessment, name) for name in DIMENSIONS}
    impacts: dict[str, int] = {name: level for name, level in felt.items() if level}
    impacts = impacts or {"finance": assessment.impact}
    steps: list[Step] = [scales.dimension(name).levels[level - 1] for name, level in impacts.items()]
    return _mean(often.low, often.high) * _mean(sum(step.low for step in steps), sum(step.high for step in steps))


def now(risk: Risk, scales: Scales, assessment: Assessment | None) -> float | None:
    """Expected euros a year of a risk as it is: by its estimate, else by its latest assessment. None: nobody judged it."""
    if risk.loss_low is not None:
        return Estimate.of({name: getattr(risk, name) for name in ENDS}).mean
    return yearly(scales, assessment) if assessment else None


@cache
def _mean(low: float, high: float) -> float:
    return LogUniform(low, high).mean
