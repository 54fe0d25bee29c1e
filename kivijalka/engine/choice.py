"""Choosing: which actions under a budget lower the expected loss most, with the optimum proved or its gap stated."""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kivijalka.engine.errors import BadInput, FloatArray, finite_array, not_negative, positive


@dataclass(frozen=True)
class Action:
    """Costs `cost[t]` euro in year t; multiplies the expected loss of risk r by `effects[r]`, from 0 to 1.

    Effects of several actions on the same risk multiply.
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

    `excludes`: pairs of which at most one; `requires`: (a, b), a only with b; `must` and `never`: decided beforehand.
    """

    losses: FloatArray
    actions: Sequence[Action]
    budgets: tuple[float, ...]
    excludes: Sequence[tuple[int, int]] = ()
    requires: Sequence[tuple[int, int]] = ()
    must: frozenset[int] = frozenset()
    never: frozenset[int] = frozenset()

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


def choose(problem: Problem, *, seconds: float = 10.0, target: float = 1e-6) -> Choice:
    """The allowed set that leaves the least expected loss, by mixed-integer programming (HiGHS through scipy).

    With u_r = sum of log effects, risk r keeps loss * exp(u_r), a convex function: tangents to it bound it from
    below, so the model's bound is a bound of the problem. Tangents are added at each solution until the gap is at
    most `target` or the time is up. Effects of 0 are handled as a risk wholly gone.

    >>> p = Problem(np.array([100.0, 50.0]), [Action((5.0,), {0: 0.5}), Action((5.0,), {0: 0.5, 1: 0.9})], (5.0,))
    >>> choose(p).chosen
    (1,)
    """
    deadline = time.monotonic() + positive("seconds", seconds)
    best = _Best(problem)
    best.take(greedy(problem))
    model = _Model(problem, best.left if math.isfinite(best.left) else float(np.sum(problem.losses)))
    if best.chosen is not None:
        model.tangents_at(best.chosen)
    bound = model.relax(deadline - 0.6 * seconds, best)
    while best.left - bound > target * best.left or best.chosen is None:
        found, lower = model.solve(max(deadline - time.monotonic(), 0.05), target)
        bound = max(bound, lower)
        if found is None and best.chosen is None:
            raise BadInput("problem", "no allowed set found", "budgets and demands that some set of actions can meet")
        best.take(found or ())
        if found is None or time.monotonic() > deadline:
            break
        model.tangents_at(found)
    assert best.chosen is not None
    before = float(np.sum(problem.losses))
    return Choice(best.chosen, best.left, min(bound, best.left), before, problem.cost(best.chosen))


class _Best:
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

    heap = [entry(a) for a in range(len(problem.actions)) if a not in picked and a not in problem.never]
    heapq.heapify(heap)
    waiting: list[int] = []
    while heap:
        _, value, a = heapq.heappop(heap)
        now = entry(a)
        if now[1] > value * (1 - 1e-12) and heap and now > heap[0]:
            heapq.heappush(heap, now)
            continue
        if now[1] >= 0 or (spent + costs[a] > budget).any() or blocked.get(a, set()) & picked:
            continue
        if not requires.get(a, set()) <= picked:
            waiting.append(a)
            continue
        picked.add(a)
        spent = spent + costs[a]
        for r, keep in problem.actions[a].effects.items():
            left[r] *= keep
        for again in [w for w in waiting if requires[w] <= picked]:
            waiting.remove(again)
            heapq.heappush(heap, entry(again))
    return sorted(picked)


def _pairs(pairs: Sequence[tuple[int, int]]) -> dict[int, set[int]]:
    out: dict[int, set[int]] = {}
    for a, b in pairs:
        out.setdefault(a, set()).add(b)
    return out


