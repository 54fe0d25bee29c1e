"""What units rely on, how it was tested, and which risks rest on it."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache

from kivijalka.example.policy import months_after
from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import Area, Control, Language, Link
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream, office_opens
from kivijalka.example.units import history_start

RELIED_ON, TESTED, WORKS = 0.6, 0.7, 0.92
BEFORE = timedelta(days=30)
TEST_MONTHS = 12
LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")
Relied = dict[tuple[int, Area], list[RiskLife]]


def rely(stream: Stream, staff: Staff, today: date, lives: list[RiskLife]) -> tuple[list[Control], list[Link]]:
    """Controls of most units in the areas of their threats, from before the first was assessed; and the ties to them."""
    begin = office_opens(history_start(today))
    controls: list[Control] = []
    links: list[Link] = []
    for (unit, area), risks in _groups(lives).items():
        if not stream.happens(RELIED_ON):
            continue
        control = _control(stream, staff, (unit, area), (begin, today), risks, number=len(controls) + 1)
        controls.append(control)
        links += [_link(stream, life, control) for life in risks]
    return controls, sorted(links, key=lambda link: (link.at, link.id))


def _groups(lives: list[RiskLife]) -> Relied:
    """Threats that have been assessed, by their unit and first area."""
    found: Relied = defaultdict(list)
    for life in lives:
        pattern = life.plan.pattern
        if life.assessed_at is not None and pattern.sign == "threat" and pattern.areas:
            found[life.unit, pattern.areas[0]].append(life)
    return found


def _control(
    stream: Stream,
    staff: Staff,
    place: tuple[int, Area],
    span: tuple[datetime, date],
    risks: list[RiskLife],
    *,
    number: int,
) -> Control:
    (unit, area), (begin, today) = place, span
    first = min(risks, key=lambda life: life.assessed_at or life.described_at)
    language, assessed = first.plan.language, first.assessed_at or first.described_at
    at = max(begin, assessed - BEFORE)
    kind, *titles = stream.pick(_wordings(area))
    is_tested, works = stream.happens(TESTED), stream.happens(WORKS)
    tested_at = at + (assessed - at) * 0.6 if is_tested else None
    result = ("works" if works else "failed") if is_tested else ""
    return Control(
        id=stream.uuid7(at),
        at=at,
        by=staff.head(unit, at.date()),
        code=f"C-{number:06d}",
        title=titles[LANGUAGES.index(language)],
        unit=unit,
        owner=staff.head(unit, today),
        kind=kind,
        tested_at=tested_at,
        test=stream.uuid7(tested_at or at),
        result=result,
        evidence=stream.pick(table("controls")[result][language]) if result else "",
        next_test=months_after(tested_at.date(), TEST_MONTHS) if tested_at else None,
    )


def _link(stream: Stream, life: RiskLife, control: Control) -> Link:
    """Named when the risk was first assessed."""
    at = life.assessed_at or life.described_at
    return Link(stream.uuid7(at), "rests_on", life.id, control.id, at, life.world.acting(None, life.unit, at.date()))


@cache
def _wordings(area: Area) -> list[list[str]]:
    found: list[list[str]] = table("controls")["areas"][area]
    return found
