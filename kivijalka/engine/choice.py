"""Choosing: which actions under a budget lower the expected loss most, with the optimum proved or its gap stated."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from kivijalka.engine.errors import BadInput, FloatArray, finite_array, not_negative


@dataclass(frozen=True)
class Action:
    """Costs `cost[t]` euro in year t; multiplies the expected loss of risk r by `effects[r]`, from 0 to 1.

    Effects of several actions on the same risk multiply.

    >>> Action(cost=(5000.0, 1000.0), effects={0: 0.5, 3: 0.9}, name="sprinklers").cost
    (5000.0, 1000.0)
    """

    cost: tuple[float, ...]
    effects: dict[int, float]
    name: str = ""

    def __post_init__(self) -> None:
        for c in self.cost:
            not_negative("cost", c)
        for risk, left in self.effects.items():
            if not 0 <= left <= 1:
                raise BadInput("effects", {risk: left}, "what is left of the loss, from 0 to 1")


@dataclass(frozen=True)
class Problem:
    """`losses[r]`: expected loss of risk r, euro over the whole time (or its share of the tail); `budgets[t]` per year.

    `excludes`: pairs of which at most one; `requires`: (a, b), a only with b; `must` and `never`: decided beforehand;
    `floors`: (some actions, t, least), of which the chosen cost together at least so much in year t.

    >>> p = Problem(np.array([100.0]), [Action((5.0,), {0: 0.5}), Action((3.0,), {0: 0.8})], (7.0,))
    >>> p.left([0, 1]).tolist(), p.why_not([0, 1])
    ([40.0], 'year 0 costs 1 euro more than its budget')
    """

    losses: FloatArray
    actions: Sequence[Action]
    budgets: tuple[float, ...]
    excludes: Sequence[tuple[int, int]] = ()
    requires: Sequence[tuple[int, int]] = ()
    must: frozenset[int] = frozenset()
    never: frozenset[int] = frozenset()
    floors: Sequence[tuple[frozenset[int], int, float]] = ()

    def __post_init__(self) -> None:
        finite_array("losses", self.losses, least=0.0)
        finite_array("budgets", self.budgets, least=0.0)
        for i, action in enumerate(self.actions):
            if len(action.cost) != len(self.budgets):
                raise BadInput(
                    "cost", action.cost, f"{len(self.budgets)} yearly costs for action {i}, as many as budgets"
                )
            if wrong := [r for r in action.effects if not 0 <= r < len(self.losses)]:
                raise BadInput("effects", wrong, f"risks from 0 to {len(self.losses) - 1} in action {i}")
        known = range(len(self.actions))
        for name in ("excludes", "requires"):
            for pair in getattr(self, name):
                if len(pair) != 2 or pair[0] not in known or pair[1] not in known:
                    raise BadInput(name, pair, f"pairs of actions from 0 to {len(self.actions) - 1}")
        for group, year, least in self.floors:
            not_negative("floors", least)
            if not group <= set(known) or year not in range(len(self.budgets)):
                raise BadInput("floors", (sorted(group), year), "actions and a year that there are")
        if both := self.must & self.never:
            raise BadInput("must", sorted(both), "actions that are not also in never")

    def left(self, chosen: Sequence[int]) -> FloatArray:
        """Expected loss of each risk with the chosen actions, effects multiplied, euro."""
        out = np.array(self.losses, float)
        for a in chosen:
            for risk, keep in self.actions[a].effects.items():
                out[risk] *= keep
        return out

    def cost(self, chosen: Sequence[int]) -> FloatArray:
        """Cost in each year, euro."""
        return np.sum([self.actions[a].cost for a in chosen], axis=0) if len(chosen) else np.zeros(len(self.budgets))

    def why_not(self, chosen: Sequence[int]) -> str | None:
        """Why a set is not allowed, or None."""
        picked = set(chosen)
        over = self.cost(sorted(picked)) - np.asarray(self.budgets)
        if (over > 1e-6 * np.maximum(1.0, self.budgets)).any():
            year = int(np.argmax(over))
            return f"year {year} costs {over[year]:g} euro more than its budget"
        for a, b in self.excludes:
            if a in picked and b in picked:
                return f"actions {a} and {b} exclude one another"
        for a, b in self.requires:
            if a in picked and b not in picked:
                return f"action {a} needs action {b}"
        for group, year, least in self.floors:
            spent = sum(self.actions[a].cost[year] for a in group & picked)
            if spent < least - 1e-6 * max(1.0, least):
                return f"year {year} has {least - spent:g} euro less than the least for {len(group)} actions"
        if missing := self.must - picked:
            return f"action {min(missing)} must be chosen"
        if banned := self.never & picked:
            return f"action {min(banned)} may not be chosen"
        return None


@dataclass(frozen=True)
class Choice:
    """The set found: `left` is the loss that remains with it, `bound` one that no allowed set can go below, euro.

    `gap` is (left - bound) / left; `proved` when it is at most 1e-6.
    """

    chosen: tuple[int, ...]
    left: float
    bound: float
    before: float
    cost: FloatArray

    @property
    def gap(self) -> float:
        return max(self.left - self.bound, 0.0) / self.left if self.left > 0 else 0.0

    @property
    def proved(self) -> bool:
        return self.gap <= 1e-6


@dataclass(frozen=True)
class Effort:
    """How far to search: at most so many linear programs, integer programs, and nodes of each integer program.

    Counted, so that the same problem gives the same answer anywhere. `seconds` is handed to the solver as the limit of
    each integer program, for who would rather have an answer in time than the same one again.
    """

    rounds: int = 12
    programs: int = 6
    nodes: int = 2000
    seconds: float = math.inf

    def __post_init__(self) -> None:
        for name in ("rounds", "programs", "nodes"):
            if not getattr(self, name) >= 1:
                raise BadInput(name, getattr(self, name), "a whole number of at least 1")
        if not self.seconds > 0:
            raise BadInput("seconds", self.seconds, "a number above 0, or inf")


def choose(problem: Problem, *, effort: Effort | None = None, target: float = 1e-6) -> Choice:
    """The allowed set that leaves the least expected loss, by mixed-integer programming (HiGHS through scipy).

    With u_r = sum of log effects, risk r keeps loss * exp(u_r), a convex function: tangents to it bound it from
    below, so the model's bound is a bound of the problem. Tangents are added at each solution until the gap is at
    most `target` or the effort is spent. Effects of 0 are handled as a risk wholly gone.

    >>> p = Problem(np.array([100.0, 50.0]), [Action((5.0,), {0: 0.5}), Action((5.0,), {0: 0.5, 1: 0.9})], (5.0,))
    >>> choose(p).chosen
    (1,)
    """
    from kivijalka.engine.program import Program

    limits = effort or Effort()
    best = Best(problem)
    best.take(greedy(problem))
    if not problem.actions and best.chosen is not None:
        return Choice((), best.left, best.left, best.left, problem.cost(()))
    if not problem.actions:
        raise _impossible()
    model = Program(problem, best.left if math.isfinite(best.left) else float(np.sum(problem.losses)))
    if best.chosen is not None:
        model.tangents_at(best.chosen)
    bound = model.relax(limits.rounds, best)
    for _ in range(limits.programs):
        if best.chosen is not None and best.left - bound <= target * best.left:
            break
        found, lower = model.solve(limits, target)
        bound = max(bound, lower)
        if found is None:
            break
        best.take(found)
        model.tangents_at(found)
    if best.chosen is None:
        raise _impossible()
    before = float(np.sum(problem.losses))
    return Choice(best.chosen, best.left, min(bound, best.left), before, problem.cost(best.chosen))


def _impossible() -> BadInput:
    return BadInput("problem", "no allowed set found", "budgets and demands that some set of actions can meet")


class Best:
    """The best allowed set so far."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.left = math.inf
        self.chosen: tuple[int, ...] | None = None

    def take(self, chosen: Sequence[int]) -> None:
        value = float(self.problem.left(chosen).sum())
        if value < self.left and self.problem.why_not(chosen) is None:
            self.left, self.chosen = value, tuple(sorted(chosen))


