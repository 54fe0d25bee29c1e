"""What did happen in the city and what it cost: cases of its assessed threats, some of them estimated before; and claims."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

from kivijalka.example.losses import estimate_of
from kivijalka.example.risk_life import DIMENSIONS, RiskLife
from kivijalka.example.shape import Assessment, Confidentiality, Entry, Link, LinkKind, RiskVersion, Size
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream
from kivijalka.policy.models import example_content
from kivijalka.policy.reading import read_scales

EVENTS: dict[Size, int] = {"small": 50, "city": 730}
LANGUAGES = ("fi", "sv", "en")
# Events a year and euros of one, by level: the ranges of the example policy.
OFTEN = {1: (0.001, 0.01), 2: (0.01, 0.05), 3: (0.05, 0.3), 4: (0.3, 1.0), 5: (1.0, 12.0)}
DEAR = {1: (5e3, 5e4), 2: (5e4, 5e5), 3: (5e5, 5e6), 4: (5e6, 5e7), 5: (5e7, 5e8)}
# Of dear risks fewer cases are told: they are what a city remembers, not what it has every month.
TOLD = {1: 0.6, 2: 1.0, 3: 0.12, 4: 0.002, 5: 0.0}
OUTSIDE, CLAIMED, ANSWERED, CLOSED = 0.22, 0.75, 0.8, 0.75
MOST_VERSIONS, MOST_OF_ONE = 7, 5
DAYS_OLD = 60
# The example policy's threshold of recording, €.
TOLD_FROM = 5_000
Range = tuple[float, float]


class Happened(NamedTuple):
    """Events and their claims, ties to risks and insurances, and the risks' versions with what was estimated of some."""

    entries: list[Entry]
    links: list[Link]
    risks: list[RiskVersion]


@dataclass(frozen=True)
class Insured:
    """An insurance of the city, as far as claims need it."""

    id: UUID
    insurer: str
    deductible: float
    limit: float


def happen(
    stream: Stream, staff: Staff, size: Size, today: date, lives: Sequence[RiskLife], around: Around
) -> Happened:
    """Cases of threats, the more often and the more of them the likelier the threat."""
    told = _Events(stream, staff, today, around)
    chosen = _chosen(stream, lives, today, EVENTS[size])
    estimates = told.estimate({life.id: life for life in chosen}.values())
    for life in chosen:
        told.event(life, estimates.get(life.id))
    return Happened(_numbered(told.entries), sorted(told.links, key=lambda link: (link.at, link.id)), told.risks)


class Around(NamedTuple):
    """What stands around the risks by now: versions and assessments, insurances, and which risk is insured by which."""

    seed: int
    risks: list[RiskVersion]
    assessments: list[Assessment]
    entries: list[Entry]
    links: list[Link]


def _chosen(stream: Stream, lives: Sequence[RiskLife], today: date, most: int) -> list[RiskLife]:
    """Threats by how often they come true, some of them several times."""
    fitting = [life for life in lives if _may_happen(life, today)]
    weights = list(accumulate(_weight(life, today) for life in fitting))
    times: dict[UUID, int] = defaultdict(int)
    found: list[RiskLife] = []
    for _try in range(most * 20 if weights else 0):
        life = fitting[min(bisect_right(weights, stream.random() * weights[-1]), len(fitting) - 1)]
        if times[life.id] < MOST_OF_ONE:
            times[life.id] += 1
            found.append(life)
        if len(found) == most:
            break
    return found


def _may_happen(life: RiskLife, today: date) -> bool:
    pattern, first = life.plan.pattern, life.assessed_at
    is_threat = pattern.sign == "threat" and pattern.areas and pattern.kind != "strategic"
    is_told = life.plan.confidentiality <= Confidentiality.CONFIDENTIAL and life.fields["state"] != "closed"
    return bool(is_threat and is_told and first and (today - first.date()).days > DAYS_OLD)


def _weight(life: RiskLife, today: date) -> float:
    low, high = OFTEN[life.fields["likelihood"]]
    years = (today - life.assessed_at.date()).days / 365 if life.assessed_at else 0.0
    return float((low * high) ** 0.5 * years * TOLD[life.fields["impact"]])


