"""A choice as the engine is asked it: candidates, what each takes off of which risk, what binds them; and the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any
from uuid import UUID

import numpy as np

from kivijalka.actions.models import Action
from kivijalka.actions.queries import EXCLUDES, REQUIRES
from kivijalka.engine import choice as engine
from kivijalka.engine.errors import BadInput
from kivijalka.organisation.queries import numbers_below
from kivijalka.policy.scales import Scales
from kivijalka.programmes.benefit import treated_by
from kivijalka.programmes.losses import now
from kivijalka.programmes.models import Choice, ChosenAction, Least, Programme, Workstream
from kivijalka.programmes.queries import GATHERS
from kivijalka.register.models import Link
from kivijalka.risks.models import Assessment, Risk

State, Why = Action.State, ChosenAction.Why
Pair = tuple[UUID, UUID]
Tell = Callable[[int, int], None]
# What stands for "done already" where another action needs it, or must not stand beside it.
UNDER_WAY = (State.STARTED, State.DONE, *Action.MEASURED)
MONEY, WORK = 0, 1
# Up to so many candidates the optimum is proved; beyond, the search ends where little can be gained, and says how little.
FEW = 150
PROOF, NEAR = 1e-6, 1e-3
SHORT = engine.Effort(rounds=8, programs=1, nodes=100)
# Budgets of the frontier, as shares of the one asked; of a budget of nothing, as shares of what everything costs.
SHARES, OF_ALL = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0), (0.0, 0.05, 0.1, 0.25, 0.5, 1.0)
TINY = 0.005


@dataclass(frozen=True)
class Asked:
    """The problem in numbers, what its numbers mean, and which planned actions are left out of it, and why."""

    problem: engine.Problem
    actions: list[Action]
    risks: list[UUID]
    left_out: list[tuple[UUID, str]] = field(default_factory=list)


def asked(choice: Choice, scales: Scales) -> Asked:
    """Planned actions of the choice's unit and below, within the reader's reach; ten queries, however many there are."""
    rows = Action.objects.seen().filter(unit__in=numbers_below(choice.unit_id), state=State.PLANNED)
    actions = {row.pk: row for row in rows.order_by("code")}
    treated = treated_by(list(actions))
    losses = _losses(list(treated), scales)
    effects = _effects(actions, treated, losses)
    left_out = _unfit(actions, effects, with_days=choice.budget_days is not None)
    excludes, requires = _bound(actions, left_out)
    fit = [row for row in actions.values() if row.pk not in left_out]
    place = {row.pk: i for i, row in enumerate(fit)}
    risks = list(losses)
    at = {risk: i for i, risk in enumerate(risks)}

    def pairs(of: Iterable[Pair]) -> list[tuple[int, int]]:
        return [(place[a], place[b]) for a, b in of if a in place and b in place]

    problem = engine.Problem(
        np.array([losses[risk] for risk in risks], float),
        [_action(row, {at[risk]: keep for risk, keep in effects[row.pk].items()}, choice) for row in fit],
        (float(choice.budget_eur),) if choice.budget_days is None else (float(choice.budget_eur), choice.budget_days),
        excludes=pairs(excludes),
        requires=pairs(requires),
        floors=_floors(choice, place),
    )
    return Asked(problem, fit, risks, sorted(left_out.items(), key=lambda one: str(actions[one[0]].code)))


def _losses(risks: list[UUID], scales: Scales) -> dict[UUID, float]:
    """Euros a year of each open threat that somebody has judged."""
    rows = Risk.objects.seen().filter(Risk.IS_OPEN, sign=Risk.Sign.THREAT).in_bulk(risks)
    judged = Assessment.objects.seen().filter(risk__in=list(rows), stage=Assessment.Stage.CURRENT)
    latest = {one.risk_id: one for one in judged.order_by("risk_id", "-at", "-id").distinct("risk_id")}
    found = {pk: now(risk, scales, latest.get(pk)) for pk, risk in rows.items()}
    return {pk: loss for pk, loss in found.items() if loss is not None}


def _effects(
    actions: Mapping[UUID, Action], treated: Mapping[UUID, list[UUID]], losses: Mapping[UUID, float]
) -> dict[UUID, dict[UUID, float]]:
    """Of each action what it leaves of the loss of each risk that it treats."""
    found: dict[UUID, dict[UUID, float]] = defaultdict(dict)
    for risk, several in treated.items():
        for pk in several if risk in losses else ():
            cut = actions[pk].expected_cut
            if cut is not None:
                found[pk][risk] = 1 - cut / 100
    return found


def _unfit(actions: Mapping[UUID, Action], effects: Mapping[UUID, Any], *, with_days: bool) -> dict[UUID, str]:
    """Actions that cannot be weighed, and what they lack."""
    lacks = {
        pk: "cost" if row.cost_eur is None
        else "days" if with_days and row.work_days is None
        else "effect" if row.expected_cut is None
        else "" if effects.get(pk) else "risk"
        for pk, row in actions.items()
    }  # fmt: skip
    return {pk: why for pk, why in lacks.items() if why}


def _bound(actions: Mapping[UUID, Action], left_out: dict[UUID, str]) -> tuple[list[Pair], list[Pair]]:
    """What excludes and needs what among the candidates; who needs what cannot be had is added to those left out."""
    ties = Link.objects.in_force(EXCLUDES.kind, REQUIRES.kind).filter(a__in=list(actions))
    back = Link.objects.in_force(EXCLUDES.kind).filter(b__in=list(actions))
    rows: list[Any] = list((ties | back).order_by("id").values_list("kind", "a", "b"))
    others = {end for _kind, a, b in rows for end in (a, b)} - actions.keys()
    begun = set(Action.objects.seen().filter(pk__in=others, state__in=UNDER_WAY).values_list("pk", flat=True))
    excludes = [(a, b) for kind, a, b in rows if kind == EXCLUDES.kind]
    requires = [(a, b) for kind, a, b in rows if kind == REQUIRES.kind and b not in begun]
    for pair in excludes:
        for one, other in (pair, pair[::-1]):
            if one in actions and other in begun:
                left_out.setdefault(one, "excluded")
    left_out |= {pk: "circle" for pk in _in_circles(requires) if pk not in left_out}
    while lacking := [a for a, b in requires if a not in left_out and (b not in actions or b in left_out)]:
        left_out |= dict.fromkeys(lacking, "needs")
    return excludes, requires


def _in_circles(needs: Iterable[Pair]) -> set[UUID]:
    """What waits for itself in the end, or stands between two such: of links from before circles were refused."""
    left, before = set(needs), set[Pair]()
    while left != before:
        before, needing, needed = left, {a for a, _b in left}, {b for _a, b in left}
        left = {(a, b) for a, b in left if a in needed and b in needing}
    return {a for a, _b in left}


def _action(row: Action, effects: dict[int, float], choice: Choice) -> engine.Action:
    cost = float(row.cost_eur or 0)
    return engine.Action((cost,) if choice.budget_days is None else (cost, float(row.work_days or 0)), effects)


def _floors(choice: Choice, place: Mapping[UUID, int]) -> list[tuple[frozenset[int], int, float]]:
    """At least so much for actions of programmes that serve a priority."""
    least = dict(Least.objects.seen().filter(choice=choice.pk, least_eur__gt=0).values_list("priority", "least_eur"))
    if not least:
        return []
    of = priority_of(list(place))
    return [
        (frozenset(place[pk] for pk, priority in of.items() if priority == wanted), MONEY, float(eur))
        for wanted, eur in least.items()
    ]


def priority_of(actions: list[UUID]) -> dict[UUID, UUID | None]:
    """The priority that each action serves by the programme that gathers it, as far as that is seen; three queries."""
    ties: Any = Link.objects.in_force(GATHERS.kind).filter(b__in=actions).order_by("-id")
    stream = dict(ties.values_list("b", "a"))
    of_stream = dict(Workstream.objects.seen().filter(pk__in=set(stream.values())).values_list("pk", "programme"))
    of_programme = dict(Programme.objects.seen().filter(pk__in=set(of_stream.values())).values_list("pk", "priority"))
    return {action: of_programme.get(of_stream.get(row)) for action, row in stream.items()}


def answered(given: Asked, tell: Tell = lambda done, of: None) -> dict[str, Any]:
    """The best set, why each is in or out, and what other budgets would bring; as plain data. `tell` hears how far it is."""
    problem, budgets = given.problem, _budgets(given.problem)
    few = len(given.actions) <= FEW
    target, effort = (PROOF, None) if few else (NEAR, SHORT)
    steps = 1 + len(budgets)
    tell(0, steps)
    try:
        found = engine.choose(problem, effort=effort, target=target)
    except BadInput:
        return {"impossible": True, **_left_out(given)}
    frontier: list[tuple[float, float]] = []
    for done, budget in enumerate(budgets, start=1):
        tell(done, steps)
        point = _point(problem, budget, found, few=few)
        if point is not None:
            left = min(point.left, *(earlier[1] for earlier in frontier)) if frontier else point.left
            frontier.append((budget, left))
    return {
        "lines": _lines(given, set(found.chosen)),
        "risks": _risks(given, set(found.chosen)),
        "before": found.before,
        "left": found.left,
        "gap": found.gap,
        "proved": found.proved,
        "frontier": frontier,
        **_left_out(given),
    }


def _budgets(problem: engine.Problem) -> list[float]:
    asked_for, all_of_it = problem.budgets[MONEY], sum(action.cost[MONEY] for action in problem.actions)
    shares, whole = (SHARES, asked_for) if asked_for > 0 else (OF_ALL, all_of_it)
    return [share * whole for share in shares] if problem.actions and whole > 0 else []


def _point(problem: engine.Problem, budget: float, found: engine.Choice, *, few: bool) -> engine.Choice | None:
    """The best for another budget of money; None: no set meets the demands with so little."""
    if budget == problem.budgets[MONEY]:
        return found
    other = replace(problem, budgets=(budget, *problem.budgets[MONEY + 1 :]))
    try:
        return engine.choose(other, effort=None if few else SHORT, target=NEAR if few else 10 * NEAR)
    except BadInput:
        return None


def _left_out(given: Asked) -> dict[str, Any]:
    return {"left_out": [(str(pk), why) for pk, why in given.left_out]}


def _lines(given: Asked, taken: set[int]) -> list[list[Any]]:
    """Of each candidate: whether it is taken, the euros a year that it saves beside the rest, why, and because of which."""
    problem = given.problem
    on: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for a in taken:
        for risk, keep in problem.actions[a].effects.items():
            on[risk].append((a, keep))
    spent = problem.cost(sorted(taken))
    lines = []
    for a, row in enumerate(given.actions):
        effects = problem.actions[a].effects.items()
        worth = sum(
            float(problem.losses[risk]) * prod(k for b, k in on[risk] if b != a) * (1 - keep) for risk, keep in effects
        )
        why, other = _why(problem, a, taken, worth, spent)
        because = str(given.actions[other].pk) if other is not None else None
        lines.append([str(row.pk), a in taken, round(worth, 2), why, because, str(row.cost_eur), row.work_days])
    return lines


def _why(problem: engine.Problem, a: int, taken: set[int], worth: float, spent: Any) -> tuple[str, int | None]:
    if a in taken:
        return Why.TAKEN, None
    for pair in problem.excludes:
        if a in pair and (other := pair[1] if pair[0] == a else pair[0]) in taken:
            return Why.EXCLUDED, other
    for one, other in problem.requires:
        if one == a and other not in taken:
            return Why.NEEDS, other
    if worth < TINY:
        return Why.NOTHING, None
    room = [budget - used for budget, used in zip(problem.budgets, spent, strict=True)]
    over = [kind for kind, (cost, free) in enumerate(zip(problem.actions[a].cost, room, strict=True)) if cost > free]
    return (Why.MONEY if MONEY in over else Why.DAYS if over else Why.NEAR), None


def _risks(given: Asked, taken: set[int]) -> list[list[Any]]:
    """Of each risk that the taken actions treat: euros a year now, and with them."""
    left = given.problem.left(sorted(taken))
    touched = sorted({risk for a in taken for risk in given.problem.actions[a].effects})
    return [[str(given.risks[r]), round(float(given.problem.losses[r]), 2), round(float(left[r]), 2)] for r in touched]