class _Model:
    """min sum of z_r, z_r above tangents of loss_r * exp(u_r), u_r the sum of chosen log effects; budgets and pairs."""

    def __init__(self, problem: Problem, scale: float) -> None:
        self.problem = problem
        self.scale = max(scale, 1e-300)
        self.n = len(problem.actions)
        touched = sorted({r for a in problem.actions for r in a.effects})
        self.risks = [r for r in touched if problem.losses[r] > 0]
        self.place = {r: i for i, r in enumerate(self.risks)}
        self.constant = float(sum(v for r, v in enumerate(problem.losses) if r not in self.place))
        self.acts: list[list[tuple[int, float]]] = [[] for _ in self.risks]
        for a, action in enumerate(problem.actions):
            for r, keep in action.effects.items():
                if r in self.place and keep < 1:
                    self.acts[self.place[r]].append((a, keep))
        self.rows: list[tuple[list[int], list[float], float]] = []
        for i in range(len(self.risks)):
            self._first_tangents(i)

    def _first_tangents(self, i: int) -> None:
        """Exact for one action; for few, tangents at all sums; for many, at sums spread over the reachable range."""
        acts = self.acts[i]
        logs = [math.log(max(keep, 1e-12)) for _, keep in acts]
        if len(acts) == 1:
            self._chord(i)
            return
        if len(acts) <= 3:
            sums = {round(sum(v for j, v in enumerate(logs) if m >> j & 1), 12) for m in range(1 << len(acts))}
        else:
            sums = {0.0, *np.linspace(0.0, max(sum(logs), -12.0), 6).tolist()}
        for u in sorted(sums):
            self._tangent(i, u)

    def _chord(self, i: int) -> None:
        (a, keep), loss = self.acts[i][0], float(self.problem.losses[self.risks[i]])
        self.rows.append(([a, self.n + i], [loss * (1 - keep), 1.0], loss))

    def _tangent(self, i: int, u: float) -> None:
        """z >= loss e^u (1 + sum of x_a log keep_a - u): a tangent of the convex exponential."""
        loss = float(self.problem.losses[self.risks[i]]) * math.exp(u)
        columns = [a for a, _ in self.acts[i]] + [self.n + i]
        values = [-loss * math.log(max(keep, 1e-12)) for _, keep in self.acts[i]] + [1.0]
        self.rows.append((columns, values, loss * (1 - u)))

    def tangents_at(self, chosen: Sequence[int]) -> None:
        """Make the model exact at a set."""
        picked = set(chosen)
        for i, acts in enumerate(self.acts):
            if len(acts) > 1:
                self._tangent(i, sum(math.log(max(keep, 1e-12)) for a, keep in acts if a in picked))
                self._supermodular(i, picked)

    def _supermodular(self, i: int, picked: set[int]) -> None:
        """Two cuts, exact at the set S: f(T) >= f(S) + sum over S \\ T of a drop - sum over T \\ S of a drop.

        What an action saves falls with what is chosen besides (diminishing returns), so that the drops to take are
        those beside everything else or S less itself, and beside S or nothing.
        Source: Nemhauser and Wolsey, Integer and Combinatorial Optimization 1988, section III.3.9.
        """
        acts, loss = self.acts[i], float(self.problem.losses[self.risks[i]])
        inside = loss * math.prod(keep for a, keep in acts if a in picked)
        for beside_all in (True, False):
            values, base = [], inside
            for a, keep in acts:
                if a in picked:
                    rest = loss * math.prod(k for b, k in acts if b != a and (beside_all or b in picked))
                    base += rest * (1 - keep)
                    values.append(rest * (1 - keep))
                else:
                    values.append((inside if beside_all else loss) * (1 - keep))
            self.rows.append(([*(a for a, _ in acts), self.n + i], [*values, 1.0], base))

    def relax(self, deadline: float, best: _Best) -> float:
        """Lower bound by linear programs with tangents added where the relaxed solution lies; rounded sets are tried."""
        bound, rounds = -math.inf, 0
        while rounds < 2 or (time.monotonic() < deadline and rounds < 40):
            x, lower = self._milp(whole=False, seconds=60.0, target=1e-9)
            if x is None:
                break
            best.take(greedy(self.problem, x))
            done = lower <= bound + 1e-7 * abs(lower) and rounds > 0
            bound, rounds = max(bound, lower), rounds + 1
            if done:
                break
            for i, acts in enumerate(self.acts):
                if len(acts) > 1:
                    self._tangent(i, sum(x[a] * math.log(max(keep, 1e-12)) for a, keep in acts))
        return bound

    def solve(self, seconds: float, target: float) -> tuple[tuple[int, ...] | None, float]:
        """The best set of the model and a lower bound of the problem (within the solver's tolerance, 1e-7)."""
        x, lower = self._milp(whole=True, seconds=seconds, target=target / 4)
        if x is None:
            return None, lower
        chosen = tuple(int(a) for a in np.flatnonzero(x > 0.5))
        return (chosen if self.problem.why_not(chosen) is None else None), lower

    def _milp(self, *, whole: bool, seconds: float, target: float) -> tuple[FloatArray | None, float]:
        from scipy.optimize import Bounds, LinearConstraint, milp

        n, m = self.n, len(self.risks)
        low, high = np.zeros(n + m), np.concatenate([np.ones(n), np.full(m, np.inf)])
        low[sorted(self.problem.must)] = 1.0
        high[sorted(self.problem.never)] = 0.0
        found = milp(
            np.concatenate([np.zeros(n), np.ones(m)]),
            integrality=np.concatenate([np.full(n, float(whole)), np.zeros(m)]),
            bounds=Bounds(low, high),
            constraints=[LinearConstraint(*part) for part in self._constraints(self.scale)],
            options={"time_limit": seconds, "mip_rel_gap": target},
        )
        dual = getattr(found, "mip_dual_bound", None) if whole else (found.fun if found.status == 0 else None)
        lower = -math.inf if dual is None or not math.isfinite(dual) else float(dual) * self.scale + self.constant
        return (None if found.x is None else np.asarray(found.x[:n])), lower

    def _constraints(self, scale: float) -> list[tuple[object, FloatArray, FloatArray]]:
        from scipy.sparse import csr_array

        n, width, problem = self.n, self.n + len(self.risks), self.problem
        data, column, start, least = [], [], [0], []
        for columns, values, base in self.rows:
            data += [v / scale if c < n else v for c, v in zip(columns, values, strict=True)]
            column += columns
            start.append(len(column))
            least.append(base / scale)
        out: list[tuple[object, FloatArray, FloatArray]] = []
        if self.rows:
            matrix = csr_array((data, column, start), shape=(len(self.rows), width))
            out.append((matrix, np.array(least), np.full(len(least), np.inf)))
        pairs = [((a, 1.0), (b, 1.0), 1.0) for a, b in problem.excludes]
        pairs += [((a, 1.0), (b, -1.0), 0.0) for a, b in problem.requires]
        if pairs:
            row = np.repeat(np.arange(len(pairs)), 2)
            both = [end for first, second, _ in pairs for end in (first, second)]
            matrix = csr_array(([v for _, v in both], (row, [c for c, _ in both])), shape=(len(pairs), width))
            out.append((matrix, np.full(len(pairs), -np.inf), np.array([top for _, _, top in pairs])))
        if n and len(problem.budgets):
            unit = np.maximum(np.asarray(problem.budgets, float), 1.0)
            cost = np.zeros((len(problem.budgets), width))
            cost[:, :n] = np.array([a.cost for a in problem.actions]).T / unit[:, None]
            out.append((csr_array(cost), np.full(len(unit), -np.inf), np.asarray(problem.budgets, float) / unit))
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
    """For every action: what dropping it from the chosen set, or adding it to it, would change."""
    out = []
    for a in range(len(problem.actions)):
        inside = a in choice.chosen
        other = [b for b in choice.chosen if b != a] if inside else sorted([*choice.chosen, a])
        change = float(problem.left(other).sum()) - choice.left
        out.append(Reason(a, inside, change, problem.why_not(other)))
    return out


def frontier(problem: Problem, budgets: Sequence[Sequence[float]], *, seconds: float = 5.0) -> list[Choice]:
    """The best choice for each of several budgets; a dearer budget never leaves more loss than a cheaper one within it."""
    out: list[Choice] = []
    for budget in budgets:
        found = choose(replace(problem, budgets=tuple(budget)), seconds=seconds)
        for earlier, old in zip(budgets, out, strict=False):
            if old.left < found.left and all(a <= b for a, b in zip(earlier, budget, strict=True)):
                found = replace(old, bound=min(found.bound, old.left))
        out.append(found)
    return out
