"""All units of a tree at once: quantiles and tail means of many curves, fast and without bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kivijalka.engine.errors import FloatArray, level
from kivijalka.engine.inversion import Lattice, LatticeLaw, close_law
from kivijalka.engine.portfolio import Portfolio
from kivijalka.engine.recipe import Recipe


@dataclass(frozen=True)
class Figures:
    """Per unit (row): mean, standard deviation, probability of none; per level (column): quantile, tail mean; euro."""

    mean: FloatArray
    std: FloatArray
    none: FloatArray
    quantile: FloatArray
    tail_mean: FloatArray


def figures(
    portfolio: Portfolio,
    levels: Sequence[float] = (0.99, 0.995),
    units: Sequence[int] | None = None,
    *,
    points: int = 2**12,
    workers: int | None = None,
) -> Figures:
    """Figures of `units` (default: all), each on a lattice of its own scale, from the tables kept up to date.

    Close, not bounded: for bounds of one unit ask `portfolio.curve(unit)`. After a change only the changed risk's
    unit and those above need asking: `figures(portfolio, units=portfolio.above(unit))`.

    >>> from kivijalka.engine import Gamma, Risk
    >>> f = figures(Portfolio([Risk(2.0, Gamma(1, 100.0), 1)], [-1, 0]), [0.99])
    >>> f.quantile.round(1).tolist()
    [[862.3], [862.3]]
    """
    from kivijalka.engine.compiled import in_parallel

    wanted = [level("levels", p) for p in levels]
    chosen = range(len(portfolio.parents)) if units is None else units
    recipes = [portfolio.table(u) for u in chosen]
    quantile, tail = np.zeros((len(recipes), len(wanted))), np.zeros((len(recipes), len(wanted)))

    def work(first: int, last: int) -> None:
        for i in range(first, last):
            quantile[i], tail[i] = _ask(recipes[i], wanted, points)

    in_parallel(work, len(recipes), workers)
    return Figures(
        np.array([r.mean for r in recipes]),
        np.sqrt([max(r.variance, 0.0) for r in recipes]),
        np.array([r.probability_of_none() for r in recipes]),
        quantile,
        tail,
    )


def _ask(recipe: Recipe, levels: list[float], points: int) -> tuple[FloatArray, FloatArray]:
    none = recipe.probability_of_none()
    if none >= 1.0:
        return np.zeros(len(levels)), np.zeros(len(levels))
    law, lattice = _law(recipe, max(levels), points)
    h, short = lattice.step, law.short
    below = law.below.copy()
    below[1:-1] = (short[2:] - short[:-2]) / (2 * h)
    below = np.maximum.accumulate(below)
    quantile = np.interp(levels, below, law.points)
    quantile[np.asarray(levels) <= none] = 0.0
    gain = np.asarray(levels) * quantile - np.interp(quantile, law.points, short)
    tail = (
        (recipe.mean - gain) / (1 - np.asarray(levels)) if math.isfinite(recipe.mean) else np.full(len(levels), np.inf)
    )
    return quantile, tail


def _law(recipe: Recipe, p: float, points: int) -> tuple[LatticeLaw, Lattice]:
    """The close law on a lattice that reaches just beyond the quantile of p: guessed, then fitted."""
    smooth = _smoothed(recipe)
    top = (
        recipe.mean + 6 * math.sqrt(recipe.variance)
        if math.isfinite(recipe.variance)
        else float(recipe.independent.x[-1]) / 64
    )
    size = 256
    for _ in range(40):
        count = size - size // 16
        lattice = Lattice(top / count, count, size, 14.0 * count / size / top)
        law = close_law(smooth, lattice)
        j = int(np.searchsorted(law.below, p + 0.02 * (1 - p)))
        if j < count and size == points:
            return law, lattice
        if j >= count:
            top, size = top * 1.6, min(size, points)
        elif j < count // 4:
            top = float(law.points[j + 1]) * 1.2
        else:
            top, size = float(law.points[min(j + 3, count - 1)]), points
    return law, lattice


def _smoothed(recipe: Recipe) -> Recipe:
    """The recipe marked as smooth, so that lattices are sharpened."""
    first = recipe.independent
    one = np.array([first.rate])
    return replace(recipe, independent=replace(first, smooth_x=one, smooth=one, peak=one))
