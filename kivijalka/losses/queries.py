"""Questions about losses: what risks a reader sees under a unit, and what they cost a year.

`losses_of(unit, day)` is what pages and reports ask. All that it tells is of the acting person's reach and of the moment
that their transaction looks at: the rows are read anew each time, in as many questions however many there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import F, Func, TextField, Value

from kivijalka.access.actor import Actor, current_actor
from kivijalka.actions.models import Action
from kivijalka.actions.queries import TREATS
from kivijalka.engine import LogUniform, Portfolio, Risk
from kivijalka.engine.errors import FloatArray
from kivijalka.insurance.models import Insurance
from kivijalka.losses import figures
from kivijalka.losses.band import Band, band_of
from kivijalka.losses.causes import Cause, Exposed, Together, together
from kivijalka.losses.figures import Parts, Year
from kivijalka.losses.kept import STORE, Entry
from kivijalka.losses.terms import COLUMNS, Basis, Layer, Terms, reading_of
from kivijalka.organisation.below import Tree, tree_at
from kivijalka.organisation.models import Unit
from kivijalka.policy.queries import decided, policy_known
from kivijalka.policy.scales import CommonCause, LossLimit
from kivijalka.register.models import Link
from kivijalka.risks import models

T = TypeVar("T")
Sign = models.Risk.Sign
# All that is read of a risk in one text: it is parsed where it is new, and thousands of rows come in a third of the time.
READ = Func(Value("|".join(["%s"] * len(COLUMNS))), *map(F, COLUMNS), function="format", output_field=TextField())
TOP = 10
# Risks of which the shares of the worst years are reckoned: the largest by their mean, and those by what varies.
LOOKED_AT = 60


class Loss(NamedTuple):
    """One risk's loss of a year, now and at target, gross; `place` is where in the tree it stands, `layers` the part of
    each event that insurances bear."""

    risk: UUID
    place: int
    basis: Basis
    now: Terms
    target: Terms
    layers: tuple[Layer, ...]
    causes: tuple[str, ...] = ()

    def terms(self, side: Side) -> Terms:
        found = self.target if side.target else self.now
        return found.net(self.layers) if side.net else found


class Side(NamedTuple):
    """Which of a risk's losses are meant: net of insurance, at the target, of opportunities (what they bring)."""

    net: bool = False
    target: bool = False
    gains: bool = False


GROSS, NET, GROSS_TARGET, NET_TARGET = Side(), Side(net=True), Side(target=True), Side(net=True, target=True)
GAINS = Side(gains=True)