def greedy(problem: Problem, order: FloatArray | None = None) -> list[int]:
    """A fair first set: what must be, then again and again the allowed action that saves most per euro.

    With `order` (a number per action) those of 1/2 and more go first, for instance those of a relaxed solution.

    >>> greedy(Problem(np.array([100.0]), [Action((5.0,), {0: 0.5}), Action((3.0,), {0: 0.8})], (7.0,)))
    [0]
    """
    chosen = sorted(problem.must)
    for a in list(chosen):
        chosen += [b for x, b in problem.requires if x == a and b not in chosen]
    picked, left, spent = set(chosen), problem.left(chosen), problem.cost(chosen)
    budget, costs = np.asarray(problem.budgets, float), [np.asarray(a.cost, float) for a in problem.actions]
    blocked, requires = _pairs([*problem.excludes, *((b, a) for a, b in problem.excludes)]), _pairs(problem.requires)

    def worth(a: int) -> float:
        saved = sum(float(left[r]) * (1 - keep) for r, keep in problem.actions[a].effects.items())
        return saved / (float(costs[a].sum()) + 1e-9)

    def entry(a: int) -> tuple[bool, float, int]:
        return (order is None or bool(order[a] < 0.5)), -worth(a), a

    def take(some: Iterable[int], least_worth: float, enough: Callable[[], bool]) -> None:
        heap = [entry(a) for a in some if a not in picked and a not in problem.never]
        heapq.heapify(heap)
        waiting: list[int] = []
        while heap and not enough():
            _, value, a = heapq.heappop(heap)
            now = entry(a)
            if now[1] > value * (1 - 1e-12) and heap and now > heap[0]:
                heapq.heappush(heap, now)
                continue
            if -now[1] <= least_worth or (spent + costs[a] > budget).any() or blocked.get(a, set()) & picked:
                continue
            if not requires.get(a, set()) <= picked:
                waiting.append(a)
                continue
            picked.add(a)
            spent[:] = spent + costs[a]
            for r, keep in problem.actions[a].effects.items():
                left[r] *= keep
            for again in [w for w in waiting if requires[w] <= picked]:
                waiting.remove(again)
                heapq.heappush(heap, entry(again))

    def reached(group: frozenset[int], year: int, least: float) -> bool:
        return bool(sum(costs[a][year] for a in group & picked) >= least)

    for floor in problem.floors:
        # What saves nothing counts towards the least as well.
        take(sorted(floor[0]), -1.0, partial(reached, *floor))
    take(range(len(problem.actions)), 0.0, lambda: False)
    return sorted(picked)


