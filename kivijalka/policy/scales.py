"""What one version of the policy says: scales, matrix, classes, authority, intervals. Plain data and questions to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import Any

# What an assessment can hold: a policy of this house has these dimensions, and as many levels and classes.
DIMENSIONS = ("people", "service_continuity", "finance", "environment", "trust", "law_privacy")
LEVELS = (1, 2, 3, 4, 5)
# What may set off many risks at once; the policy says of which it reckons, and how often each comes.
COMMON_CAUSES = (
    "power_cut", "pandemic", "cyber_attack", "flood", "weather", "water_supply", "supply_chain", "armed_conflict",
)  # fmt: skip
CLASSES = ("low", "moderate", "high", "critical")
# Scales whose answers a risk holds. Of adequacy one is known to the house: that there is no control.
ANSWERED = ("controllability", "control_adequacy")
NO_CONTROL = "none"
# Words of an escalation rule that the house watches by itself: how many of something, or that something is so.
COUNTED = ("without_treatment_days", "action_overdue_days", "postponements", "review_overdue_share_of_interval")
WATCHED = ("class", "indicator", "over_appetite", *COUNTED)
# Whom a rule may name besides a kind of role: the next who leads above.
NEXT_ABOVE = ("next_level", "risk_owner_superior", "common_superior_unit")


@dataclass(frozen=True)
class Words:
    """A text in the three languages."""

    en: str
    fi: str
    sv: str

    def in_(self, language: str) -> str:
        return str(getattr(self, language[:2], self.fi))


@dataclass(frozen=True)
class Step:
    """One level of a scale: from `low` up to but without `high`, in events a year or in euros."""

    level: int
    low: float
    high: float
    text: Words
    name: Words | None = None

    @property
    def middle(self) -> float:
        """The geometric mean: what a level counts as where one number is needed."""
        return sqrt(self.low * self.high)


@dataclass(frozen=True)
class LevelName:
    """What a level of impact is called in every dimension."""

    level: int
    name: Words


@dataclass(frozen=True)
class Dimension:
    """What an impact is felt in, with its scale in euro equivalents."""

    key: str
    name: Words
    levels: tuple[Step, ...]


@dataclass(frozen=True)
class RiskClass:
    """A class of risk: the expected yearly loss that it stands for, and how often such a risk is reviewed."""

    key: str
    order: int
    color: str
    symbol: str
    eal_from: float
    eal_to: float | None
    review_months: int
    name: Words
    text: Words

    @property
    def stored(self) -> str:
        """The class as records hold it: a word that sorts by severity."""
        return f"{self.order}_{self.key}"


@dataclass(frozen=True)
class Floor:
    """From this impact in this dimension on, a risk is at least of this class."""

    dimension: str
    impact_from: int
    class_: str


@dataclass(frozen=True)
class Named:
    """A word with its key."""

    key: str
    name: Words
    order: int = 0


@dataclass(frozen=True)
class Opportunities:
    """Classes of an opportunity, read from the same matrix as benefit."""

    classes: tuple[Named, ...]
    from_risk_class: dict[str, str]


@dataclass(frozen=True)
class Appetite:
    """The highest class that may be left without treatment, by kind of risk, and what is always treated."""

    strategic: str
    operational: str
    financial: str
    hazard: str
    zero_tolerance: tuple[Words, ...] = ()


@dataclass(frozen=True)
class CommonCause:
    """What sets off many risks at once: it comes from `low` up to `high` times a year."""

    key: str
    low: float
    high: float
    name: Words


@dataclass(frozen=True)
class LossLimit:
    """The appetite for a year's loss of a kind of unit: not over so many euros oftener than once in so many years."""

    kind: str
    years: float
    eur: float


@dataclass(frozen=True)
class Authority:
    """Who may accept a risk of a class, at the unit that carries it or above, and for how long."""

    class_: str
    role: str
    max_months: int
    name: Words
    proposed_by: str | None = None


@dataclass(frozen=True)
class AcceptanceRules:
    """What holds for every acceptance."""

    not_own_risk: bool = True
    reason_required: bool = True
    ends_on_reassessment: bool = True
    ends_when_role_holder_changes: bool = False


@dataclass(frozen=True)
class TreatmentRequired:
    """Which classes must be treated, what a treatment says, and when its effect is asked for."""

    classes: tuple[str, ...]
    fields: tuple[str, ...]
    effect_check_days_after_done: int


