"""What a decided choice promised, beside what was measured since: of each risk that the taken actions treat."""

from __future__ import annotations

from dataclasses import dataclass

from kivijalka.actions.models import Action
from kivijalka.policy.scales import Scales
from kivijalka.programmes.benefit import judgements, since_measured, treated_by
from kivijalka.programmes.losses import now
from kivijalka.programmes.models import Choice, ChosenRisk
from kivijalka.register.doors.related import relate
from kivijalka.risks.models import Risk


@dataclass(frozen=True)
class Kept:
    """A risk: euros a year at the decision, as promised, and as measured since. None: not measured yet."""

    risk: Risk
    before: float
    promised: float
    measured: float | None


@dataclass(frozen=True)
class Outcome:
    """All of them that the reader sees, and the sums."""

    risks: list[Kept]

    @property
    def promised(self) -> float:
        """Euros a year that were to be taken off."""
        return sum(one.before - one.promised for one in self.risks)

    @property
    def measured_risks(self) -> list[Kept]:
        return [one for one in self.risks if one.measured is not None]

    @property
    def promised_of_measured(self) -> float:
        """What was promised of the risks that were measured since: what the measured is held against."""
        return sum(one.before - one.promised for one in self.measured_risks)

    @property
    def measured(self) -> float:
        return sum(one.before - one.measured for one in self.risks if one.measured is not None)

    @property
    def risen(self) -> float:
        """The same where more is lost than at the decision."""
        return -self.measured


def outcome(choice: Choice, taken: list[Action], scales: Scales) -> Outcome:
    """Within the reader's reach; four queries. A risk is measured by the rule of a programme's benefit."""
    rows = [row for row in relate(ChosenRisk.objects.seen().filter(choice=choice.pk), ["risk"]) if row.risk]
    actions = {action.pk: action for action in taken}
    treated, judged = treated_by(list(actions)), judgements([row.risk_id for row in rows])
    kept = []
    for row in rows:
        of = [actions[pk] for pk in treated.get(row.risk_id, ())]
        since = since_measured(of, judged[row.risk_id])
        measured = now(row.risk, scales, since) if since else None
        kept.append(Kept(row.risk, float(row.before_eur), float(row.promised_eur), measured))
    return Outcome(sorted(kept, key=lambda one: one.promised - one.before))