def _numbered(entries: list[Entry]) -> list[Entry]:
    """Codes in the order in which the events were told."""
    told = sorted((one for one in entries if one.command == "add"), key=lambda one: (one.at, one.id))
    serials = {one.id: number for number, one in enumerate(told, start=1)}
    return [
        replace(one, values={**one.values, "serial": serials[one.id]}) if one.id in serials else one for one in entries
    ]


class _Events:
    def __init__(self, stream: Stream, staff: Staff, today: date, around: Around) -> None:
        self.stream, self.staff, self.today, self.risks = stream, staff, today, around.risks
        self.entries: list[Entry] = []
        self.links: list[Link] = []
        self.insured, self.first = _insured(around), _first_assessments(around.assessments)
        self.seed, self.scales = around.seed, read_scales(example_content())

    def estimate(self, lives: Iterable[RiskLife]) -> dict[UUID, Range]:
        """What was estimated of risks, told as a deed of its own of whoever assessed them first."""
        found: dict[UUID, Range] = {}
        versions: dict[UUID, list[RiskVersion]] = defaultdict(list)
        for version in self.risks:
            versions[version.id].append(version)
        for life in lives:
            ends = estimate_of(self.seed, self.scales, self.first[life.id]) if life.id in self.first else {}
            if ends.get("loss_low") is not None:
                told = _told(sorted(versions[life.id], key=lambda version: version.at))
                if any(version.is_estimated for version in told):
                    found[life.id] = float(ends["loss_low"]), float(ends["loss_high"])
                versions[life.id] = told
        self.risks = [version for of_one in versions.values() for version in of_one]
        return found

    def event(self, life: RiskLife, estimate: Range | None) -> None:
        """One case of a threat: found soon after it happened, claimed perhaps, closed when its cost was known."""
        first = life.assessed_at.date() if life.assessed_at else self.today
        day = first + timedelta(days=self.stream.between(8, max(9, (self.today - first).days - 6)))
        found = min(day + timedelta(days=self.stream.pick((0, 0, 0, 1, 1, 2, 4))), self.today - timedelta(days=1))
        at = self.stream.moment(found)
        if at.date() < day or at.date() >= self.today or day <= first:
            return
        low, high = estimate or DEAR[life.fields["impact"]]
        loss = self._loss(low, high)
        told, owner = self._wording(life), self.staff.head(life.unit, self.today)
        by, level = self.staff.head(life.unit, at.date()), int(life.plan.confidentiality)
        values: dict[str, Any] = {
            "unit_id": life.unit, "owner_id": owner, "confidentiality": level,
            "title": self._words(life, told["title"]), "description": self._words(life, told["what"]),
            "happened_on": day, "found_on": at.date(), **self._by_dimension(life, loss), "loss_eur": loss,
            "claimed_eur": 0, "recovered_eur": 0, "unanswered_since": None, "state": "open", "outcome": "",
        }  # fmt: skip
        made = Entry("event", self.stream.uuid7(at), at, "add", by, values)
        self.entries.append(made)
        self._tie("realised", made.id, life.id, at + timedelta(minutes=2), by)
        last = self._claimed(life, made, loss) if self.stream.happens(CLAIMED) else made
        self._closed(life, last)

    def _loss(self, low: float, high: float) -> int:
        """Within the range evenly by its logarithm, or past one of its ends; so small a one seldom that none need tell it."""
        if self.stream.happens(OUTSIDE):
            low, high = self.stream.pick(((low / 3, low), (high, high * 2.5), (high, high * 2.5)))
        if high > TOLD_FROM and self.stream.happens(0.95):
            low = max(low, TOLD_FROM)
        return int(low * (high / low) ** self.stream.random() / 10) * 10

    def _by_dimension(self, life: RiskLife, loss: int) -> dict[str, int | None]:
        """Most of it where the threat is felt first."""
        hits = [*dict.fromkeys((*life.plan.pattern.hits, "finance"))][:2]
        felt: dict[str, int | None] = {f"{dimension}_eur": None for dimension in DIMENSIONS}
        first = int(loss * (0.55 + 0.4 * self.stream.random()))
        felt[f"{hits[0]}_eur"] = loss if len(hits) == 1 else first
        if len(hits) > 1:
            felt[f"{hits[1]}_eur"] = loss - first
        return felt

    def _claimed(self, life: RiskLife, made: Entry, loss: int) -> Entry:
        """What is over the deductible is claimed within weeks, and paid or refused within months."""
        insured = self.insured.get(life.id) or self.insured.get(life.plan.pattern.areas[0])
        if insured is None or loss <= insured.deductible:
            return made
        asked = int(min(loss, insured.limit) - insured.deductible)
        at = self.stream.moment(made.at.date() + timedelta(days=self.stream.between(3, 30)), made.at)
        paid_at = self.stream.moment(at.date() + timedelta(days=self.stream.between(20, 160)), at)
        if at.date() >= self.today:
            return made
        by = self.staff.head(life.unit, at.date())
        claim: dict[str, Any] = {
            "event_id": made.id, "at": at, "giver_id": by, "insurance_id": insured.id, "claimed_from": insured.insurer,
            "claimed_eur": asked, "claimed_on": at.date(), "paid_eur": None, "paid_on": None,
        }  # fmt: skip
        waits = {**made.values, "claimed_eur": asked, "unanswered_since": at.date()}
        first = Entry("claim", self.stream.uuid7(at), at, "claim", by, claim)
        last = replace(made, at=at, command="claim", by=by, values=waits)
        self.entries += [first, last]
        self._tie("claimed_from", made.id, insured.id, at, by)
        if paid_at.date() >= self.today or not self.stream.happens(ANSWERED):
            return last
        paid = int(asked * self.stream.pick((0, 0.7, 0.9, 1, 1)))
        answer = {**claim, "paid_eur": paid, "paid_on": paid_at.date()}
        self.entries.append(replace(first, at=paid_at, command="receive", values=answer))
        came = {**waits, "recovered_eur": paid, "unanswered_since": None}
        self.entries.append(replace(made, at=paid_at, command="receive", by=by, values=came))
        return self.entries[-1]

    def _closed(self, life: RiskLife, last: Entry) -> None:
        at = self.stream.moment(last.at.date() + timedelta(days=self.stream.between(20, 90)), last.at)
        if at.date() < self.today and last.values["unanswered_since"] is None and self.stream.happens(CLOSED):
            by = self.staff.head(life.unit, at.date())
            learned = self._words(life, table("events")["outcome"]["learned"])
            values = {**last.values, "state": "closed", "outcome": learned}
            self.entries.append(replace(last, at=at, command="close", by=by, values=values))

    def _wording(self, life: RiskLife) -> dict[str, list[str]]:
        """What happens in such a unit, in the area of the threat."""
        every: list[dict[str, list[str]]] = table("events")[life.plan.pattern.areas[0]]
        tag = life.plan.site.tag
        return self.stream.pick([told for told in every if not told.get("tags") or tag in told["tags"]])

    def _words(self, life: RiskLife, texts: list[str]) -> str:
        return texts[LANGUAGES.index(life.plan.language)]

    def _tie(self, kind: LinkKind, a: UUID, b: UUID, at: datetime, by: UUID) -> None:
        self.links.append(Link(self.stream.uuid7(at), kind, a, b, at, by))


