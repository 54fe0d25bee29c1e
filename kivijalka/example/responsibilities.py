"""Who took which part in which record: offers, answers, and what lapsed when somebody left."""

from datetime import date, timedelta
from uuid import UUID

from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import Handshake, Part, Responsibility, Size
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream
from kivijalka.example.units import Tree, history_start

RECORDS: dict[Size, int] = {"small": 30, "city": 330}
ANSWERS: tuple[Handshake, ...] = ("accepted", "accepted", "accepted", "accepted", "offered", "declined")
OTHERS: tuple[Part, ...] = ("R", "C", "I")
Subject = tuple[UUID, int, date]


def hand_out(seed: int, size: Size, today: date, staff: Staff, risks: list[RiskLife]) -> list[Responsibility]:
    """Parts in some units and in some risks; at most one accountable person accepted for a record."""
    stream = Stream(seed, "responsibilities")
    begin = history_start(today)
    subjects = _units(stream, size, begin, staff.tree) + _risks(stream, size, risks)
    made: list[Responsibility] = []
    for record, unit, since in subjects:
        made += _parts(stream, staff, today, record, unit, max(since, begin))
    return sorted(made, key=lambda responsibility: (responsibility.at, responsibility.id))


def _units(stream: Stream, size: Size, begin: date, grown: Tree) -> list[Subject]:
    units = [site.unit for site in grown.sites if site.unit.end is None]
    chosen = stream.sample(units, min(len(units), RECORDS[size] // 3))
    return [(unit.id, unit.number, max(unit.start, begin)) for unit in chosen]


def _risks(stream: Stream, size: Size, risks: list[RiskLife]) -> list[Subject]:
    owned = [life for life in risks if life.fields["owner"] is not None and life.plan.site.unit.end is None]
    chosen = stream.sample(owned, min(len(owned), RECORDS[size] * 2 // 3))
    return [(life.id, life.unit, life.described_at.date()) for life in chosen]


def _parts(stream: Stream, staff: Staff, today: date, record: UUID, unit: int, since: date) -> list[Responsibility]:
    """An accountable person for most, and one or two others who do, are asked or are told."""
    day = min(today - timedelta(days=1), since + timedelta(days=3 + stream.below(60)))
    made: list[Responsibility] = []
    if stream.happens(0.85):
        made.append(_part(stream, staff.head(unit, day), record, "A", day, stream.pick(ANSWERS)))
    for part in stream.sample(OTHERS, stream.below(3)):
        person = staff.member(stream, unit, day, day, "fi")
        answer: Handshake = "lapsed" if staff.ends[person] <= today else stream.pick(ANSWERS)
        made.append(_part(stream, person, record, part, day, answer))
    return [_lapsed(one) if staff.ends[one.person] <= today else one for one in made]


def _part(stream: Stream, person: UUID, record: UUID, part: Part, day: date, state: Handshake) -> Responsibility:
    at = stream.moment(day)
    return Responsibility(stream.uuid7(at), record, person, part, state, at)


def _lapsed(one: Responsibility) -> Responsibility:
    return Responsibility(one.id, one.record, one.person, one.part, "lapsed", one.at)
