"""The scales of a policy version: words of levels, the matrix, the class of a risk. Plain functions on the decision's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DIMENSIONS = ("people", "service_continuity", "finance", "environment", "trust", "law_privacy")


@dataclass(frozen=True)
class Scales:
    """What one version of the policy says. `content` has the shape of policy/data/example.json."""

    content: dict[str, Any]

    def level(self, likelihood: int, impact: int) -> str:
        """Class of a risk: the matrix's cell. Likelihood and impact are levels 1 to 5."""
        return str(self.content["matrix"][str(likelihood)][impact - 1])

    def review_months(self, level: str) -> int:
        """How often a risk of this class is reviewed."""
        return int(next(c["review_months"] for c in self.content["classes"] if c["key"] == level))

    def acceptance_months(self, level: str) -> int:
        """For how long an acceptance of this class may last at most."""
        return int(next(a["max_months"] for a in self.content["acceptance"] if a["class"] == level))

    def likelihood_name(self, level: int, language: str) -> str:
        return str(self.content["likelihood"][level - 1]["name"][language])

    def impact_name(self, level: int, language: str) -> str:
        return str(self.content["impact_levels"][level - 1]["name"][language])