def _told(versions: list[RiskVersion]) -> list[RiskVersion]:
    """The versions of a risk with its estimate as one of them; without it, where there is no room or time for one."""
    never = [replace(version, is_estimated=False) for version in versions]
    first = next((at for at, version in enumerate(versions) if version.command == "assess"), None)
    if first is None or len(versions) > MOST_VERSIONS:
        return never
    known, later = versions[first], versions[first + 1 :]
    at = known.at + timedelta(minutes=6)
    if later and later[0].at <= at:
        return never
    before = [replace(version, is_estimated=False) for version in versions[: first + 1]]
    return [*before, replace(known, at=at, command="estimate"), *later]


def _first_assessments(assessments: Iterable[Assessment]) -> dict[UUID, Assessment]:
    found: dict[UUID, Assessment] = {}
    for one in sorted(assessments, key=lambda one: one.at):
        if one.stage == "current":
            found.setdefault(one.risk, one)
    return found


def _insured(around: Around) -> dict[Any, Insured]:
    """Insurances by the risk that they insure, and by the area that they are of."""
    found: dict[Any, Insured] = {}
    contracts = [entry for entry in around.entries if entry.register == "insurance"]
    for told, entry in zip(table("watch")["insurances"], contracts, strict=True):
        values = entry.values
        money = values["deductible_eur"], values["limit_eur"]
        found[told["area"]] = Insured(entry.id, values["insurer"], *money)
    by_id = {insured.id: insured for insured in found.values()}
    return found | {link.b: by_id[link.a] for link in around.links if link.kind == "insures"}