def _pairs(pairs: Sequence[tuple[int, int]]) -> dict[int, set[int]]:
    out: dict[int, set[int]] = {}
    for a, b in pairs:
        out.setdefault(a, set()).add(b)
    return out


@dataclass(frozen=True)
class Reason:
    """Why action `action` is in the set or not: leaving it out, or adding it, changes the loss left by `change` euro.

    Negative: less loss. `why_not` says why it could not be added, or is None.
    """

    action: int
    chosen: bool
    change: float
    why_not: str | None


def reasons(problem: Problem, choice: Choice) -> list[Reason]:
    """For every action: what dropping it from the chosen set, or adding it to it, would change.

    >>> p = Problem(np.array([100.0]), [Action((5.0,), {0: 0.5}), Action((3.0,), {0: 0.8})], (7.0,))
    >>> [(r.action, r.chosen, r.change, r.why_not) for r in reasons(p, choose(p))]
    [(0, True, 50.0, None), (1, False, -10.0, 'year 0 costs 1 euro more than its budget')]
    """
    out = []
    for a in range(len(problem.actions)):
        inside = a in choice.chosen
        other = [b for b in choice.chosen if b != a] if inside else sorted([*choice.chosen, a])
        change = float(problem.left(other).sum()) - choice.left
        out.append(Reason(a, inside, change, problem.why_not(other)))
    return out


def frontier(problem: Problem, budgets: Sequence[Sequence[float]], *, effort: Effort | None = None) -> list[Choice]:
    """The best choice for each of several budgets; a dearer budget never leaves more loss than a cheaper one within it.

    >>> p = Problem(np.array([100.0]), [Action((5.0,), {0: 0.5}), Action((3.0,), {0: 0.8})], (7.0,))
    >>> [round(c.left, 6) for c in frontier(p, [(0.0,), (3.0,), (5.0,), (8.0,)])]
    [100.0, 80.0, 50.0, 40.0]
    """
    out: list[Choice] = []
    for budget in budgets:
        found = choose(replace(problem, budgets=tuple(budget)), effort=effort)
        for earlier, old in zip(budgets, out, strict=False):
            if old.left < found.left and all(a <= b for a, b in zip(earlier, budget, strict=True)):
                found = replace(old, bound=min(found.bound, old.left))
        out.append(found)
    return out
