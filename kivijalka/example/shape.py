"""The shape of the example city: plain records that a loader can write to any store.

Days are half-open: a thing that has `end` no longer holds on that day. Instants are aware and in UTC. Versions of one
record share its `id`, stand in the order of their instants, and each carries every field as it stood from then on.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any, Literal, get_args
from uuid import UUID

Language = Literal["fi", "sv", "en"]
Size = Literal["small", "city"]
UnitKind = Literal[
    "group", "sector", "central", "service_entity", "service", "unit", "enterprise", "subsidiary", "partner"
]
RoleKind = Literal[
    "employee",
    "unit_head",
    "service_entity_head",
    "sector_director",
    "chief_executive",
    "board_member",
    "city_board",
    "risk_expert",
    "security_expert",
    "personnel_security_expert",
    "occupational_safety_expert",
    "environmental_safety_expert",
    "operational_security_expert",
    "premises_security_expert",
    "rescue_safety_expert",
    "information_security_expert",
    "misconduct_management_expert",
    "auditor",
    "access_administrator",
    "partner_member",
]
AREA_EXPERTS: tuple[RoleKind, ...] = tuple(
    kind for kind in get_args(RoleKind) if kind.endswith(("safety_expert", "_security_expert", "_management_expert"))
)
RiskKind = Literal["strategic", "operational", "financial", "hazard"]
Sign = Literal["threat", "opportunity"]
Area = Literal[
    "personnel_security",
    "occupational_safety",
    "environmental_safety",
    "operational_security",
    "premises_security",
    "rescue_safety",
    "information_security",
    "misconduct_management",
]
RiskState = Literal["draft", "assessed", "accepted", "closed"]
RiskCommand = Literal[
    "add", "edit", "assess", "decide", "accept", "close", "reopen", "record_value", "link", "estimate"
]
Level = Literal["low", "moderate", "high", "critical"]
Treatment = Literal["avoid", "reduce", "share", "accept", "exploit", "enhance", ""]
Controllability = Literal["own", "city", "partners", "prepare_only", ""]
ControlAdequacy = Literal["none", "partial", "adequate", "tested", ""]
Stage = Literal["inherent", "current", "target"]
ActionState = Literal["planned", "started", "done", "effect_confirmed", "no_effect", "cancelled"]
ActionCommand = Literal["add", "edit", "start", "report_progress", "postpone", "complete", "measure_effect", "cancel"]
Part = Literal["R", "A", "C", "I"]
Handshake = Literal["offered", "accepted", "declined", "lapsed"]
LinkKind = Literal[
    "treats",
    "may_cause",
    "rests_on",
    "watches",
    "touches",
    "concerns",
    "insures",
    "escalates",
    "offers",
    "adopted_from",
    "asks_about",
    "gathers",
    "needs",
    "realised",
    "claimed_from",
]
ReorganisationCommand = Literal["rename", "move", "end", "merge"]


class Confidentiality(IntEnum):
    """Who may see a record at all, from everyone to the few."""

    PUBLIC = 0
    INTERNAL = 1
    CONFIDENTIAL = 2
    SECRET = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation or a part of one, as it stands today; `number` grows in preorder, with gaps for later units."""

    number: int
    id: UUID
    code: str
    kind: UnitKind
    parent: int | None
    name_fi: str
    name_sv: str
    name_en: str
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Reorganisation:
    """A change of a unit, with what it was called and where it stood before; `into` took over a merged unit."""

    unit: int
    at: datetime
    command: ReorganisationCommand
    by: UUID
    name_fi_before: str
    name_sv_before: str
    name_en_before: str
    parent_before: int | None
    into: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who works for the city or for a partner of it."""

    id: UUID
    code: str
    given_name: str
    family_name: str
    email: str
    language: Language
    unit: int
    title_fi: str
    title_sv: str
    title_en: str
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Role:
    """What a person is at a unit, from one day to another."""

    id: UUID
    person: UUID
    kind: RoleKind
    unit: int
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Delegation:
    """A deputy acts for a principal during an absence."""

    id: UUID
    principal: UUID
    deputy: UUID
    start: date
    end: date
    reason: str


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A part in a record (unit, risk or action) that a person was offered, and the answer."""

    id: UUID
    record: UUID
    person: UUID
    part: Part
    state: Handshake
    at: datetime


