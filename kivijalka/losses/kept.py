"""What was read is kept in a process with its portfolios, so that a page reckons anew only what differs from the last time.

What is kept is never asked whether it is still right: each page brings all that its reader may see, the difference to what
was read last is applied, and only where nothing differs are the kept figures told again. So a curve is always of the rows that
the page has read, of whatever moment, and whatever changed meanwhile in other processes. Within its bounds it depends on what
the tables were begun with (by some thousandth): so each reader has their own, and nobody's secret shows in another's digits.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import TypeVar

from kivijalka.engine import Portfolio, Risk, Severity
from kivijalka.losses.figures import Figures
from kivijalka.losses.read import GROSS, Loss, Meaning, Read, Side

Entry = tuple[int, Severity]  # its place in the tree, what an event costs
T = TypeVar("T")

# A city of 10,000 risks is some 50 MB with its four sides, a unit far less: risks alike in place and loss are one entry.
MOST_KEPT = 8
# Beyond this share of entries that differ a new portfolio is quicker; and one whose size has changed has other knots.
MOST_CHANGED, MOST_GROWN = 0.2, 1.5
# Entries of a place are tabulated so many together: a change redoes no more of them.
BRANCH = 64


class Sided:
    """The portfolio of one side, kept equal to what was read; only of the gross one is it told where in the tree it arises."""

    def __init__(self, side: Side, places: int) -> None:
        self.side, self.places = side, places if side == GROSS else 1
        # How many risks happen how often, by their entry: sums of rates that are made anew gather no round-off.
        self.often: dict[Entry, Counter[float]] = defaultdict(Counter)
        self.numbers: dict[Entry, int] = {}
        self._begin()

    def take(self, gone: Iterable[Loss], came: Iterable[Loss]) -> None:
        """Apply a difference."""
        touched: dict[Entry, None] = {}
        for losses, by in ((gone, -1), (came, 1)):
            for loss in losses:
                if not loss.is_gain:
                    terms = loss.terms(self.side)
                    entry = loss.place if self.places > 1 else 0, terms.severity
                    self.often[entry][terms.often] += by
                    touched[entry] = None
        changed = {entry: rate for entry in touched if (rate := self._rate(entry)) != self._known_rate(entry)}
        if len(changed) > 1 + MOST_CHANGED * len(self.numbers):
            self._begin()
        elif changed:
            self._change(changed)

    def _rate(self, entry: Entry) -> float:
        """Events a year of all risks that are this entry."""
        self.often[entry] = Counter({often: count for often, count in self.often[entry].items() if count})
        return math.fsum(count * often for often, count in self.often[entry].items())

    def _known_rate(self, entry: Entry) -> float:
        return self.portfolio.risks[self.numbers[entry]].rate if entry in self.numbers else 0.0

    def _change(self, rates: dict[Entry, float]) -> None:
        for entry, rate in rates.items():
            if not rate:
                self.portfolio.remove(self.numbers.pop(entry))
                del self.often[entry]
            elif entry in self.numbers:
                self.portfolio.change(self.numbers[entry], self._risk(entry, rate))
            else:
                self.numbers[entry] = self.portfolio.add(self._risk(entry, rate))
        self.figures = Figures(self.portfolio)
        if not self.size / MOST_GROWN < self.figures.curve.mean < self.size * MOST_GROWN:
            self._begin()

    def _begin(self) -> None:
        rates = {entry: rate for entry in list(self.often) if (rate := self._rate(entry))}
        parents = self._branch(Counter(place for place, _severity in rates))
        self.often = defaultdict(Counter, {entry: self.often[entry] for entry in rates})
        self.numbers = {entry: number for number, entry in enumerate(rates)}
        self.portfolio = Portfolio([self._risk(entry, rate) for entry, rate in rates.items()], parents)
        self.portfolio.add_up()
        self.figures = Figures(self.portfolio)
        self.size = self.figures.curve.mean

    def _branch(self, entries: Counter[int]) -> list[int]:
        """Parents of a tree in which a place of many entries has branches of its own."""
        parents, self.branches = [-1, *[0] * (self.places - 1)], dict[int, range]()
        for place, count in entries.items():
            if count > 2 * BRANCH:
                self.branches[place] = range(len(parents), len(parents) + count // BRANCH)
                parents += [place] * len(self.branches[place])
        return parents

    def _risk(self, entry: Entry, rate: float) -> Risk:
        place, severity = entry
        branches = self.branches.get(place)
        return Risk(rate, severity, branches[hash(severity) % len(branches)] if branches else place)


class Kept:
    """What was read last, with the portfolio of each side that was asked of it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.read: Read | None = None
        self.sides: dict[Side, Sided] = {}

    def again(self, lines: list[str], meaning: Meaning) -> Read:
        """What is read now, with all that is known of it already."""
        return self.read.again(lines, meaning) if self.read else Read.of(lines, meaning)

    def ask(self, read: Read, side: Side, work: Callable[[Figures], T]) -> T:
        """What `work` makes of the figures of what was read."""
        with self.lock:
            self._meet(read)
            if side not in self.sides:
                sided = Sided(side, read.meaning.places)
                sided.take((), read.threats)
                self.sides[side] = sided
            return work(self.sides[side].figures)

    def _meet(self, read: Read) -> None:
        before, self.read = self.read, read
        if before is None or before.meaning.places != read.meaning.places:
            self.sides = {}
        elif before is not read:
            gone, came = before.besides(read), read.besides(before)
            # What is stopped half-way is of neither: it is not kept.
            sides, self.sides = self.sides, {}
            for sided in sides.values():
                sided.take(gone, came)
            self.sides = sides


class Store:
    """Some of what was read, by whose it is; what was asked the longest ago is forgotten first."""

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
