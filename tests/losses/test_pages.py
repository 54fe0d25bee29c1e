"""The losses of a unit are those of the records that the reader sees, of the moment looked at."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.insurance.models import Insurance
from kivijalka.losses.kept import STORE
from kivijalka.losses.queries import GROSS, GROSS_TARGET, NET, Losses, losses_of
from kivijalka.losses.terms import Basis
from kivijalka.organisation.models import Person, Unit
from kivijalka.policy.queries import policy_in_force
from kivijalka.register.doors.filters import NumbersBelow
from kivijalka.risks.commands import assess, estimate
from kivijalka.risks.models import ENDS, Risk
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db
ESTIMATE = dict(zip(ENDS, map(Decimal, ("0.1", "0.5", "10000", "200000")), strict=True))


@pytest.fixture
def sector() -> Unit:
    return make.sector("Education")


@pytest.fixture
def director(sector: Unit) -> Person:
    return make.holder("sector_director", unit=sector)


def seen_by(person: Person, unit: Unit | None = None) -> Losses:
    with acting(person.pk):
        at = Unit.objects.seen().annotate(below=NumbersBelow("number")).get(pk=unit.pk) if unit else None
        found = losses_of(at, timezone.localdate())
        found.year(), found.top()
        return found


def test_a_year_costs_what_its_open_threats_do_and_says_what_it_rests_on(sector: Unit, director: Person) -> None:
    school = make.unit(parent=sector)
    by_level = make.assessed_risk(unit=school, likelihood=4, impact=2)
    make.risk(unit=sector, **ESTIMATE)
    make.risk(unit=school)
    make.assessed_risk(unit=school, state="closed")
    make.assessed_risk(unit=school, sign="opportunity")
    found = seen_by(director, sector)
    assert found.read.bases == {Basis.LEVEL: 1, Basis.ESTIMATE: 1} and found.read.unknown == 1
    assert found.read.gains == sum(loss.now.mean for loss in found.read.opportunities) > 0
    assert found.year().mean == pytest.approx(sum(loss.now.mean for loss in found.threats))
    assert [
        found.below[loss.place - 1] if loss.place else None for loss in found.threats if loss.basis == Basis.LEVEL
    ] == [school]
    assert {share.loss.risk for share in found.top()} >= {by_level.pk}
    assert seen_by(director, school).year().mean < found.year().mean


def test_a_secret_estimate_shows_by_no_difference(sector: Unit) -> None:
    head = make.holder("unit_head", unit=sector)
    make.assessed_risk(unit=sector, likelihood=2, impact=2)
    before = seen_by(head)
    secret = make.assessed_risk(unit=sector, likelihood=5, impact=5, confidentiality=3, **ESTIMATE)
    after = seen_by(head)
    assert (after.year(), after.read.bases, len(after.threats)) == (before.year(), before.read.bases, 1)
    Risk.objects.filter(pk=secret.pk).update(confidentiality=1)
    assert seen_by(head).year().mean > before.year().mean


def test_what_another_reader_sees_besides_changes_no_digit(sector: Unit) -> None:
    reader, other = make.holder("unit_head", unit=sector), make.holder("unit_head", unit=sector)
    for impact in (1, 2, 3):
        make.assessed_risk(unit=sector, likelihood=2, impact=impact)
    make.assessed_risk(unit=sector, owner=other, confidentiality=3, **ESTIMATE)
    assert seen_by(other).year().mean > seen_by(reader).year().mean
    after = seen_by(reader).year()
    STORE.kept.clear()
    assert seen_by(reader).year() == after


def test_after_an_assessment_the_next_look_is_right_and_the_past_stays(director: Person, sector: Unit) -> None:
    risk = make.assessed_risk(unit=sector, likelihood=5, impact=3)
    first = seen_by(director, sector).year()
    with acting(director.pk) as actor:
        assess(actor, Risk.objects.get(pk=risk.pk), likelihood=3, service_continuity=3)
        assess(actor, Risk.objects.get(pk=risk.pk), likelihood=2, service_continuity=2, stage="target")
    second = seen_by(director, sector)
    assert second.year(GROSS_TARGET).mean < second.year().mean < first.mean / 10
    with acting(director.pk) as actor:
        estimate(actor, Risk.objects.get(pk=risk.pk), **ESTIMATE)
    third = seen_by(director, sector)
    [loss] = third.threats
    assert loss.basis == Basis.ESTIMATE and loss.target.mean < loss.now.mean == pytest.approx(third.year().mean)


def test_a_target_that_was_set_above_where_the_risk_stands_now_adds_nothing(director: Person, sector: Unit) -> None:
    policy = policy_in_force(timezone.localdate())
    make.assessed_risk(unit=sector, likelihood=2, impact=2, target_levels="4030000", target_under=policy.pk)
    found = seen_by(director, sector)
    assert found.year(GROSS_TARGET) == found.year(GROSS)


def test_an_insurance_in_force_that_is_seen_bears_its_part(director: Person, sector: Unit) -> None:
    risk = make.assessed_risk(unit=sector, likelihood=4, impact=4)
    insurance = make.insurance(unit=sector, covers=[risk], deductible_eur=100_000, limit_eur=90_000_000)
    found = seen_by(director, sector)
    assert found.read.insured == 1 and 0 < found.year(NET).mean < found.year().mean / 10
    Insurance.objects.filter(pk=insurance.pk).update(valid_to=make.in_days(-1))
    ended = seen_by(director, sector)
    assert ended.read.insured == 0 and ended.year(NET) == ended.year()


def test_how_often_the_most_that_an_insurance_pays_in_a_year_is_used_up(director: Person, sector: Unit) -> None:
    risks = [make.risk(unit=sector, **ESTIMATE) for _number in range(3)]
    limited = make.insurance(unit=sector, covers=risks, limit_eur=1_000_000_000, aggregate_eur=100_000)
    make.insurance(unit=sector, covers=risks, limit_eur=1_000_000_000)
    with acting(director.pk):
        found = losses_of(None, timezone.localdate())
        [one] = found.used_up()
        assert one.insurance == limited and found.year(NET).mean == pytest.approx(0, abs=1)
        year, most = found.year(), np.array([100_000.0])
        assert one.probability == pytest.approx(found.exceedances(most)[0], rel=1e-2) and 0 < one.beyond < year.mean


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_its_page_tells_in_words_with_tables_and_leads_to_records(
    language: str, director: Person, sector: Unit, client: Client
) -> None:
    risk = make.assessed_risk("Burst pipe", unit=make.unit("School", parent=sector), likelihood=4, impact=3)
    client.cookies["language"] = language
    page = sign_in(client, director).get(f"/situation/losses/?unit={sector.code}").content.decode()
    assert "kj-chart" in page and f'href="/risks/{risk.pk}/?unit={sector.code}"' in page and "School" in page
    sentence = {
        "fi": "Kerran 20 vuodessa vuoden vahinko on yli",
        "sv": "En gång på 20 år är årets förlust över",
        "en": "Once in 20 years the year&#x27;s loss is over",
    }
    assert sentence[language] in page


def test_a_page_without_anything_to_tell_says_why(sector: Unit, director: Person, client: Client) -> None:
    client.cookies["language"] = "en"
    sign_in(client, director)
    assert "has a level or an estimate here" in client.get("/situation/losses/").content.decode()
    make.assessed_risk(unit=sector)
    before = (timezone.localdate() - timedelta(days=4000)).isoformat()
    for address in (f"/situation/losses/?as_of={before}", "/situation/losses/?as_of=1999-01-01"):
        answer = client.get(address)
        assert answer.status_code == 200 and "has a level or an estimate here" in answer.content.decode()
    nobody = make.person(unit=sector)
    answer = sign_in(client, nobody).get("/situation/losses/")
    assert answer.status_code == 200 and "You see no risks" in answer.content.decode()


def test_a_unit_that_has_ended_still_tells_of_what_stands_in_it(sector: Unit, director: Person, client: Client) -> None:
    ended = make.unit("Old school", parent=sector)
    make.assessed_risk("Burst pipe", unit=ended, likelihood=4)
    Unit.objects.filter(pk=ended.pk).update(end=make.in_days(-5))
    client.cookies["language"] = "en"
    page = sign_in(client, director).get(f"/situation/losses/?unit={ended.code}").content.decode()
    assert "Burst pipe" in page
    whole = client.get(f"/situation/losses/?unit={sector.code}").content.decode()
    assert "Old school" in whole


def test_what_takes_longer_tells_of_causes_what_is_not_known_and_actions(
    sector: Unit, director: Person, client: Client
) -> None:
    policy = policy_in_force(timezone.localdate())
    target = {"target_levels": "1010000", "target_under": policy.pk}
    for _ in range(6):
        risk = make.assessed_risk(unit=sector, likelihood=4, impact=3, common_causes=["power_cut"], **target)
    make.link("treats", make.action("Mend the pipes", unit=sector, expected_cut=50), risk)
    make.link("treats", make.action("Watch them", unit=sector), risk)
    client.cookies["language"] = "en"
    sign_in(client, director)
    page = client.get(f"/situation/losses/deeper/?unit={sector.code}").content.decode()
    assert "6 threats name a common cause of the policy: long power cut over the region (once in" in page
    assert re.search(r"Mend the pipes</a> \([^)]+ euro by itself\)", page) and "nobody has said how much" in page
    assert "by what is known between" in page and "<nav" in page
    part = client.get(f"/situation/losses/deeper/?unit={sector.code}", headers={"HX-Request": "true"}).content.decode()
    assert "<nav" not in part and "What we do not know" in part
    empty = client.get(f"/situation/losses/deeper/?unit={make.unit(parent=sector).code}").content.decode()
    assert "has a level or an estimate here" in empty


def test_the_appetite_for_such_a_unit_is_told_and_drawn(director: Person, sector: Unit, client: Client) -> None:
    make.assessed_risk(unit=sector, likelihood=5, impact=5)
    client.cookies["language"] = "en"
    page = sign_in(client, director).get(f"/situation/losses/?unit={sector.code}").content.decode()
    assert "Over the appetite: not over 150 million euro oftener than once in 20 years." in page
    assert 'class="kj-chart__limit"' in page
    below = client.get(f"/situation/losses/?unit={make.unit(parent=sector).code}").content.decode()
    assert "appetite" not in below[below.index("<main") :]


def test_who_sees_a_part_of_a_unit_is_not_told_that_it_keeps_its_appetite(sector: Unit, client: Client) -> None:
    school = make.unit(parent=sector)
    make.assessed_risk(unit=school, likelihood=1, impact=1)
    client.cookies["language"] = "en"
    head = make.holder("unit_head", unit=school)
    page = sign_in(client, head).get(f"/situation/losses/?unit={sector.code}").content.decode()
    assert "This rests on 1 open threat within your reach" in page
    assert "appetite" not in page[page.index("<main") :]


def test_an_estimate_counts_as_tested_where_an_event_of_it_is_seen(sector: Unit, director: Person) -> None:
    estimated, judged = make.risk(unit=sector, **ESTIMATE), make.assessed_risk(unit=sector)
    make.link("realised", make.event(unit=sector), estimated)
    make.link("realised", make.event(unit=sector), judged)
    assert seen_by(director, sector).read.bases == {Basis.TESTED: 1, Basis.LEVEL: 1}
