"""What shows that controls keep a risk at its level, in the example city."""

from __future__ import annotations

from kivijalka.example.shape import City, RiskVersion


class Evidence:
    """What shows that controls keep a risk at its level, as the database judges it (`kj.judge_evidence`)."""

    def __init__(self, city: City) -> None:
        results = {control.id: control.result for control in city.controls}
        self.inherent = {one.risk: one for one in city.assessments if one.stage == "inherent"}
        self.result = {link.a: results[link.b] for link in city.links if link.kind == "rests_on"}

    def of(self, risk: RiskVersion) -> str:
        if not risk.likelihood or not risk.impact:
            return ""
        inherent, result = self.inherent[risk.id], self.result.get(risk.id)
        if result == "failed":
            return "unconfirmed"
        if inherent.likelihood <= risk.likelihood and inherent.impact <= risk.impact:
            return ""
        return "confirmed" if result else "claimed"
