"""Allocation: each risk's share of mean, VaR and TVaR, adding up; and what one change to a risk would change."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kivijalka.engine.curve import Bounded, LossCurve
from kivijalka.engine.errors import BadInput, FloatArray, IntArray, NoMean, level
from kivijalka.engine.insurance import Cover
from kivijalka.engine.inversion import Lattice, kernel_of
from kivijalka.engine.measure import add_rows, tabulate
from kivijalka.engine.portfolio import Portfolio, Risk, Shock
from kivijalka.engine.recipe import ComplexArray, Recipe

CHUNK = 128


@dataclass(frozen=True)
class Shares:
    """Euler shares, euro: row i belongs to risk `risks[i]`; then one row for each hit of each shock, in order.

    `mean`, `var` and `tvar` sum to `total_mean`, `total_var`, `total_tvar` (the figures of the lattice used).
    `units[i]` is the unit at which row i enters.
    """

    risks: IntArray
    units: IntArray
    mean: FloatArray
    var: FloatArray
    tvar: FloatArray
    total_mean: float
    total_var: float
    total_tvar: float

    def by_unit(self, portfolio: Portfolio) -> FloatArray:
        """Shares (units, 3) of mean, VaR and TVaR of every unit with all below it."""
        out = np.zeros((len(portfolio.parents), 3))
        np.add.at(out, self.units, np.column_stack([self.mean, self.var, self.tvar]))
        for unit in np.argsort(-portfolio.depth, kind="stable"):
            if (parent := portfolio.parents[unit]) >= 0:
                out[parent] += out[unit]
        return out


def shares(portfolio: Portfolio, p: float, unit: int = 0, *, points: int = 2**12) -> Shares:
    """Each risk's E[S_i], E[S_i | S = VaR_p] and TVaR share E[S_i | worst 1 - p of years].

    By Mecke's formula E[S_i; S <= x] is the integral of y P(S <= x - y) over the events of i, hence linear in its
    limited means; under a gamma factor or in a shock the other part's law takes the place of S's.
    Source: Tasche 1999 (Euler shares); Last and Penrose, Lectures on the Poisson Process, section 4.1 (Mecke).

    >>> from kivijalka.engine.severity import Gamma
    >>> s = shares(Portfolio([Risk(1.0, Gamma(1, 10.0)), Risk(2.0, Gamma(1, 50.0))]), 0.99)
    >>> bool(abs(s.tvar.sum() - s.total_tvar) < 1e-9 * s.total_tvar)
    True
    """
    level("p", p)
    curve = portfolio.curve(unit, points=points)
    if not math.isfinite(curve.mean):
        raise NoMean("severity", curve.mean, "severities with a finite mean (tail index above 1)")
    if p <= curve.probability_of_none:
        raise BadInput("p", p, f"a level above the probability of no loss, {curve.probability_of_none:.6g}")
    return _Allocator(portfolio, unit, curve, p, points).shares()


class _Allocator:
    """One lattice on which the whole and its parts are computed alike, so that the parts add up."""

    def __init__(self, portfolio: Portfolio, unit: int, curve: LossCurve, p: float, points: int) -> None:
        self.portfolio, self.p, self.points = portfolio, p, points
        self.numbers = portfolio.members(unit)
        inside = {u for u in range(len(portfolio.parents)) if unit in portfolio.above(u)}
        self.shocks = [Shock(s.rate, h) for s in portfolio.shocks if (h := tuple(x for x in s.hits if x[0] in inside))]
        cap = 1.05 * curve.quantile(p).high
        count = points // 2  # half a period free, so that other periods fade below the sums' round-off
        self.lattice = Lattice(cap / count, count, points, 22.0 * count / points / cap)
        self.x: FloatArray = np.asarray(self.lattice.step * np.arange(count + 1), np.float64)

    def shares(self) -> Shares:
        recipe = self._recipe()
        log_m = recipe.log_transform(lambda m, _: self._kernel(m.area))
        below, mass = self._laws(log_m)
        at = int(np.searchsorted(below, self.p))
        worst = 1 - self.p
        parts = self._risk_parts(recipe, log_m, at) + self._shock_parts(recipe, log_m, at)
        mean, inside, on = (np.array([part[k] for part in parts]) for k in range(3))
        var = on / mass[at]
        tvar = (mean - inside + (below[at] - self.p) * var) / worst
        units = [self.portfolio.risks[i].unit for i in self.numbers] + [u for s in self.shocks for u, _ in s.hits]
        x = float(self.lattice.points[at])
        short = self.lattice.step * float(below[:at].sum())
        total = x + (float(mean.sum()) - x + short) / worst
        return Shares(np.array(self.numbers, np.int64), np.array(units), mean, var, tvar, float(mean.sum()), x, total)

    def _recipe(self) -> Recipe:
        risks = [self.portfolio.risks[i] for i in self.numbers]
        groups = {f: [r for r in risks if r.factor == f] for f in sorted({r.factor for r in risks}, key=_order)}
        made = {f: tabulate(np.array([r.rate for r in g]), [r.severity for r in g], self.x) for f, g in groups.items()}
        plain = made.pop(None, None) or tabulate(np.zeros(0), [], self.x)
        self.factors = list(made)
        mixed = tuple((self.portfolio.factors[f], m) for f, m in made.items() if f is not None)
        parts = tuple((s.rate, tuple(tabulate(np.ones(1), [x], self.x) for _, x in s.hits)) for s in self.shocks)
        return Recipe(plain, mixed, parts)

    def _kernel(self, area: FloatArray) -> ComplexArray:
        return kernel_of(area, self.lattice)[0]

    def _laws(self, log_transform: ComplexArray) -> tuple[FloatArray, FloatArray]:
        """P(at most x) and P(x) of one transform, on the lattice."""
        from scipy import fft

        mass = np.asarray(fft.irfft(np.exp(log_transform), self.lattice.size))[: self.lattice.count] * self.lattice.grow
        return np.cumsum(mass), mass

    def _functionals(self, log_transform: ComplexArray, at: int) -> FloatArray:
        """Two columns v with G @ v = E[S_i; S <= x] and E[S_i; S = x], for a part with the limited means G."""
        columns = []
        for law in self._laws(log_transform):
            c = np.zeros(at + 3)
            c[1 : at + 1] = self.x[1 : at + 1] * law[at - 1 :: -1] if at else 0.0
            v = np.zeros(at + 2)
            v[1:] = 2 * c[1:-1] - c[:-2] - c[2:]
            columns.append(v[: at + 2] / self.lattice.step)
        return np.column_stack(columns)

    def _risk_parts(self, recipe: Recipe, log_m: ComplexArray, at: int) -> list[tuple[float, float, float]]:
        views: dict[int | None, FloatArray] = {None: self._functionals(log_m, at)}
        for f, (a, m) in zip(self.factors, recipe.mixed, strict=True):
            views[f] = self._functionals(log_m - np.log1p(-self._kernel(m.area) / a), at)
        parts: list[tuple[float, float, float]] = []
        x = self.x[: at + 2]
        for start in range(0, len(self.numbers), CHUNK):
            chosen = [self.portfolio.risks[i] for i in self.numbers[start : start + CHUNK]]
            area, above = np.zeros((len(chosen), len(x))), np.zeros((len(chosen), len(x)))
            rates = np.array([r.rate for r in chosen])
            add_rows(np.arange(len(chosen)), rates, [r.severity for r in chosen], x, area, above)
            for r, g in zip(chosen, area, strict=True):
                inside, on = g @ views[r.factor]
                parts.append((r.mean, float(inside), float(on)))
        return parts

    def _shock_parts(self, recipe: Recipe, log_m: ComplexArray, at: int) -> list[tuple[float, float, float]]:
        parts = []
        for rate, hits in recipe.shocks:
            kernels = [self._kernel(m.area) for m in hits]
            for i, m in enumerate(hits):
                others = sum((np.log1p(k) for j, k in enumerate(kernels) if j != i), np.zeros_like(log_m))
                inside, on = rate * m.area[: at + 2] @ self._functionals(log_m + others, at)
                parts.append((rate * m.mean, float(inside), float(on)))
        return parts


def _order(factor: int | None) -> int:
    return -1 if factor is None else factor


@dataclass(frozen=True)
class Difference:
    """Figures of a unit before and after one change, euro."""

    mean_before: float
    mean_after: float
    var_before: Bounded
    var_after: Bounded
    tvar_before: Bounded
    tvar_after: Bounded

    @property
    def saves(self) -> tuple[float, float, float]:
        """By how much mean, VaR and TVaR fall, euro a year."""
        return (
            self.mean_before - self.mean_after,
            self.var_before.value - self.var_after.value,
            self.tvar_before.value - self.tvar_after.value,
        )


def what_if(
    portfolio: Portfolio, number: int, instead: Risk | Cover | None, p: float = 0.99, unit: int = 0
) -> Difference:
    """What changes at `unit` when risk `number` is removed (None), replaced by a Risk, or bought a Cover.

    The portfolio is left as it was.
    """
    before = portfolio.curve(unit)
    old = portfolio.risks[number] if number in portfolio.risks else portfolio.remove(number)
    if isinstance(instead, Cover):
        instead = replace(old, severity=instead.net(old.severity))
    if instead is None:
        instead = replace(old, rate=0.0)
    portfolio.change(number, instead)
    try:
        after = portfolio.curve(unit)
        return Difference(
            before.mean, after.mean, before.quantile(p), after.quantile(p), before.tail_mean(p), after.tail_mean(p)
        )
    finally:
        portfolio.change(number, old)
