"""Which risk may cause which other: patterns know their usual consequences, near units share them."""

from collections import defaultdict
from uuid import UUID

from kivijalka.example.plans import Plan
from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import Link, Size
from kivijalka.example.stream import Stream
from kivijalka.example.units import Tree

LINKS: dict[Size, int] = {"small": 60, "city": 2_400}


def chain(stream: Stream, size: Size, grown: Tree, lives: list[RiskLife]) -> list[Link]:
    """Links from risks to those that they may cause, in the same unit or one above it."""
    found: dict[tuple[int, str], list[RiskLife]] = defaultdict(list)
    for life in lives:
        found[life.unit, life.plan.pattern.key].append(life)
    pairs = [(life, other) for life in lives for other in _consequences(grown, found, life)]
    stream.shuffle(pairs)
    pairs.sort(key=lambda pair: not pair[0].plan.courses)
    seen: set[tuple[UUID, UUID]] = set()
    links: list[Link] = []
    for cause, effect in pairs:
        if len(links) >= LINKS[size] or (effect.id, cause.id) in seen:
            continue
        seen.add((cause.id, effect.id))
        links.append(_link(stream, cause, effect))
    return sorted(links, key=lambda link: (link.at, link.id))


def _consequences(grown: Tree, found: dict[tuple[int, str], list[RiskLife]], life: RiskLife) -> list[RiskLife]:
    return [
        other
        for key in life.plan.pattern.leads
        for unit in grown.upwards[life.unit]
        for other in found.get((unit, key), ())
        if other is not life
    ]


def _link(stream: Stream, cause: RiskLife, effect: RiskLife) -> Link:
    """Made when the later of the two was first assessed or written down."""
    later: Plan = max(cause.plan, effect.plan, key=lambda plan: plan.born)
    life = cause if later is cause.plan else effect
    at = life.described_at
    return Link(stream.uuid7(at), "may_cause", cause.id, effect.id, at, life.world.acting(None, life.unit, at.date()))