@dataclass(frozen=True)
class Losses:
    """What open risks under a unit cost a year, as far as the acting person sees them."""

    unit: Unit | None
    tree: Tree
    threats: list[Loss]
    opportunities: list[Loss]
    unknown: int
    insured: int
    whose: Hashable = field(repr=False)
    causes: tuple[CommonCause, ...] = ()
    limits: tuple[LossLimit, ...] = ()

    @cached_property
    def bases(self) -> Counter[Basis]:
        """How many threats rest on a level, on an estimate, on one that events tested."""
        return Counter(loss.basis for loss in self.threats)

    @property
    def below(self) -> list[Unit]:
        """The units right below; the first has place 1."""
        return self.tree.below

    def year(self, side: Side = GROSS) -> Year:
        """The year's figures of one side."""
        return self._ask(side, "year", figures.year_of)

    def exceedances(self, x: FloatArray, side: Side = GROSS) -> FloatArray:
        """P(the year's sum > x) at each x (euro) that is drawn."""
        return self._ask(side, ("sum", x.tobytes()), lambda portfolio: figures.exceedances_of(portfolio, x))

    def largest_exceedances(self, x: FloatArray, side: Side = GROSS) -> FloatArray:
        """P(the year's dearest event > x) at each x (euro)."""
        return self._ask(side, ("largest", x.tobytes()), lambda portfolio: figures.largest_exceedances_of(portfolio, x))

    def places(self, side: Side = GROSS) -> Parts:
        """What each place adds: the whole, then the units right below; what is the unit's own is the rest."""
        return self._ask(side, "places", figures.places_of)

    def top(self, side: Side = GROSS) -> list[Share]:
        """The risks that cost most, by what they add to the worst years."""
        terms = {loss: loss.terms(side) for loss in self._largest(side)}
        if not terms:
            return []
        some = [Risk(one.often, one.severity) for one in terms.values()]
        name = "shares", tuple((risk.rate, risk.severity) for risk in some)
        parts = self._ask(side, name, lambda portfolio: figures.shares_of(portfolio, some))
        found = [Share(loss, *values) for loss, *values in zip(terms, parts.mean, parts.tail, strict=True)]
        return sorted(found, key=lambda share: (-share.tail, -share.mean, share.loss.risk))[:TOP]

    def _largest(self, side: Side) -> list[Loss]:
        by_mean = sorted(self.threats, key=lambda loss: -loss.terms(side).mean)[:LOOKED_AT]
        by_spread = sorted(self.threats, key=lambda loss: -_spread(loss.terms(side)))[:LOOKED_AT]
        return list(dict.fromkeys([*by_mean, *by_spread]))

    def with_causes(self, x: FloatArray, side: Side = GROSS) -> Together:
        """The year where common causes strike many at once, beside the one where each risk comes by itself."""
        exposed = self._exposed(side)
        name = "causes", x.tobytes(), self.struck, tuple(risk for risk in exposed if risk.causes)
        return self._ask(side, name, lambda _portfolio: together(self.struck, exposed, x))

    def band(self, x: FloatArray, side: Side = GROSS) -> Band:
        """Between what 90 % of the curves lie that may be true for all that is known of the rates."""
        known = tuple((terms.rate, terms.severity) for terms in (loss.terms(side) for loss in self.threats))
        return self._ask(side, ("band", x.tobytes(), known), lambda _portfolio: band_of(known, x))

    def gaps(self) -> list[Gap]:
        """The threats of which most goes away at their target. Three questions, of what the acting person sees."""
        off = {loss.risk: loss.now.mean - loss.target.mean for loss in self.threats if loss.target.mean < loss.now.mean}
        largest = sorted(off, key=lambda risk: (-off[risk], risk))[:LOOKED_AT]
        ties = Link.objects.in_force(TREATS.kind).filter(b__in=largest).order_by("a")
        pairs = list(ties.values_list("a", "b"))
        actions = Action.objects.seen().filter(state__in=Action.OPEN).in_bulk([action for action, _risk in pairs])
        treating: dict[UUID, list[Action]] = defaultdict(list)
        for action, risk in pairs:
            if action in actions:
                treating[risk].append(actions[action])
        records = models.Risk.objects.seen().in_bulk([risk for risk in largest if risk in treating][:TOP])
        return [Gap(records[risk], off[risk], treating[risk]) for risk in largest if risk in records]

    def _exposed(self, side: Side) -> list[Exposed]:
        terms = ((loss, loss.terms(side)) for loss in self.threats)
        return [Exposed(one.often, one.severity, loss.causes) for loss, one in terms]

    @cached_property
    def struck(self) -> tuple[Cause, ...]:
        """The policy's causes that some risk here names, with how often each comes."""
        named = {cause for loss in self.threats for cause in loss.causes}
        return tuple(Cause(one.key, LogUniform(one.low, one.high).mean) for one in self.causes if one.key in named)

    def _ask(self, side: Side, name: Hashable, work: Callable[[Portfolio], T]) -> T:
        return STORE.of((self.whose, side)).ask(self._rates(side), 1 + len(self.below), name, work)

    def _rates(self, side: Side) -> dict[Entry, float]:
        """Risks alike in place and loss together, each time a side is asked of."""
        if side not in self._sums:
            self._sums[side] = self._sum(side)
        return self._sums[side]

    def _sum(self, side: Side) -> dict[Entry, float]:
        rates: dict[Entry, float] = defaultdict(float)
        for count, loss in self._alike[side.gains]:
            terms = loss.terms(side)
            rates[loss.place, terms.severity] += count * terms.often
        return dict(rates)

    @cached_property
    def _sums(self) -> dict[Side, dict[Entry, float]]:
        return {}

    @cached_property
    def _alike(self) -> tuple[list[tuple[int, Loss]], list[tuple[int, Loss]]]:
        """Threats and opportunities that differ in nothing but which risk they are: how many, and one of them."""
        found = []
        for losses in (self.threats, self.opportunities):
            counts: dict[Any, int] = defaultdict(int)
            one: dict[Any, Loss] = {}
            for loss in losses:
                key = loss.place, id(loss.now), id(loss.target), loss.layers
                counts[key] += 1
                one[key] = loss
            found.append([(count, one[key]) for key, count in counts.items()])
        return found[0], found[1]


