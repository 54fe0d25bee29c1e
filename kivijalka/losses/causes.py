"""Common causes: a year in which one event strikes many risks, beside a year in which each comes by itself.

What a cause sets off it takes from the risk's own rate: how often each risk happens, and so the mean of the year, stay as
they were. A risk that happens more seldom than the cause comes is set off by its graver occurrences alone, one in two, one
in four, and so on; the graver an occurrence, the more risks it strikes. Each risk then loses an amount of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kivijalka.engine import Portfolio, Risk, Severity, Shock
from kivijalka.engine.errors import FloatArray
from kivijalka.losses.figures import YEARS, Figures

GRADES = 6  # so rarely that a risk is set off by one occurrence in 64, it counts as coming by itself


class Cause(NamedTuple):
    """What comes `rate` times a year."""

    key: str
    rate: float


class Exposed(NamedTuple):
    """A risk that happens `rate` times a year, by itself or set off by one of `causes`."""

    rate: float
    severity: Severity
    causes: tuple[str, ...]


@dataclass(frozen=True)
class Together:
    """What is passed once in so many years, and the curve that is drawn, with common causes; and how many risks name one."""

    once_in: dict[int, float]
    exceedances: FloatArray
    struck: int


def together(causes: Sequence[Cause], risks: Sequence[Exposed], x: FloatArray) -> Together:
    """The year with these causes."""
    figures = Figures(portfolio_of(causes, risks))
    year = figures.year
    known = {cause.key for cause in causes}
    struck = sum(bool(known.intersection(risk.causes)) for risk in risks)
    return Together({n: year.once_in[n].value for n in YEARS}, figures.exceedances(x), struck)


def portfolio_of(causes: Sequence[Cause], risks: Sequence[Exposed]) -> Portfolio:
    """Risks that come by themselves, and shocks: of each cause one for each grade of how grave it is."""
    own: dict[Severity, float] = defaultdict(float)
    hits: dict[tuple[str, int], list[Severity]] = defaultdict(list)
    for risk in risks:
        left = risk.rate
        for cause in causes:
            grade = _grade(cause.rate, left) if cause.key in risk.causes else None
            if grade is not None:
                hits[cause.key, grade].append(risk.severity)
                left -= cause.rate / 2**grade
        own[risk.severity] += max(left, 0.0)
    shocks = [shock for cause in causes for shock in _shocks(cause, hits)]
    return Portfolio([Risk(rate, severity) for severity, rate in own.items()], shocks=shocks)


def _grade(often: float, rate: float) -> int | None:
    """The share 1 / 2**grade of a cause's occurrences that sets off a risk of this rate; None: too seldom to count."""
    return next((grade for grade in range(GRADES + 1) if often / 2**grade <= rate * (1 + 1e-12)), None)


def _shocks(cause: Cause, hits: dict[tuple[str, int], list[Severity]]) -> list[Shock]:
    """An occurrence of a grade strikes all risks of that grade and below; half of them are of the next grade at least."""
    struck: list[Severity] = []
    found = []
    grades = [grade for grade in range(GRADES + 1) if hits[cause.key, grade]]
    for grade, graver in zip(grades, [*grades[1:], None], strict=True):
        struck = [*struck, *hits[cause.key, grade]]
        rate = cause.rate / 2**grade - (cause.rate / 2**graver if graver is not None else 0.0)
        found.append(Shock(rate, tuple((0, severity) for severity in struck)))
    return found
