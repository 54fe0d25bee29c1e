"""The integer program of a choice: convex losses held from below by tangents and by cuts for diminishing returns."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kivijalka.engine.choice import Best, Effort, Problem, greedy
from kivijalka.engine.errors import FloatArray


class Program:
    """min sum of z_r, z_r above tangents of loss_r * exp(u_r), u_r the sum of chosen log effects; budgets, floors and pairs."""

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

    def relax(self, rounds: int, best: Best) -> float:
        """Lower bound by linear programs with tangents added where the relaxed solution lies; rounded sets are tried."""
        bound = -math.inf
        for _ in range(rounds):
            x, lower = self._milp(None, 1e-9)
            if x is None:
                break
            best.take(greedy(self.problem, x))
            done = lower - bound <= max(1e-7 * abs(lower), 5e-3 * (best.left - lower))
            bound = max(bound, lower)
            if done:
                break
            for i, acts in enumerate(self.acts):
                if len(acts) > 1:
                    self._tangent(i, sum(x[a] * math.log(max(keep, 1e-12)) for a, keep in acts))
        return bound

    def solve(self, limits: Effort, target: float) -> tuple[tuple[int, ...] | None, float]:
        """The best set of the model and a lower bound of the problem (within the solver's tolerance, 1e-7)."""
        x, lower = self._milp(limits, target / 4)
        if x is None:
            return None, lower
        chosen = tuple(int(a) for a in np.flatnonzero(x > 0.5))
        return (chosen if self.problem.why_not(chosen) is None else None), lower

    def _milp(self, limits: Effort | None, target: float) -> tuple[FloatArray | None, float]:
        """The relaxed program, or within limits the one in whole actions: solution and lower bound."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        n, m, whole = self.n, len(self.risks), limits is not None
        options = {"mip_rel_gap": target}
        if limits is not None:
            options |= {"node_limit": limits.nodes} | (
                {"time_limit": limits.seconds} if limits.seconds < math.inf else {}
            )
        low, high = np.zeros(n + m), np.concatenate([np.ones(n), np.full(m, np.inf)])
        low[sorted(self.problem.must)] = 1.0
        high[sorted(self.problem.never)] = 0.0
        found = milp(
            np.concatenate([np.zeros(n), np.ones(m)]),
            integrality=np.concatenate([np.full(n, float(whole)), np.zeros(m)]),
            bounds=Bounds(low, high),
            constraints=[LinearConstraint(*part) for part in self._constraints(self.scale)],
            options=options,
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
        if problem.floors:
            floors = np.zeros((len(problem.floors), width))
            lowest = np.array([amount / max(amount, 1.0) for _group, _year, amount in problem.floors])
            for i, (group, year, amount) in enumerate(problem.floors):
                for a in group:
                    floors[i, a] = problem.actions[a].cost[year] / max(amount, 1.0)
            out.append((csr_array(floors), lowest, np.full(len(lowest), np.inf)))
        return out
