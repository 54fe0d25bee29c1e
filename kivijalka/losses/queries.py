"""Questions about losses: what risks a reader sees under a unit, and what they cost a year.

`losses_of(unit, day)` is what pages and reports ask. All that it tells is of the acting person's reach and of the moment
that their transaction looks at: the rows are read anew each time, in as many questions however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from kivijalka.access.actor import Actor, current_actor
from kivijalka.actions.models import Action
from kivijalka.actions.queries import TREATS
from kivijalka.engine import Cover, LogUniform, Portfolio, Risk
from kivijalka.engine.errors import FloatArray
from kivijalka.insurance.models import Insurance
from kivijalka.losses.band import Band, band_of
from kivijalka.losses.causes import Cause, Exposed, Together, together
from kivijalka.losses.figures import Figures, Parts, Year, grid_of
from kivijalka.losses.kept import STORE
from kivijalka.losses.read import (
    GROSS,
    GROSS_TARGET,
    LINE,
    LOOKED_AT,
    NET,
    NET_TARGET,
    Loss,
    Meaning,
    Read,
    Side,
)
from kivijalka.losses.terms import Layer, reading_of
from kivijalka.organisation.below import Tree, tree_at
from kivijalka.organisation.models import Unit
from kivijalka.policy.queries import decided, policy_known
from kivijalka.policy.scales import CommonCause, LossLimit
from kivijalka.register.models import Link
from kivijalka.risks import models

T = TypeVar("T")
TOP = 10


@dataclass(frozen=True)
class Losses:
    """What open risks under a unit cost a year, as far as the acting person sees them."""

    unit: Unit | None
    tree: Tree
    read: Read
    whose: Hashable = field(repr=False)
    insured: Mapping[UUID, Sequence[Insurance]] = field(repr=False)
    causes: tuple[CommonCause, ...] = ()
    limits: tuple[LossLimit, ...] = ()

    @property
    def threats(self) -> list[Loss]:
        return self.read.threats

    @property
    def below(self) -> list[Unit]:
        """The units right below; the first has place 1."""
        return self.tree.below

    def year(self, side: Side = GROSS) -> Year:
        """The year's figures of one side."""
        return self._ask(side, lambda figures: figures.year)

    @property
    def drawn(self) -> FloatArray:
        """The sizes (euro) at which curves are drawn: the same in all pictures, so that they are reckoned once."""
        return grid_of([self.year(GROSS), self.year(GROSS_TARGET)])

    def exceedances(self, x: FloatArray, side: Side = GROSS) -> FloatArray:
        """P(the year's sum > x) at each x (euro) that is drawn."""
        return self._ask(side, lambda figures: figures.exceedances(x))

    def largest_exceedances(self, x: FloatArray) -> FloatArray:
        """P(the year's dearest event > x) at each x (euro)."""
        return self._ask(GROSS, lambda figures: figures.largest_exceedances(x))

    def places(self) -> Parts:
        """What each place adds: the whole, then the units right below; what is the unit's own is the rest."""
        return self._ask(GROSS, lambda figures: figures.places)

    def top(self) -> list[Share]:
        """The risks that cost most, by what they add to the worst years."""
        largest = self.read.largest
        if not largest:
            return []
        some = tuple(Risk(loss.now.often, loss.now.severity) for loss in largest)
        parts = self._ask(GROSS, lambda figures: figures.shares(some))
        found = [Share(loss, *values) for loss, *values in zip(largest, parts.mean, parts.tail, strict=True)]
        return sorted(found, key=lambda share: (-share.tail, -share.mean, share.loss.risk))[:TOP]

    def with_causes(self, x: FloatArray) -> Together:
        """The year where common causes strike many at once, beside the one where each risk comes by itself."""
        exposed = (Exposed(loss.now.often, loss.now.severity, loss.causes) for loss in self.threats)
        return self.read.once(("causes", self.struck, x.tobytes()), lambda: together(self.struck, list(exposed), x))

    def band(self, x: FloatArray) -> Band:
        """Between what 90 % of the curves lie that may be true for all that is known of the rates."""
        known = ((loss.now.rate, loss.now.severity) for loss in self.threats)
        return self.read.once(("band", x.tobytes()), lambda: band_of(list(known), x))

    def gaps(self) -> list[Gap]:
        """The threats of which most goes away at their target. Three questions, of what the acting person sees."""
        means = {loss.risk: loss.now.mean for loss in self.threats if loss.target.mean < loss.now.mean}
        off = {loss.risk: loss.now.mean - loss.target.mean for loss in self.threats if loss.risk in means}
        largest = sorted(off, key=lambda risk: (-off[risk], risk))[:LOOKED_AT]
        ties = Link.objects.in_force(TREATS.kind).filter(b__in=largest).order_by("a")
        pairs = list(ties.values_list("a", "b"))
        actions = Action.objects.seen().filter(state__in=Action.OPEN).in_bulk([action for action, _risk in pairs])
        treating: dict[UUID, list[Action]] = defaultdict(list)
        for action, risk in pairs:
            if action in actions:
                treating[risk].append(actions[action])
        records = models.Risk.objects.seen().in_bulk([risk for risk in largest if risk in treating][:TOP])
        return [Gap(records[risk], means[risk], off[risk], treating[risk]) for risk in largest if risk in records]

    def used_up(self) -> list[UsedUp]:
        """Of each insurance that pays no more than so much in a year, how often the threats here use that up. What stays of a
        year is told as if it had no such limit."""
        paid: dict[Insurance, list[Risk]] = defaultdict(list)
        for loss in self.threats:
            for insurance in self.insured.get(loss.risk, ()):
                if insurance.aggregate_eur is not None:
                    low, high = _layer(insurance)
                    paid[insurance].append(Risk(loss.now.often, Cover(low, high - low).ceded(loss.now.severity)))
        return [UsedUp.of(insurance, paid[insurance]) for insurance in sorted(paid, key=lambda one: str(one.code))]

    @cached_property
    def struck(self) -> tuple[Cause, ...]:
        """The policy's causes that some risk here names, with how often each comes."""
        named = {cause for loss in self.threats for cause in loss.causes}
        return tuple(Cause(one.key, LogUniform(one.low, one.high).mean) for one in self.causes if one.key in named)

    def _ask(self, side: Side, work: Callable[[Figures], T]) -> T:
        return STORE.of(self.whose).ask(self.read, side, work)


