"""From what one lowers: the inherent level of a risk and what keeps it down, beside the form of its assessment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from kivijalka.controls.models import Control
from kivijalka.policy.scales import DIMENSIONS
from kivijalka.register.doors.related import relate
from kivijalka.register.models import Link
from kivijalka.risks import rules
from kivijalka.risks.models import Assessment, Risk

Stage = Assessment.Stage
# What will stand as the evidence of the level, and why.
WHY = {
    Risk.Evidence.CONFIRMED: _("It is below the inherent risk, and a control that works by its last test shows why."),
    Risk.Evidence.CLAIMED: _(
        "It is below the inherent risk, and no control is shown by a test to keep it there. It is confirmed when one is."
    ),
    Risk.Evidence.UNCONFIRMED: _("A control that it rests on did not work in its last test."),
}


@dataclass(frozen=True)
class Lowering:
    """The latest inherent assessment, the named controls in use, and what the answers would make of the evidence."""

    inherent: Assessment | None
    controls: list[Control]
    evidence: Any = None

    @property
    def badge(self) -> str:
        return self.inherent.badge_of("level") if self.inherent else ""

    @property
    def why(self) -> Any:
        return WHY[self.evidence] if self.evidence else ""


def shown(risk: Risk, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """For the form, in three queries; while one assesses the inherent risk there is nothing to lower from."""
    if given.get("stage", Stage.CURRENT) == Stage.INHERENT:
        return "risks/_lowering.html", {}
    rows = Assessment.objects.seen().filter(risk=risk, stage=Stage.INHERENT).order_by("-at", "-id")[:1]
    inherent = next(iter(relate(rows, ["policy_version"])), None)
    if inherent is not None:
        inherent.risk = risk
    resting = Link.objects.in_force("rests_on").filter(a=risk.pk).values("b")
    named = Control.objects.seen().filter(pk__in=resting, state=Control.State.IN_USE).order_by("code")
    controls = list(named)
    evidence = _evidence(inherent, controls, given) if given.get("stage") == Stage.CURRENT else None
    return "risks/_lowering.html", {"lowering": Lowering(inherent, controls, evidence), "risk": risk}


def _evidence(inherent: Assessment | None, controls: list[Control], given: Mapping[str, Any]) -> Any:
    """None as long as the answers are not complete."""
    impacts = [given[name] for name in DIMENSIONS if given.get(name)]
    if not given.get("likelihood") or not impacts:
        return None
    was = (inherent.likelihood, inherent.impact) if inherent else None
    found = rules.evidence(was, (given["likelihood"], max(impacts)), {control.result for control in controls})
    return Risk.Evidence(found) if found else None
