"""Refusals of the engine: each names the argument, the value it got, and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class BadInput(ValueError):
    """An argument that the engine refuses. `argument`, `value` and `allowed` say what, which, and how to mend it.

    >>> positive("rate", -1.0)
    Traceback (most recent call last):
    ...
    kivijalka.engine.errors.BadInput: rate is -1.0. Allowed: a finite number above 0.
    """

    def __init__(self, argument: str, value: object, allowed: str) -> None:
        self.argument, self.value, self.allowed = argument, value, allowed
        super().__init__(f"{argument} is {value!r}. Allowed: {allowed}.")


class NoMean(BadInput):
    """A mean, a tail mean or a share was asked of losses whose mean is infinite."""


class CannotCertify(ArithmeticError):
    """The bounds asked for can't be reached with the points allowed; the message says how wide they are."""


def positive(argument: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise BadInput(argument, value, "a finite number above 0")
    return float(value)


def not_negative(argument: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise BadInput(argument, value, "a finite number of at least 0")
    return float(value)


def probability(argument: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise BadInput(argument, value, "a number from 0 to 1")
    return float(value)


def level(argument: str, value: float) -> float:
    """A quantile's level: strictly between 0 and 1."""
    if not 0 < value < 1:
        raise BadInput(argument, value, "a number above 0 and below 1")
    return float(value)


def interval(argument: str, low: float, high: float) -> tuple[float, float]:
    if not (math.isfinite(low) and math.isfinite(high) and 0 < low < high):
        raise BadInput(argument, (low, high), "two finite numbers with 0 < low < high")
    return float(low), float(high)


def one_of(argument: str, value: str, names: Iterable[str]) -> str:
    known = sorted(names)
    if value not in known:
        raise BadInput(argument, value, "one of " + ", ".join(known[:12]) + (" ..." if len(known) > 12 else ""))
    return value


def finite_array(argument: str, values: ArrayLike, least: float = -math.inf) -> FloatArray:
    """`values` as an array of floats, all finite and at least `least`."""
    array = np.asarray(values, dtype=np.float64)
    wrong = ~np.isfinite(array) | (array < least)
    if wrong.any():
        raise BadInput(argument, float(array[wrong].flat[0]), f"finite numbers of at least {least:g}")
    return array