class Gap(NamedTuple):
    """A risk's yearly mean and how much of it goes away at its target (euro), and the open actions that treat it."""

    risk: models.Risk
    mean: float
    off: float
    actions: list[Action]

    def off_by(self, action: Action) -> float | None:
        """What one of the actions takes off by itself, euro a year; None where nobody has said it."""
        return None if action.expected_cut is None else self.mean * action.expected_cut / 100


class UsedUp(NamedTuple):
    """The probability that threats use up in a year the most that an insurance pays, and what they ask of it beyond that in a
    year on average, euro. Of the threats that it covers here alone."""

    insurance: Insurance
    probability: float
    beyond: float

    @classmethod
    def of(cls, insurance: Insurance, paid: list[Risk]) -> UsedUp:
        """`paid`: what it would pay of each risk's events without such a limit."""
        curve, most = Portfolio(paid).curve(), float(insurance.aggregate_eur or 0)
        return cls(insurance, curve.exceedance(most).value, curve.excess(most).value)


class Share(NamedTuple):
    """What a risk adds to the mean of all years, and to that of the worst twentieth; euro."""

    loss: Loss
    mean: float
    tail: float


def losses_of(unit: Any, day: date, tree: Tree | None = None) -> Losses:
    """The losses of a unit and all below it (None: of all that is in reach), by the policies and insurances of the day.

    The unit is one of `looked_at.unit_looked_at`, with the numbers `below` it. Seven questions to the database; two
    fewer where the tree below the unit is known to whoever asks.
    An estimate counts as tested where an event of the risk is recorded that the reader sees: what events say of it is
    proposed on the risk's page (`events.learning`), and comes into the figures when somebody takes it over.
    """
    actor = current_actor()
    tree = tree or tree_at(actor, unit, "risk.view")
    places = {head.number: place for place, head in enumerate(tree.below, start=1)}
    rows = models.Risk.objects.seen().filter(models.Risk.IS_OPEN).order_by()
    rows = rows.filter(unit__in=unit.below) if unit else rows
    insured = _insured(day)
    meaning = Meaning(
        reading_of(decided()),
        1 + len(places),
        {number: places[head] for number, head in tree.under.items() if head in places},
        {risk: tuple(map(_layer, insurances)) for risk, insurances in insured.items()},
        frozenset(Link.objects.in_force("realised").values_list("b", flat=True)),
    )
    policy = policy_known(day)
    common, limits = (policy.scales.common_causes, policy.scales.loss_limits) if policy else ((), ())
    whose = actor.principal, unit.number if unit else None, actor.as_of, tuple(actor.reach("risk.view"))
    read = STORE.of(whose).again(list(rows.values_list(LINE, flat=True)), meaning)
    return Losses(unit, tree, read, whose, insured, common, _for(limits, tree.unit, actor))


def _for(limits: tuple[LossLimit, ...], unit: Unit | None, actor: Actor) -> tuple[LossLimit, ...]:
    """The limits of such a unit, for whoever sees the whole of it: a part of its losses says nothing of its appetite."""
    if unit is None or not actor.has_in_reach("risk.view", unit.number):
        return ()
    return tuple(limit for limit in limits if limit.kind == unit.kind)


def _insured(day: date) -> dict[UUID, list[Insurance]]:
    """Of each insured risk the insurances in force on the day, as far as they are seen. Two questions."""
    seen = Insurance.objects.seen().filter(state=Insurance.State.IN_FORCE, valid_from__lte=day, valid_to__gte=day)
    insurances = seen.in_bulk()
    found: dict[UUID, list[Insurance]] = defaultdict(list)
    if insurances:
        ties = Link.objects.in_force("insures").filter(a__in=list(insurances)).order_by("a", "b")
        for insurance, risk in ties.values_list("a", "b"):
            found[risk].append(insurances[insurance])
    return found


def _layer(insurance: Insurance) -> Layer:
    return float(insurance.deductible_eur), float(insurance.limit_eur)


def named(shares: Collection[Share]) -> dict[UUID, models.Risk]:
    """The records of risks that a page names."""
    return models.Risk.objects.seen().in_bulk([share.loss.risk for share in shares])


__all__ = ["GROSS", "GROSS_TARGET", "NET", "NET_TARGET", "Loss", "Losses", "Side", "losses_of", "named"]
