"""Filling of tables: each risk's limited means, events above, density and bounds, added to the row of its unit."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from kivijalka.engine.errors import FloatArray, IntArray
from kivijalka.engine.law import Severity, as_smooth, jumps_of, turned_above
from kivijalka.engine.measure import Knots, key_of, lognormals_of

AROUND = 2.1  # what turning the path around a jump of the density costs, beside a density without a turned path


def filled(
    row: IntArray,
    rows: int,
    rates: FloatArray,
    severities: Sequence[Severity],
    knots: Knots,
    known: dict[Hashable, FloatArray] | None = None,
) -> FloatArray:
    """A table (rows, knots.width); risk i is added to row[i]. `row` must not fall.

    `known` are rows of one event on these knots, by severity: those that are wanted are added to it.
    """
    table = np.zeros((rows, knots.width))
    alike, median, sigma = lognormals_of(severities)
    if alike.any():
        _add_lognormals(row[alike], rates[alike], np.log(median[alike]), sigma[alike], knots, table)
    known = {} if known is None else known
    for i in map(int, np.flatnonzero(~alike & (rates > 0))):
        key = key_of(severities[i])
        one = known.get(key)  # threads may share what is known, and one of them forget it
        if one is None:
            one = known[key] = one_row(severities[i], knots)
        table[row[i]] += rates[i] * one
    return table


def _add_lognormals(
    row: IntArray, rates: FloatArray, log_median: FloatArray, sigma: FloatArray, knots: Knots, table: FloatArray
) -> None:
    from kivijalka.engine.compiled import in_parallel
    from kivijalka.engine.loss_kernels import add_lognormals, tail_series

    with np.errstate(divide="ignore"):
        log_x = np.log(knots.x)
    data = (rates, log_median, sigma, row)
    fixed = (knots.x, log_x, np.log(knots.sizes), np.log(knots.frequencies), tail_series())
    if row[0] != row[-1]:  # threads get rows of their own
        starts = np.flatnonzero(np.diff(row, prepend=-1))
        limits = np.append(starts, len(row))
        in_parallel(lambda a, b: add_lognormals(*fixed, limits[a], limits[b], *data, table), len(starts))
        return
    parts: dict[int, FloatArray] = {}

    def work(first: int, last: int) -> None:
        part = np.zeros_like(table)
        add_lognormals(*fixed, first, last, *data, part)
        parts[first] = part

    in_parallel(work, len(row), None if len(row) > 2000 else 1)
    for first in sorted(parts):
        table += parts[first]


def one_row(severity: Severity, knots: Knots) -> FloatArray:
    """The row of one event a year."""
    x, k = knots.x, knots.count
    out = np.zeros(knots.width)
    above = severity.exceedance(x)
    out[:k], out[k : 2 * k] = severity.limited_mean(x), above
    mass, step = np.maximum(-np.diff(above), 0.0), np.diff(x)
    smooth = as_smooth(severity)
    doubt = 0.6 * mass * step  # whatever the law does between the knots (docs/engine.md)
    if smooth is None:
        out[3 * k : 4 * k] = above
    else:
        density = smooth.density(x)
        density = np.where(np.isfinite(density), density, 0.0)
        out[2 * k : 3 * k] = density
        doubt += 0.021 * step**2 * (density[1:] + density[:-1])
        with np.errstate(over="ignore", invalid="ignore"):
            doubt = np.fmin(doubt, step**6 / 46080 * smooth.bend(x[:-1], x[1:]))
        f, p = len(knots.frequencies), len(knots.sizes)
        out[6 * k : 6 * k + f] = smooth.decay(knots.frequencies)
        out[6 * k + f : 6 * k + f + p] = peak = smooth.peak(knots.sizes)
        turned = turned_above(severity, x)
        if turned is None:
            out[6 * k + f + p : -2] = peak
        else:
            out[5 * k : 6 * k] = turned
            out[6 * k + f + p : -2] = AROUND * jumps_of(severity, knots.sizes)
    out[4 * k : 5 * k - 1] = doubt
    out[-2], out[-1] = severity.mean, severity.square
    return out
