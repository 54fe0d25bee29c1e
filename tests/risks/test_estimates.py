"""A risk estimated as two ranges: what it says of a year, exact; drawn as one types; refused where it is no range."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.risks.commands import estimate
from kivijalka.risks.estimates import Estimate, begun
from kivijalka.risks.models import ENDS, Risk
from kivijalka.risks.rules import why_not_estimate
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

GIVEN = dict(zip(ENDS, map(Decimal, ("0.1", "0.5", "10000", "200000")), strict=True))


@pytest.fixture
def head(db: None) -> Person:
    return make.holder("unit_head", unit=make.sector())


def test_its_figures_are_those_of_a_million_simulated_years() -> None:
    found, rng = Estimate.of(GIVEN), np.random.default_rng(7)
    events = rng.poisson(rng.gamma(found.rate.shape, 1 / found.rate.exposure, 10**6))
    losses = np.exp(rng.normal(np.log(found.loss.median), found.loss.sigma, events.sum()))
    largest = np.zeros(len(events))
    np.maximum.at(largest, np.repeat(np.arange(len(events)), events), losses)
    assert losses.sum() / len(events) == pytest.approx(found.mean, rel=0.01)
    for x in (1e3, 5e4, 3e5):
        assert (largest > x).mean() == pytest.approx(float(found.largest_over(x)), rel=0.03)
    twenty = found.once_in(20)
    assert twenty is not None and float(found.largest_over(twenty)) == pytest.approx(1 / 20, rel=1e-9)


def test_what_happens_more_seldom_than_asked_has_no_such_year() -> None:
    rare = Estimate.of(GIVEN | {"frequency_low": Decimal("0.001"), "frequency_high": Decimal("0.01")})
    assert rare.once_in(5) is None and rare.once_in(1000) is not None


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"frequency_low": 0}, "not_positive", "frequency_low"),
        ({"loss_high": 9_000}, "upside_down", "loss_high"),
        ({"loss_high": 10_000}, "upside_down", "loss_high"),
        ({"loss_high": "10000.5"}, "too_narrow", "loss_high"),
        ({"frequency_high": 20_000}, "too_much", "frequency_high"),
    ],
)
def test_what_is_no_range_is_refused(given: dict[str, Any], code: str, field: str) -> None:
    low, high, least, most = (GIVEN | {name: Decimal(value) for name, value in given.items()}).values()
    reason = why_not_estimate((low, high), (least, most))
    assert reason is not None and (reason.code, reason.field) == (code, field)


def test_the_form_begins_with_the_ranges_of_the_present_levels_and_then_with_the_estimate(head: Person) -> None:
    risk = make.assessed_risk(unit=head.unit, likelihood=3, impact=2)
    assert begun(risk) == dict(zip(ENDS, (0.05, 0.3, 50_000, 500_000), strict=True))
    with acting(head.pk) as actor:
        estimate(actor, risk, **GIVEN)
    assert begun(make.fresh(risk)) == GIVEN
    with acting(head.pk) as actor, refused("upside_down", field="loss_high"):
        estimate(actor, risk, **GIVEN | {"loss_high": Decimal(1)})


def test_the_database_takes_no_half_of_an_estimate(db: None) -> None:
    with pytest.raises(IntegrityError, match="estimate_has_both_ends"), transaction.atomic():
        Risk.objects.filter(pk=make.risk().pk).update(loss_low=1000)


def test_the_curve_is_drawn_as_one_types_and_stands_on_the_risks_page(head: Person) -> None:
    browser = sign_in(Client(headers={"accept-language": "en"}), head)
    browser.cookies["language"] = "en"
    risk = make.assessed_risk(unit=head.unit)
    address = f"/risks/{risk.pk}/do/estimate/"
    page = browser.get(address).content.decode()
    # Without a script the form opens with the curve of what stands in it.
    assert 'hx-trigger="input delay:400ms' in page and 'class="kj-figure"' in page

    def shown(**given: Any) -> str:
        return browser.get(address, {**GIVEN, **given}, headers={"hx-request": "true"}).content.decode()

    assert "<polyline" in shown() and "Once in 20 years the dearest event" in shown()
    assert "The higher end is above the lower one" in shown(loss_high=5)
    assert "Give both ends" in shown(loss_high="")
    assert "<polyline" in shown(loss_high=10_100)
    assert "<polyline" in shown(loss_low="0.01", loss_high=10**11, frequency_low="0.000001", frequency_high=10_000)
    assert "<polyline" not in browser.get(f"/risks/{risk.pk}/").content.decode()
    assert browser.post(address, {name: str(value) for name, value in GIVEN.items()}).status_code == 302
    assert "<polyline" in browser.get(f"/risks/{risk.pk}/").content.decode()


def test_of_an_opportunity_it_says_what_it_may_bring(head: Person) -> None:
    browser = sign_in(Client(headers={"accept-language": "en"}), head)
    browser.cookies["language"] = "en"
    risk = make.risk(unit=head.unit, sign="opportunity")
    with acting(head.pk) as actor:
        estimate(actor, risk, **GIVEN)
    page = browser.get(f"/risks/{risk.pk}/").content.decode()
    assert "What it may bring" in page and "Expected gain of a year" in page
    assert "may cost" not in page and "costs more" not in page
