"""A risk offered to another unit is adopted there by its description, or declined; an answer is never left waiting unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.desk.waiting import desk
from kivijalka.organisation.models import Person, Unit
from kivijalka.register.models import Link
from kivijalka.risks.models import Offer, Risk
from kivijalka.risks.offering import adopt, adopt_too, decline, offer, withdraw
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Unit:
    return make.unit("School", parent=make.sector("Education"))


@pytest.fixture
def head(school: Unit) -> Person:
    return make.holder("unit_head", unit=school)


@pytest.fixture
def library() -> Unit:
    return make.unit("Library", parent=make.sector("Culture"))


@pytest.fixture
def librarian(library: Unit) -> Person:
    return make.holder("unit_head", unit=library)


def offered(who: Person, risk: Risk, unit: Unit, **given: Any) -> Offer:
    with acting(who.pk) as actor:
        made: Offer = offer(
            actor, risk, unit=unit, **{"reason": "The same pipe feeds you.", "answer_due": make.in_days(7), **given}
        )
    return make.fresh(made)


def waits_for(who: Person, found: Offer) -> bool:
    with acting(who.pk) as actor:
        return found.pk in [task.record.pk for task in desk(actor, timezone.localdate()).now]


def test_who_leads_the_other_unit_adopts_it_as_a_risk_of_their_own(
    school: Unit, head: Person, library: Unit, librarian: Person
) -> None:
    risk = make.assessed_risk(
        "Burst pipe", unit=school, cause="Old pipe", areas=["premises_security"], confidentiality=2
    )
    found = offered(head, risk, library)
    assert (found.unit, found.from_unit, found.asked_of, found.owner) == (library, school, librarian, head)
    assert waits_for(librarian, found)
    with acting(librarian.pk) as actor:
        own = adopt(actor, found, answer="Thank you")
        ours = Risk.objects.seen().get(pk=own.pk)
    assert (ours.unit, ours.owner, ours.title, ours.cause) == (library, librarian, "Burst pipe", "Old pipe")
    assert (ours.areas, ours.confidentiality) == (["premises_security"], 2)
    assert (ours.state, ours.level) == ("draft", "")
    assert (make.fresh(found).state, found.answer) == ("adopted", "Thank you")
    assert not waits_for(librarian, found)


def test_the_new_risk_leads_to_the_offer_and_the_offer_to_the_old_one_for_whoever_sees_both(
    school: Unit, head: Person, library: Unit, librarian: Person
) -> None:
    risk = make.risk(unit=school)
    found = offered(head, risk, library)
    with acting(librarian.pk) as actor:
        own = adopt(actor, found)
        assert set(Link.objects.seen().values_list("kind", flat=True)) == {"adopted_from"}
    with acting(head.pk):
        assert set(Link.objects.seen().values_list("kind", flat=True)) == {"offers"}
    with acting(make.holder("chief_executive").pk):
        ties = set(Link.objects.seen().values_list("kind", "a", "b"))
    assert ties == {("offers", found.pk, risk.pk), ("adopted_from", own.pk, found.pk)}


def test_it_is_declined_with_a_reason_that_the_offerer_reads(
    school: Unit, head: Person, library: Unit, librarian: Person
) -> None:
    found = offered(head, make.risk(unit=school), library)
    with acting(librarian.pk) as actor:
        decline(actor, found, answer="We have no pipes.")
    with acting(head.pk):
        seen = Offer.objects.seen().get(pk=found.pk)
    assert (seen.state, seen.answer, seen.answered_on) == ("declined", "We have no pipes.", timezone.localdate())
    assert not Risk.objects.filter(unit=library).exists()


def test_only_who_offered_withdraws_and_only_others_answer(
    school: Unit, head: Person, library: Unit, librarian: Person
) -> None:
    found = offered(head, make.risk(unit=school), library)
    with acting(librarian.pk) as actor, refused("no_right"):
        withdraw(actor, found)
    with acting(head.pk) as actor, refused("no_right"):
        adopt(actor, found)
    with acting(head.pk) as actor:
        withdraw(actor, found)
    assert make.fresh(found).state == "withdrawn" and not waits_for(librarian, found)
    with acting(librarian.pk) as actor, refused("state"):
        adopt(actor, found)


def test_who_sees_neither_unit_sees_no_offer(school: Unit, head: Person, library: Unit, librarian: Person) -> None:
    found = offered(head, make.risk(unit=school), library)
    with acting(make.holder("unit_head", unit=make.unit("Harbour")).pk):
        assert not Offer.objects.seen().filter(pk=found.pk).exists()


@pytest.mark.parametrize(
    ("given", "code", "field"), [({}, "own_unit", "unit"), ({"answer_due": -1}, "in_past", "answer_due")]
)
def test_a_wrong_offer_is_refused(
    school: Unit, head: Person, library: Unit, librarian: Person, given: dict[str, int], code: str, field: str
) -> None:
    days = {name: make.in_days(day) for name, day in given.items()}
    with refused(code, field=field):
        offered(head, make.risk(unit=school), library if given else school, **days)


def test_the_same_offer_is_not_made_twice_until_it_is_answered(
    school: Unit, head: Person, library: Unit, librarian: Person
) -> None:
    risk = make.risk(unit=school)
    found = offered(head, risk, library)
    with refused("offered_already", field="unit"):
        offered(head, risk, library)
    with acting(head.pk) as actor:
        withdraw(actor, found)
    assert offered(head, risk, library).state == "offered"


def test_nothing_is_offered_into_a_void(school: Unit, head: Person, library: Unit) -> None:
    with refused("nobody_there", field="unit"):
        offered(head, make.risk(unit=school), library)


def test_it_is_asked_of_nobody_who_could_only_decline(school: Unit, head: Person, library: Unit) -> None:
    make.holder("city_board", unit=make.city())
    risk = make.risk(unit=school)
    with refused("nobody_there", field="unit"):
        offered(head, risk, library)
    director = make.holder("chief_executive", unit=make.city())
    assert offered(head, risk, library).asked_of == director


def test_who_may_change_both_units_adopts_it_at_once(school: Unit, library: Unit, head: Person) -> None:
    risk, chief = make.assessed_risk("Flood", unit=school), make.holder("chief_executive")
    with acting(chief.pk) as actor:
        own = adopt_too(actor, risk, unit=library)
        assert Link.objects.seen().filter(a=own.pk, b=risk.pk, kind="adopted_from").exists()
        with refused("own_unit", field="unit"):
            adopt_too(actor, risk, unit=school)
    assert (make.fresh(own).unit, own.owner, own.state) == (library, chief, "draft")
    assert make.fresh(risk).unit == school
    with acting(head.pk) as actor, refused("no_right"):
        adopt_too(actor, risk, unit=library)


def test_an_offer_is_as_confidential_as_its_risk_becomes(
    school: Unit, head: Person, library: Unit, librarian: Person
) -> None:
    risk = make.risk(unit=school)
    found = offered(head, risk, library)
    Risk.objects.filter(pk=risk.pk).update(confidentiality=3)
    assert make.fresh(found).confidentiality == 3
    with acting(librarian.pk):
        assert Offer.objects.seen().get(pk=found.pk).title == found.title  # who was asked still answers
    with acting(make.holder("unit_head", unit=library).pk):
        assert not Offer.objects.seen().filter(pk=found.pk).exists()