@dataclass(frozen=True, slots=True)
class RiskVersion:
    """A risk as it stood from `at` on, after `by` gave `command`."""

    id: UUID
    at: datetime
    command: RiskCommand
    by: UUID
    code: str
    title: str
    unit: int
    owner: UUID | None
    confidentiality: Confidentiality
    kind: RiskKind
    sign: Sign
    areas: tuple[Area, ...]
    cause: str
    event: str
    consequence: str
    state: RiskState
    likelihood: int | None
    impact: int | None
    level: Level | None
    treatment: Treatment
    controllability: Controllability
    control_adequacy: ControlAdequacy
    review: date | None
    accepted_until: date | None
    accepted_by: UUID | None
    acceptance_reason: str
    state_reason: str = ""
    objective: UUID | None = None
    flagged: date | None = None
    # Whether an estimate that is made of it stands there already.
    is_estimated: bool = True


@dataclass(frozen=True, slots=True)
class Assessment:
    """An estimate of a risk by dimension, each from 1 to 5; `impact` is the worst of them."""

    id: UUID
    risk: UUID
    at: datetime
    by: UUID
    stage: Stage
    likelihood: int
    people: int | None
    service_continuity: int | None
    finance: int | None
    environment: int | None
    trust: int | None
    law_privacy: int | None
    impact: int
    level: Level
    note: str


@dataclass(frozen=True, slots=True)
class ActionVersion:
    """An action as it stood from `at` on, after `by` gave `command`."""

    id: UUID
    at: datetime
    command: ActionCommand
    by: UUID
    code: str
    title: str
    description: str
    unit: int
    owner: UUID
    confidentiality: Confidentiality
    due: date
    cost_eur: int | None
    expected_effect: str
    how_measured: str
    effect_due: date
    progress: int
    state: ActionState
    completed_on: date | None
    measured_effect: str
    effect_measured_on: date | None
    postponements: int

    @property
    def effect_asked_on(self) -> date | None:
        """As the database works it out: on the day agreed, never before it is done, at the latest when it was measured."""
        if self.completed_on is None:
            return None
        asked = max(self.effect_due, self.completed_on)
        return min(asked, self.effect_measured_on or asked)


@dataclass(frozen=True, slots=True)
class Control:
    """What keeps risks of a unit at their level, since `at`; tested once, or never."""

    id: UUID
    at: datetime
    by: UUID
    code: str
    title: str
    unit: int
    owner: UUID
    kind: str
    tested_at: datetime | None
    test: UUID
    result: str
    evidence: str
    next_test: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A version of a record of one of the smaller registers, or of a part of one; `values` are its columns."""

    register: str
    id: UUID
    at: datetime
    command: str
    by: UUID
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """An action treats a risk, a risk may cause another or rests on a control: from `a` to `b`."""

    id: UUID
    kind: LinkKind
    a: UUID
    b: UUID
    at: datetime
    by: UUID


@dataclass(frozen=True, slots=True)
class City:
    """The whole example city on the day `today`; versions are grouped by record and in the order of time."""

    seed: int
    size: Size
    today: date
    units: tuple[Unit, ...]
    reorganisations: tuple[Reorganisation, ...]
    persons: tuple[Person, ...]
    roles: tuple[Role, ...]
    delegations: tuple[Delegation, ...]
    responsibilities: tuple[Responsibility, ...]
    risk_versions: tuple[RiskVersion, ...]
    assessments: tuple[Assessment, ...]
    action_versions: tuple[ActionVersion, ...]
    controls: tuple[Control, ...]
    entries: tuple[Entry, ...]
    links: tuple[Link, ...]
