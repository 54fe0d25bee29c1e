"""What events teach stands on the risk's page; how one's own estimates held is shown to oneself alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.events import judgements
from kivijalka.organisation.models import Person
from kivijalka.risks import commands
from kivijalka.risks.models import Assessment, Risk
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head", unit=make.sector())


def reader(person: Person) -> Client:
    client = Client()
    client.cookies["language"] = "en"
    return sign_in(client, person)


@pytest.fixture
def site(head: Person) -> Client:
    return reader(head)


def long_known(person: Person, **given: Any) -> Risk:
    """A risk that this person assessed two years ago: likely, and dear in tens of thousands."""
    risk = make.assessed_risk(unit=person.unit, owner=person, **{"likelihood": 4, "impact": 1, **given})
    Assessment.objects.filter(risk=risk).update(at=timezone.now() - timedelta(days=730))
    return risk


def test_a_risk_s_page_says_what_its_events_teach(head: Person, site: Client) -> None:
    risk = long_known(head)
    for euro in (8_000, 20_000, 700_000):
        make.event(unit=head.unit, of=risk, finance_eur=euro)
    make.event(unit=head.unit, of=risk, finance_eur=None)
    text = site.get(f"/risks/{risk.pk}/").text
    assert "3 events of this risk are recorded" in text
    assert "1 more is not priced yet" in text
    assert "Estimate anew with these ranges" in text
    assert f"/risks/{risk.pk}/do/estimate/?frequency_low=" in text


def test_an_event_that_one_does_not_see_teaches_one_nothing(head: Person, site: Client) -> None:
    risk = long_known(head)
    make.event(unit=make.sector(), of=risk, finance_eur=20_000)
    assert "no event of this risk is recorded" in site.get(f"/risks/{risk.pk}/").text


def test_a_form_opens_with_the_corrected_ranges_and_nothing_changes_by_itself(head: Person, site: Client) -> None:
    risk = long_known(head)
    for _ in range(4):
        make.event(unit=head.unit, of=risk, finance_eur=20_000)
    text = site.get(f"/risks/{risk.pk}/").text
    address = text.split('href="/risks/')[1:]
    [form] = [one.split('"')[0].replace("&amp;", "&") for one in address if one.startswith(f"{risk.pk}/do/estimate/?")]
    filled = site.get(f"/risks/{form}").text
    assert 'name="loss_high" value="' in filled or 'value="' in filled
    assert make.fresh(risk).loss_high is None


def test_nothing_is_taught_of_a_risk_that_nobody_has_assessed_nor_of_an_opportunity(head: Person, site: Client) -> None:
    draft, chance = make.risk(unit=head.unit), long_known(head, sign="opportunity")
    for risk in (draft, chance):
        assert "What events teach" not in site.get(f"/risks/{risk.pk}/").text


def test_one_s_own_judgements_are_held_against_what_came(head: Person, site: Client) -> None:
    risk = long_known(head)
    make.event("Kellari tulvi", unit=head.unit, of=risk, finance_eur=900_000)
    text = site.get("/calibration/").text
    assert "0 of 1 loss lay within the range that you gave: 0 %." in text
    assert "prove little" in text and "Kellari tulvi" in text
    assert "Brier score" in text
    other = make.holder("unit_head", unit=head.unit)
    assert "Nothing to compare yet" in reader(other).get("/calibration/").text


def test_an_estimate_is_its_estimator_s_and_levels_are_no_more_asked(head: Person, site: Client) -> None:
    risk, other = long_known(head), make.holder("unit_head", unit=head.unit)
    ends = {"frequency_low": Decimal("0.1"), "frequency_high": Decimal(1)}
    with acting(other.pk) as actor:
        commands.estimate(actor, risk, **ends, loss_low=Decimal(1000), loss_high=Decimal(9000))
    with connection.cursor() as cursor:
        cursor.execute(
            "update history.risks_risk set kept_from = kept_from - interval '300 days' where id = %s", [risk.pk]
        )
    make.event(unit=head.unit, of=risk, finance_eur=8_000)
    with acting(head.pk):
        said = judgements.judgements(head.pk)
        assert sorted((one.by == head.pk, one.is_estimate) for one in said) == [(False, True), (True, False)]
    assert "1 of 1 loss" not in site.get("/calibration/").text


def test_a_deputy_sees_not_how_the_absent_s_estimates_held(head: Person) -> None:
    deputy = make.holder("unit_head", unit=head.unit)
    make.delegation(head, deputy)
    with acting(deputy.pk, on_behalf_of=head.pk) as actor, refused("oneself_alone"):
        judgements.estimator(actor)


def test_the_page_makes_few_queries_and_no_more_for_more_judgements(head: Person, site: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert site.get("/calibration/").status_code == 200
        return len(queries)

    make.event(unit=head.unit, of=long_known(head), finance_eur=20_000)
    site.get("/calibration/")
    few = asked()
    for _ in range(4):
        make.event(unit=head.unit, of=long_known(head), finance_eur=20_000)
    assert asked() == few <= 12


def test_the_form_of_a_new_event_begins_with_where_one_works_and_oneself(client: Client) -> None:
    unit = make.sector("Kasvatus")
    head = make.holder("unit_head", unit=unit)
    sign_in(client, head)
    form = client.get("/events/new/").context["form"]
    assert (form.initial["unit"].code, form.initial["owner"]) == (unit.code, head)
    page = client.get("/events/new/").content.decode()
    assert f'value="{unit.code} Kasvatus"' in page and head.code in page
    below = make.unit(parent=unit)
    looked_at = client.get(f"/events/new/?unit={below.code}").context["form"]
    assert looked_at.initial["unit"] == below
    # So do the forms of other registers.
    assert client.get("/risks/new/").context["form"].initial["owner"] == head
    assert set(client.get("/milestones/new/").context["form"].initial) == {"unit", "owner"}


def test_who_acts_for_somebody_begins_with_them_and_not_with_where_one_works_oneself(client: Client) -> None:
    absent = make.holder("unit_head", unit=make.sector("Kasvatus"))
    deputy = make.person(unit=make.sector("Pelastus"))
    make.delegation(absent, deputy)
    sign_in(client, deputy).post("/on-behalf/", {"person": absent.pk})
    form = client.get("/events/new/").context["form"]
    assert (form.initial["unit"], form.initial["owner"]) == (None, absent)
