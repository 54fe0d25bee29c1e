"""Runs the lives of all risks and actions, each in one order of time, so that every command finds the state it needs."""

from collections.abc import Callable
from datetime import datetime, timedelta

from kivijalka.example.action_life import ActionLife
from kivijalka.example.courses import Course, course
from kivijalka.example.plans import Plan
from kivijalka.example.risk_life import RiskLife
from kivijalka.example.stream import Stream
from kivijalka.example.texts import ActionWording
from kivijalka.example.world import World

MOST_VERSIONS = 8
Happening = Callable[[datetime], None]


def foresee_courses(stream: Stream, plan: Plan) -> list[Course]:
    """The courses of the plan's actions."""
    if plan.courses or plan.fate == "draft":
        return plan.courses
    closes = plan.fate == "closed"
    last = _closing(plan) - 1 if closes else plan.limit
    first = min(_treated_from(plan) + 1, last - 1)
    return [course(stream, first, last, must_end=closes, cost_eur=wording.cost_eur) for wording in _wordings(plan)]


def live(world: World, plan: Plan, courses: list[tuple[int, Course]]) -> RiskLife:
    """Lives a risk and its numbered actions through."""
    risk = RiskLife(world, plan)
    happenings: list[tuple[int, int, Happening]] = [(plan.born, 0, risk.add)]
    if plan.fate == "draft":
        happenings.append((min(plan.limit, plan.born + 1 + world.stream.below(20)), 1, risk.describe))
    else:
        happenings += _risk_happenings(world.stream, plan, risk)
        risk.spare_versions = MOST_VERSIONS - len(happenings)
        for (number, days), wording in zip(courses, _wordings(plan), strict=True):
            happenings += _action_happenings(ActionLife(world, risk, number, wording, days))
    _run(world, risk, happenings)
    return risk


def _run(world: World, risk: RiskLife, happenings: list[tuple[int, int, Happening]]) -> None:
    last: datetime | None = None
    for day, _, happen in sorted(happenings, key=lambda happening: happening[:2]):
        last = world.moment(day, last)
        if happen in (risk.close, risk.assess):
            _replace_gone_owner(world, risk, last)
        happen(last)


def _replace_gone_owner(world: World, risk: RiskLife, at: datetime) -> None:
    """Before a decision, an owner who has left is replaced."""
    owner = risk.fields["owner"]
    gone = owner is not None and world.staff.ends[owner] <= at.date()
    if gone and risk.spare_versions > 0:
        risk.spare_versions -= 1
        risk.hand_over(at - timedelta(seconds=50))


def _risk_happenings(stream: Stream, plan: Plan, risk: RiskLife) -> list[tuple[int, int, Happening]]:
    first, last = plan.assessed[0], plan.assessed[-1]
    made: list[tuple[int, int, Happening]] = [(max(plan.born + 1, first - 3), 1, risk.name_owner)]
    made += [(day, 2, risk.assess) for day in plan.assessed]
    if plan.actions:
        made.append((_treated_from(plan), 3, risk.decide_treatment))
    if plan.reopened:
        made += [(day, 8, happen) for day, happen in zip(_pause(plan), (risk.close, risk.reopen), strict=True)]
    if stream.happens(0.2) and len(plan.assessed) < 2:
        made.append((first + (plan.limit - first) // 3, 7, risk.describe))
    if plan.accepted_on is not None:
        made.append((plan.accepted_on, 7, risk.accept))
    elif len(plan.assessed) > 1 and not plan.reopened and plan.owned and plan.level == "low" and stream.happens(0.15):
        made.append((first + min(20, (plan.assessed[1] - first) // 2), 7, risk.accept))
    if plan.orphaned is not None:
        made.append((plan.orphaned, 7, risk.lose_owner))
    if plan.fate == "accepted":
        made.append((min(plan.limit, last + 3 + stream.below(25)), 8, risk.accept))
    if plan.fate == "closed":
        made.append((_closing(plan), 9, risk.close))
    return made


def _pause(plan: Plan) -> tuple[int, int]:
    """The days on which a risk was closed and opened again, between its last two assessments."""
    before, after = plan.assessed[-2:]
    return before + (after - before) * 3 // 10, before + (after - before) * 7 // 10


def _treated_from(plan: Plan) -> int:
    return min(plan.limit, (_pause(plan)[1] if plan.reopened else plan.assessed[0]) + 1)


def _closing(plan: Plan) -> int:
    return min(plan.limit, plan.assessed[-1] + 14)


def _wordings(plan: Plan) -> tuple[ActionWording, ...]:
    """The actions that were chosen, not always the first ones of the pattern, except in a story that is told."""
    every = plan.pattern.wordings[plan.language].actions
    first = 0 if plan.courses else plan.number
    return tuple(every[(first + index) % len(every)] for index in range(plan.actions))


def _action_happenings(action: ActionLife) -> list[tuple[int, int, Happening]]:
    days = action.days
    made: list[tuple[int, int, Happening]] = [(days.added, 4, action.add)]
    if days.started is not None:
        made.append((days.started, 4, action.start))
    made += [(day, 5, action.report) for day, _ in days.progress]
    made += [(day, 5, action.postpone) for day, _ in days.postponed]
    if days.ended is not None:
        made.append((days.ended, 6, action.cancel if days.outcome == "cancelled" else action.complete))
    if days.measured is not None:
        made.append((days.measured, 7, action.measure))
    return made