@dataclass(frozen=True)
class Escalation:
    """When a risk goes upwards, to whom, and within which time they answer."""

    key: str
    when: dict[str, Any]
    to: str
    within: str
    text: Words

    @property
    def is_watched(self) -> bool:
        """Whether the house takes upwards by itself what the rule is about."""
        return bool(self.when) and set(self.when) <= set(WATCHED)


@dataclass(frozen=True)
class Basis:
    """What the decision rests on, which losses are recorded, and how a level counts as a number."""

    legal_basis: str = ""
    budget_eur: float | None = None
    # Events that cost as much or more are recorded, all of them; of smaller ones nobody has to tell.
    reporting_threshold_eur: float | None = None
    quantification: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scales:
    """The content of one version. Read from a document by `policy.reading`, judged by `policy.checks`."""

    likelihood: tuple[Step, ...]
    impact_levels: tuple[LevelName, ...]
    dimensions: tuple[Dimension, ...]
    classes: tuple[RiskClass, ...]
    matrix: dict[int, tuple[str, ...]]
    opportunity_matrix: Opportunities
    appetite: Appetite
    acceptance: tuple[Authority, ...]
    acceptance_rules: AcceptanceRules
    treatment_required: TreatmentRequired
    escalation: tuple[Escalation, ...]
    # A policy without one of these does not ask it.
    controllability: tuple[Named, ...] = ()
    control_adequacy: tuple[Named, ...] = ()
    floors: tuple[Floor, ...] = ()
    common_causes: tuple[CommonCause, ...] = ()
    loss_limits: tuple[LossLimit, ...] = ()
    policy: Basis = field(default_factory=Basis)

    def level(self, likelihood: int, impact: int) -> str:
        """Class of a risk by the matrix alone, as records hold it."""
        return self.class_by_key[self.matrix[likelihood][impact - 1]].stored

    def level_of(self, likelihood: int, impacts: Mapping[str, int | None]) -> str:
        """Class of a risk: the matrix's cell of the worst impact, raised where a dimension has a floor."""
        found = self.class_by_key[self.matrix[likelihood][max(impact for impact in impacts.values() if impact) - 1]]
        floors = [f.class_ for f in self.floors if (impacts.get(f.dimension) or 0) >= f.impact_from]
        return max([found, *(self.class_by_key[key] for key in floors)], key=lambda c: c.order).stored

    def review_months(self, level: str) -> int:
        """How often a risk of this class is reviewed."""
        return self.class_by_level[level].review_months

    def authority(self, level: str) -> Authority:
        """Who may accept a risk of this class, and for how long at most."""
        return next(a for a in self.acceptance if a.class_ == self.class_by_level[level].key)

    def acceptance_months(self, level: str) -> int:
        return self.authority(level).max_months

    def likelihood_name(self, level: int, language: str) -> str:
        step = self.likelihood[level - 1]
        return (step.name or step.text).in_(language)

    def likelihood_in_words(self, level: int, language: str) -> str:
        """A level as everybody reads it: its number, then what it is called."""
        return f"{level} {self.likelihood_name(level, language)}"

    def impact_in_words(self, level: int, language: str) -> str:
        return f"{level} {self.impact_name(level, language)}"

    def impact_name(self, level: int, language: str) -> str:
        return self.impact_levels[level - 1].name.in_(language)

    def answers(self, scale: str) -> tuple[Named, ...]:
        """What may be answered on one of the scales named `ANSWERED`, in its order."""
        found: tuple[Named, ...] = getattr(self, scale)
        return tuple(sorted(found, key=lambda one: one.order))

    def expected_loss(self, likelihood: int, impact: int, dimension: str = "finance") -> float:
        """Euros a year of a cell: the geometric means of its frequency and of its impact."""
        return self.likelihood[likelihood - 1].middle * self.dimension(dimension).levels[impact - 1].middle

    def dimension(self, key: str) -> Dimension:
        return next((dimension for dimension in self.dimensions if dimension.key == key), self.dimensions[0])

    @cached_property
    def class_by_key(self) -> dict[str, RiskClass]:
        return {found.key: found for found in self.classes}

    @cached_property
    def class_by_level(self) -> dict[str, RiskClass]:
        return {found.stored: found for found in self.classes}


def step_at(steps: Sequence[Step], value: float) -> int:
    """The level whose range holds a value; the nearest end where none does."""
    return next((step.level for step in steps if value < step.high), steps[-1].level)
