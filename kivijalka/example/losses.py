"""What the losses of the example city are reckoned from: levels as they stand on a risk, and estimates of those that matter."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from math import sqrt
from typing import Any
from uuid import UUID

from kivijalka.example.policies import Policies
from kivijalka.example.shape import Assessment, City, RiskVersion
from kivijalka.example.stream import Stream
from kivijalka.policy.models import example_content
from kivijalka.policy.reading import read_scales
from kivijalka.policy.scales import DIMENSIONS, Scales
from kivijalka.risks.rules import levels_in_short

NONE: dict[str, Any] = {"frequency_low": None, "frequency_high": None, "loss_low": None, "loss_high": None}
UNJUDGED: dict[str, dict[str, Any]] = {
    stage: {f"{stage}_levels": "", f"{stage}_under": None} for stage in ("current", "target")
}
# What may strike every sixth risk of an area, with many others at once.
CAUSES = {
    "information_security": "cyber_attack",
    "premises_security": "power_cut",
    "operational_security": "power_cut",
    "personnel_security": "pandemic",
    "occupational_safety": "pandemic",
}
# From this expected loss of a year on (euro, by the levels) somebody has estimated the risk; of the others every tenth.
DEAR, OTHERS = 120_000, 0.05


class Judged:
    """What stands on a version of a risk of its assessments, and of its estimate, made when it was first assessed."""

    def __init__(self, city: City) -> None:
        self.scales, self.seed = read_scales(example_content()), city.seed
        self.first: dict[UUID, Assessment] = {}
        self.made: dict[tuple[UUID, str], list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
        self.estimates: dict[UUID, dict[str, Any]] = {}
        self.policies = policies = Policies(city)
        for one in sorted(city.assessments, key=lambda one: one.at):
            if one.stage == "inherent":
                continue
            if one.stage == "current":
                self.first.setdefault(one.risk, one)
            levels = levels_in_short(one.likelihood, {name: getattr(one, name) for name in DIMENSIONS})
            values = {f"{one.stage}_levels": levels, f"{one.stage}_under": policies.in_force(one.at)}
            self.made[one.risk, one.stage].append((one.at, values))

    def of(self, risk: RiskVersion) -> dict[str, Any]:
        current, target = self._latest(risk, "current"), self._latest(risk, "target")
        is_estimated = current["current_levels"] and risk.is_estimated
        estimate = self._estimate(self.first[risk.id]) if is_estimated else NONE
        return {**current, **target, **estimate}

    def answered(self, risk: RiskVersion) -> dict[str, UUID | None]:
        """Under which policies its two answers were given: one when it was first assessed, one with each assessment."""
        first = self.policies.in_force(self.first[risk.id].at) if risk.controllability else None
        latest = self._latest(risk, "current")["current_under"] if risk.control_adequacy else None
        return {"controllability_under": first, "control_adequacy_under": latest}

    def causes_of(self, risk: RiskVersion) -> tuple[str, ...]:
        """Of some of the risks of an area the common cause that strikes it."""
        named = [cause for area, cause in CAUSES.items() if area in risk.areas]
        return tuple(named[:1]) if risk.sign == "threat" and risk.id.int % 6 == 0 else ()

    def _latest(self, risk: RiskVersion, stage: str) -> dict[str, Any]:
        made = self.made.get((risk.id, stage), [])
        return next((values for at, values in reversed(made) if at <= risk.at), UNJUDGED[stage])

    def _estimate(self, first: Assessment) -> dict[str, Any]:
        """Of money alone, and so far below what the levels say of all dimensions together."""
        if first.risk not in self.estimates:
            self.estimates[first.risk] = estimate_of(self.seed, self.scales, first)
        return self.estimates[first.risk]


def estimate_of(seed: int, scales: Scales, first: Assessment) -> dict[str, Any]:
    """What a risk was estimated at when it was first assessed, if it was."""
    stream = Stream(seed, f"estimate {first.risk}")
    often = scales.likelihood[first.likelihood - 1].middle
    dear = sum(scales.dimension(n).levels[level - 1].middle for n in DIMENSIONS if (level := getattr(first, n)))
    if often * dear < DEAR and not stream.happens(OTHERS):
        return NONE
    often *= 0.2 + 0.5 * stream.random()
    dear *= 0.01 + 0.06 * stream.random()
    wide_often, wide_dear = sqrt(stream.between(4, 12)), sqrt(stream.between(8, 40))
    return {
        "frequency_low": _rounded(often / wide_often),
        "frequency_high": _rounded(often * wide_often),
        "loss_low": _rounded(dear / wide_dear),
        "loss_high": _rounded(dear * wide_dear),
    }


def _rounded(value: float) -> Decimal:
    """Two digits that count, as estimates are written."""
    return Decimal(f"{float(f'{value:.1e}'):.6f}").normalize().quantize(Decimal("0.000001"))
