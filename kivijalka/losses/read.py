"""What is read of risks for their losses: a line each, and the loss that it tells."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import F, Func, TextField, Value

from kivijalka.losses.terms import COLUMNS, Basis, Layer, Reading, Terms
from kivijalka.risks.models import Risk

T = TypeVar("T")
READ = ("id", "unit_id", *COLUMNS)
# All that is read of a risk in one text: it is understood where it is new, and thousands are told apart in no time.
LINE = Func(Value("|".join(["%s"] * len(READ))), *map(F, READ), function="format", output_field=TextField())
# Risks of which the shares of the worst years are reckoned: the largest by their mean, and those by what varies.
LOOKED_AT = 60


class Side(NamedTuple):
    """Which of a risk's losses are meant: net of insurance, at the target."""

    net: bool = False
    target: bool = False


GROSS, NET, GROSS_TARGET, NET_TARGET = Side(), Side(net=True), Side(target=True), Side(net=True, target=True)


class Loss(NamedTuple):
    """One risk's loss of a year (what it brings, of an opportunity), now and at target, gross; `place` is where in the tree
    it stands, `layers` the part of each event that insurances bear."""

    risk: UUID
    place: int
    is_gain: bool
    basis: Basis
    now: Terms
    target: Terms
    layers: tuple[Layer, ...] = ()
    causes: tuple[str, ...] = ()

    def terms(self, side: Side) -> Terms:
        found = self.target if side.target else self.now
        return found.net(self.layers) if side.net else found


@dataclass(frozen=True)
class Meaning:
    """What makes a loss of a line: the policies, the place of each unit's number (0: none right below), the layers of
    insured risks, and which risks an event tested."""

    reading: Reading
    places: int
    place_of: Mapping[int, int]
    layers: Mapping[UUID, tuple[Layer, ...]]
    tested: frozenset[UUID]

    def loss(self, line: str) -> Loss | None:
        """None where nobody has judged the risk."""
        key, number, row = line.split("|", 2)
        risk, judged = UUID(key), self.reading.of_row(row)
        if judged.told is None:
            return None
        basis, now, target = judged.told
        if basis == Basis.ESTIMATE and risk in self.tested:
            basis = Basis.TESTED
        place, layers = self.place_of.get(int(number), 0), self.layers.get(risk, ())
        return Loss(risk, place, judged.sign == Risk.Sign.OPPORTUNITY, basis, now, target, layers, judged.causes)


@dataclass(frozen=True, eq=False)
class Read:
    """All losses that were read at once, by their lines, with what follows from them alone."""

    meaning: Meaning
    losses: Mapping[str, Loss | None]
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, lines: Iterable[str], meaning: Meaning) -> Read:
        """In an order of its own: sums differ by it in their last digit, and a report is made again to the byte."""
        return cls(meaning, {line: meaning.loss(line) for line in sorted(lines)})

    def again(self, lines: list[str], meaning: Meaning) -> Read:
        """What is read now: this very one where nothing differs, and with this one's losses wherever they are the same."""
        had = self.losses
        if meaning != self.meaning:
            found = Read.of(lines, meaning).losses
            return Read(meaning, {line: _same(had.get(line), loss) for line, loss in found.items()})
        if len(lines) == len(had) and all(line in had for line in lines):
            return self
        return Read(meaning, {line: had[line] if line in had else meaning.loss(line) for line in lines})

    def besides(self, other: Read) -> list[Loss]:
        """The losses that the other has not."""
        return [loss for line, loss in self.losses.items() if loss and other.losses.get(line) is not loss]

    @cached_property
    def threats(self) -> list[Loss]:
        return [loss for loss in self.losses.values() if loss and not loss.is_gain]

    @cached_property
    def opportunities(self) -> list[Loss]:
        return [loss for loss in self.losses.values() if loss and loss.is_gain]

    @cached_property
    def unknown(self) -> int:
        """How many risks nobody has judged."""
        return len(self.losses) - len(self.threats) - len(self.opportunities)

    @cached_property
    def insured(self) -> int:
        return sum(bool(loss.layers) for loss in (*self.threats, *self.opportunities))

    @cached_property
    def bases(self) -> Counter[Basis]:
        """How many threats rest on a level, on an estimate, on one that events tested."""
        return Counter(loss.basis for loss in self.threats)

    @cached_property
    def gains(self) -> float:
        """What opportunities bring in a year on average, euro."""
        return math.fsum(loss.now.mean for loss in self.opportunities)

    @cached_property
    def largest(self) -> list[Loss]:
        """The threats that may add most to a bad year."""
        by_mean = heapq.nlargest(LOOKED_AT, self.threats, key=lambda loss: loss.now.mean)
        by_spread = heapq.nlargest(LOOKED_AT, self.threats, key=lambda loss: loss.now.often * loss.now.severity.square)
        return list(dict.fromkeys([*by_mean, *by_spread]))

    def once(self, name: Hashable, work: Callable[[], T]) -> T:
        """What `work` makes of these losses; what it made before, if it was asked for already."""
        if name not in self._known:
            self._known[name] = work()
        found: T = self._known[name]
        return found


def _same(had: Loss | None, loss: Loss | None) -> Loss | None:
    """A loss as it was had already, where it is the same."""
    return had if had == loss else loss
