"""What the engine asks of a distribution of losses."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np

from kivijalka.engine.errors import FloatArray

TURN = 0.5  # radians, see Smooth.turned
TINY = 1e-9  # a cell of a table at most this wide, relative, is a jump: round-off would drown its density


class Severity(Protocol):
    """What the engine asks of a severity X >= 0. Any object with these members fits.

    `mean` is E X (may be inf), `square` is E X^2 (may be inf), both in euro and euro^2.
    `limited_mean(x)` is E min(X, x), `exceedance(x)` is P(X > x); arrays in, arrays of the same shape out.
    """

    @property
    def mean(self) -> float: ...
    @property
    def square(self) -> float: ...
    def limited_mean(self, x: FloatArray) -> FloatArray: ...
    def exceedance(self, x: FloatArray) -> FloatArray: ...


class Smooth(Severity, Protocol):
    """What a severity with a density may tell besides, for narrower bounds; it does so when `is_smooth` is true.

    `density(x)`; `bend(a, b)`: a bound of the density's fourth derivative in the cell a..b (inf where there is none);
    `decay(w)`: a bound, never rising, of |E exp(sX)| for all s with Re s <= 0 and |Im s| >= w; `peak(x)`: a bound of half
    the total variation of the density cut off below x. `breaks`: where the density or the law jumps. Optional, for
    narrower bounds where events of many sizes come together: `turned(x)`, where the density goes on to complex sizes
    from its first jump on, the integral of its size along y exp(i TURN) for y > x, or None; with `jumps(x)`, the heights
    of its jumps beyond x (else it has none).
    """

    @property
    def is_smooth(self) -> bool: ...
    @property
    def breaks(self) -> tuple[float, ...]: ...
    def density(self, x: FloatArray) -> FloatArray: ...
    def bend(self, a: FloatArray, b: FloatArray) -> FloatArray: ...
    def decay(self, w: FloatArray) -> FloatArray: ...
    def peak(self, x: FloatArray) -> FloatArray: ...


def as_smooth(severity: Severity) -> Smooth | None:
    """The severity as one with a density, if it is."""
    return cast(Smooth, severity) if getattr(severity, "is_smooth", False) else None


def turned_above(severity: Severity, x: FloatArray) -> FloatArray | None:
    """The density's size on a path turned by TURN, integrated from each of |x| on; None where there is no such path."""
    ask = getattr(severity, "turned", None)
    return None if ask is None else cast("FloatArray | None", ask(x))


def jumps_of(severity: Severity, x: FloatArray) -> FloatArray:
    """The heights of the density's jumps beyond each x, of a severity that has turned_above."""
    ask = getattr(severity, "jumps", None)
    return np.zeros(np.shape(x)) if ask is None else cast(FloatArray, ask(x))


def breaks_of(severity: Severity) -> tuple[float, ...]:
    """Where the severity's law or density jumps, as far as it tells."""
    return tuple(getattr(severity, "breaks", ()))
