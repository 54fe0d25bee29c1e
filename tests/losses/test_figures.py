"""A kept portfolio tells at any time what one made anew would, and its curve is that of the engine."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from kivijalka.engine import Lognormal, LogUniform, Portfolio, Risk
from kivijalka.engine.learning import GammaRate
from kivijalka.losses import figures
from kivijalka.losses.band import band_of
from kivijalka.losses.causes import Cause, Exposed, portfolio_of, together
from kivijalka.losses.figures import Figures
from kivijalka.losses.kept import Kept, Sided, Store
from kivijalka.losses.read import GROSS, GROSS_TARGET, Loss, Meaning, Read
from kivijalka.losses.terms import Basis, Reading, Terms

RATES = {(1, LogUniform(1e3, 1e4)): 3.0, (1, Lognormal(2e4, 1.2)): 0.4, (2, LogUniform(5e4, 5e5)): 0.1}


def made(rates: dict) -> Portfolio:
    return Portfolio([Risk(rate, severity, place) for (place, severity), rate in rates.items()], [-1, 0, 0])


MEANING = Meaning(Reading({}), 3, {}, {}, frozenset())


def lines_of(rates: dict) -> Read:
    """Each as a risk of its own, which stays as it is at its target."""
    losses = {}
    for number, ((place, severity), rate) in enumerate(rates.items()):
        terms = Terms(GammaRate(2.0, 2.0 / rate), severity)
        losses[f"{place} {severity} {rate}"] = Loss(UUID(int=number), place, False, Basis.LEVEL, terms, terms)
    return Read(MEANING, losses)


def year(kept: Kept, rates: dict) -> figures.Year:
    return kept.ask(lines_of(rates), GROSS, lambda found: found.year)


@pytest.mark.parametrize(
    "change",
    [
        {(1, LogUniform(1e3, 1e4)): 3.5},
        {(2, LogUniform(5e4, 5e5)): None},
        {(2, Lognormal(1e4, 0.5)): 0.2},
        {(1, LogUniform(1e3, 1e4)): None, (2, LogUniform(1e3, 1e4)): 3.0},
        {(1, LogUniform(1e6, 1e7)): 50.0},
    ],
    ids=["rate", "gone", "new", "moved", "far larger"],
)
def test_after_any_change_the_figures_are_those_of_a_portfolio_made_anew(change: dict) -> None:
    kept = Kept()
    before = year(kept, RATES)
    rates = {entry: rate for entry, rate in {**RATES, **change}.items() if rate is not None}
    after, anew = year(kept, rates), made(rates).curve()
    assert after.mean == pytest.approx(anew.mean, rel=1e-9)
    for years in (10, 100):
        exact = anew.quantile(1 - 1 / years)
        assert after.once_in[years].low <= exact.high * (1 + 1e-9) and exact.low <= after.once_in[years].high * (
            1 + 1e-9
        )
    assert year(kept, RATES).mean == pytest.approx(before.mean, rel=1e-9)


def test_what_is_drawn_is_the_curve_and_the_dearest_event_of_the_engine() -> None:
    portfolio = made(RATES)
    found = Figures(portfolio)
    x = figures.grid_of([found.year])
    curve = portfolio.curve()
    assert found.exceedances(x) == pytest.approx(curve.exceedances(x)[0], abs=2e-4)
    dearest = [curve.largest_exceedance(float(size)).value for size in x]
    assert found.largest_exceedances(x) == pytest.approx(dearest, abs=2e-3)
    for years, value in found.year.largest_once_in.items():
        assert value == pytest.approx(curve.largest_quantile(1 - 1 / years).value, rel=0.02, abs=1)


@pytest.mark.parametrize("rates", [{}, {(1, LogUniform(1e3, 1e4)): 0.0}], ids=["none", "never"])
def test_nothing_costs_nothing(rates: dict) -> None:
    found = Figures(made(rates))
    assert found.year.is_empty and found.year.none == 1.0 and found.year.once_in[100].value == 0
    assert not found.exceedances(np.array([1.0, 10.0])).any()
    assert year(Kept(), {}).is_empty


def test_one_risk_and_one_of_fifty_a_year_have_curves() -> None:
    one = year(Kept(), {(0, LogUniform(1e4, 1e5)): 0.05})
    assert one.once_in[10].value == 0 < one.once_in[50].value < 1e5 and one.none == pytest.approx(np.exp(-0.05))
    often = year(Kept(), {(0, LogUniform(1e4, 1e5)): 50.0})
    assert often.once_in[5].value > often.mean > 1e6 and often.once_in[5].width < 0.01


def test_parts_add_up_to_the_whole() -> None:
    portfolio = made(RATES)
    found = Figures(portfolio)
    places = found.places
    assert places.tail[1] + places.tail[2] == pytest.approx(places.tail[0], rel=1e-6)
    shares = found.shares(tuple(portfolio.risks.values()))
    assert shares.tail.sum() == pytest.approx(places.tail[0], rel=1e-4)


def test_a_place_of_many_losses_is_told_as_one_before_and_after_a_change() -> None:
    rates = {(1, Lognormal(1e4 + 10 * n, 1.0)): 0.01 for n in range(400)}
    kept = Kept()
    year(kept, rates)
    rates |= {(1, Lognormal(2e6, 1.0)): 0.1, (2, Lognormal(1e5, 1.0)): 0.1}
    places = kept.ask(lines_of(rates), GROSS, lambda found: found.places)
    anew = Figures(made(rates)).places
    assert len(kept.sides[GROSS].portfolio.parents) > 3
    assert places.mean[:3] == pytest.approx(anew.mean) and places.tail[:3] == pytest.approx(anew.tail, rel=1e-3)


def test_figures_are_reckoned_anew_only_on_the_side_that_differs() -> None:
    kept, before = Kept(), lines_of(RATES)
    first, target = (kept.ask(before, side, lambda found: found) for side in (GROSS, GROSS_TARGET))
    assert kept.ask(before, GROSS, lambda found: found) is first
    (line, loss), *_rest = before.losses.items()
    worse = Terms(GammaRate(2.0, 0.1), loss.now.severity)
    after = Read(MEANING, {**before.losses, line: loss._replace(now=worse)})
    assert kept.ask(after, GROSS, lambda found: found) is not first
    assert kept.ask(after, GROSS_TARGET, lambda found: found) is target


def test_what_is_read_again_stays_what_it_was_unless_something_differs() -> None:
    reading = Reading({})
    estimate = "|threat|{}|0.1|0.5|1000|20000||||||"
    lines = [f"{UUID(int=n)}|{n}{estimate}" for n in (1, 2)]
    meaning = Meaning(reading, 2, {1: 1}, {}, frozenset())
    read = Read.of(lines, meaning)
    assert [loss.place for loss in read.threats] == [1, 0]
    assert read.again(lines[::-1], Meaning(reading, 2, {1: 1}, {}, frozenset())) is read
    gone = read.again(lines[:1], meaning)
    assert gone.threats == read.threats[:1] and read.besides(gone) == read.threats[1:] and not gone.besides(read)
    unjudged = f"{UUID(int=3)}|1|threat|{{}}||||||||||"
    tested = read.again([*lines, unjudged], Meaning(reading, 2, {1: 1}, {}, frozenset({UUID(int=2)})))
    assert tested.besides(read) == [tested.threats[1]] and tested.threats[1].basis == Basis.TESTED
    assert tested.unknown == 1
    closer = read.again([lines[0], lines[1].replace("0.5", "0.6")], meaning)
    assert closer.threats[0] is read.threats[0] and closer.threats[1].now.often > read.threats[1].now.often


def test_a_change_that_was_stopped_half_way_leaves_no_wrong_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    before, changed = year(kept, RATES), {**RATES, (2, LogUniform(5e4, 5e5)): 0.2}
    for rates in (changed, RATES):
        with monkeypatch.context() as stopped:
            stopped.setattr(Sided, "_rate", fails)
            with pytest.raises(MemoryError):
                year(kept, rates)
        assert year(kept, changed).mean > before.mean
        assert year(kept, RATES) == before


def fails(*_given: object) -> float:
    raise MemoryError


def test_only_so_many_portfolios_are_kept() -> None:
    store = Store(most=2)
    first = store.of("a")
    store.of("b"), store.of("a"), store.of("c")
    assert store.of("a") is first and set(store.kept) == {"a", "c"}


def test_common_causes_leave_the_mean_and_make_bad_years_worse() -> None:
    exposed = [Exposed(0.3, LogUniform(1e5, 1e6), ("flood",)) for _ in range(12)] + [
        Exposed(0.02, LogUniform(1e6, 1e7), ("flood",))
    ]
    cause, x = Cause("flood", 0.1), np.geomspace(1e5, 3e7, 20)
    apart, joint = portfolio_of([], exposed), portfolio_of([cause], exposed)
    assert joint.curve().mean == pytest.approx(apart.curve().mean, rel=1e-9)
    found, alone = together([cause], exposed, x), together([], exposed, x)
    assert found.once_in[100] > 1.2 * alone.once_in[100] and (found.struck, alone.struck) == (13, 0)
    rng, years = np.random.default_rng(3), 200_000
    floods = rng.poisson(0.1, years)
    assert sum(shock.rate for shock in joint.shocks) == pytest.approx(0.1)
    total = np.zeros(years)
    for place in range(13):
        low, high = (1e5, 1e6) if place < 12 else (1e6, 1e7)
        share = 1.0 if place < 12 else 1 / 8
        own = (0.3 if place < 12 else 0.02) - 0.1 * share
        grave = rng.random(years) < share if place == 12 else np.ones(years, bool)
        events = rng.poisson(own, years) + floods * grave
        for n in range(1, int(events.max()) + 1):
            total += np.where(events >= n, np.exp(rng.uniform(np.log(low), np.log(high), years)), 0)
    assert found.once_in[20] == pytest.approx(np.quantile(total, 0.95), rel=0.03)


def test_the_band_holds_the_curve_and_is_the_same_each_time() -> None:
    known = [(GammaRate.from_interval(0.1, 1.0), Lognormal(1e5, 1.0)), (GammaRate(2.0, 4.0), LogUniform(1e4, 1e5))] * 3
    x = np.geomspace(1e4, 3e6, 12)
    curve = Portfolio([Risk(rate.mean, severity) for rate, severity in known]).curve()
    found = band_of(known, x)
    assert (found.low <= curve.exceedances(x)[0] + 1e-6).all() and (curve.exceedances(x)[0] <= found.high + 1e-6).all()
    low, high = found.once_in(20)
    assert low < curve.return_level(20).value < high
    assert np.array_equal(band_of(known, x).high, found.high)