class Gap(NamedTuple):
    """How much of a risk's yearly mean goes away at its target (euro), and the open actions that treat it."""

    risk: models.Risk
    off: float
    actions: list[Action]


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
    layers = _layers(day)
    reading = reading_of(decided())
    found: dict[str, list[Loss]] = {Sign.THREAT: [], Sign.OPPORTUNITY: []}
    known = list(rows.values_list("pk", "unit_id", READ))
    tested = set(Link.objects.in_force("realised").values_list("b", flat=True))
    unknown = insured = 0
    for risk, number, row in known:
        sign, causes, told = reading.of_row(row)
        if told is None:
            unknown += 1
            continue
        basis, now, target = told
        if basis == Basis.ESTIMATE and risk in tested:
            basis = Basis.TESTED
        covers = layers.get(risk, ())
        insured += bool(covers)
        found[sign].append(Loss(risk, places.get(tree.under.get(number, 0), 0), basis, now, target, covers, causes))
    policy = policy_known(day)
    common, limits = (policy.scales.common_causes, policy.scales.loss_limits) if policy else ((), ())
    whose = unit.number if unit else None, actor.as_of, tuple(actor.reach("risk.view"))
    return Losses(
        unit,
        tree,
        found[Sign.THREAT],
        found[Sign.OPPORTUNITY],
        unknown,
        insured,
        whose,
        common,
        _for(limits, tree.unit, actor),
    )


def _for(limits: tuple[LossLimit, ...], unit: Unit | None, actor: Actor) -> tuple[LossLimit, ...]:
    """The limits of such a unit, for whoever sees the whole of it: a part of its losses says nothing of its appetite."""
    if unit is None or not actor.has_in_reach("risk.view", unit.number):
        return ()
    return tuple(limit for limit in limits if limit.kind == unit.kind)


def _layers(day: date) -> dict[UUID, tuple[Layer, ...]]:
    """Of each insured risk the layers that insurances in force on the day bear, as far as they are seen. Two questions."""
    seen = Insurance.objects.seen().filter(state=Insurance.State.IN_FORCE, valid_from__lte=day, valid_to__gte=day)
    covers = {pk: (float(low), float(high)) for pk, low, high in seen.values_list("pk", "deductible_eur", "limit_eur")}
    if not covers:
        return {}
    ties = Link.objects.in_force("insures").filter(a__in=list(covers)).order_by("a", "b")
    found: dict[UUID, tuple[Layer, ...]] = {}
    for insurance, risk in ties.values_list("a", "b"):
        found[risk] = (*found.get(risk, ()), covers[insurance])
    return found


def _spread(terms: Terms) -> float:
    return terms.often * terms.severity.square


def named(shares: Collection[Share]) -> dict[UUID, models.Risk]:
    """The records of risks that a page names."""
    return models.Risk.objects.seen().in_bulk([share.loss.risk for share in shares])


__all__ = ["GAINS", "GROSS", "GROSS_TARGET", "NET", "NET_TARGET", "Losses", "Portfolio", "Side", "losses_of", "named"]
