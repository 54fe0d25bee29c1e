"""Portfolios kept in a process, so that a page reckons anew only what differs from the last time it was looked at.

What is kept is never asked whether it is still right: each page brings all that its reader may see, the difference to the
kept portfolio is applied, and only where nothing differs are the kept figures told again. So a curve is always exactly of
the rows that the page has read, whoever reads, of whatever moment, and whatever changed meanwhile in other processes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import TypeVar

from kivijalka.engine import Portfolio, Risk, Severity

Entry = tuple[int, Severity]  # its place in the tree, what an event costs
Rates = Mapping[Entry, float]
T = TypeVar("T")

# A portfolio of a city of 10,000 estimated risks is some 10 MB, mostly far less: risks alike in place and loss are one entry.
MOST_KEPT = 32
# Beyond this share of entries that differ a new portfolio is quicker; and one whose size has changed has other knots.
MOST_CHANGED, MOST_GROWN = 0.2, 1.5


class Kept:
    """A portfolio with the figures that were asked of it since it last changed."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.rates: dict[Entry, float] = {}
        self.numbers: dict[Entry, int] = {}
        self.portfolio: Portfolio | None = None
        self.size = 0.0
        self.places = 0
        self.figures: dict[Hashable, object] = {}

    def ask(self, rates: Rates, places: int, name: Hashable, work: Callable[[Portfolio], T]) -> T:
        """What `work` makes of the portfolio of these rates; what it made before, if that was of the same."""
        with self.lock:
            portfolio = self._meet(rates, places)
            if name not in self.figures:
                self.figures[name] = work(portfolio)
            found: T = self.figures[name]  # type: ignore[assignment]  # what this name's work made
            return found

    def _meet(self, rates: Rates, places: int) -> Portfolio:
        """The kept portfolio made equal to what is given."""
        portfolio = self.portfolio
        if portfolio is not None and places == self.places:
            if rates == self.rates:
                return portfolio
            gone = self.rates.keys() - rates.keys()
            other = [entry for entry, rate in rates.items() if self.rates.get(entry) != rate]
            size = sum(rate * severity.mean for (_place, severity), rate in rates.items())
            if (
                len(gone) + len(other) <= 1 + MOST_CHANGED * len(rates)
                and self.size / MOST_GROWN < size < self.size * MOST_GROWN
            ):
                self._change(portfolio, rates, gone, other)
                return portfolio
        return self._begin(rates, places)

    def _change(self, portfolio: Portfolio, rates: Rates, gone: set[Entry], other: list[Entry]) -> None:
        self.figures.clear()
        for entry in gone:
            portfolio.remove(self.numbers.pop(entry))
        for entry in other:
            place, severity = entry
            risk = Risk(rates[entry], severity, place)
            if entry in self.numbers:
                portfolio.change(self.numbers[entry], risk)
            else:
                self.numbers[entry] = portfolio.add(risk)
        self.rates = dict(rates)

    def _begin(self, rates: Rates, places: int) -> Portfolio:
        self.figures.clear()
        self.rates, self.places = dict(rates), places
        self.numbers = {entry: number for number, entry in enumerate(self.rates)}
        risks = [Risk(rate, severity, place) for (place, severity), rate in self.rates.items()]
        self.size = sum(risk.mean for risk in risks)
        self.portfolio = Portfolio(risks, [-1, *[0] * (places - 1)])
        return self.portfolio


class Store:
    """Some portfolios, by whose they are; the one that was asked the longest ago is forgotten first."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.most, self.lock = most, Lock()
        self.kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def of(self, whose: Hashable) -> Kept:
        with self.lock:
            found = self.kept.pop(whose, None) or Kept()
            self.kept[whose] = found
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)
            return found


STORE = Store()
