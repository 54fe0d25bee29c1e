"""What did happen is recorded with its loss, never in the future, in euro; what is claimed for it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from kivijalka.access import acting
from kivijalka.events import commands
from kivijalka.events.models import Claim, Event
from kivijalka.events.registers import events
from kivijalka.insurance.models import Insurance
from kivijalka.organisation.models import Person
from kivijalka.register.command import add
from kivijalka.register.models import Link
from tests import factories as make
from tests.api.programs import send
from tests.files.imports import csv_of, imported, planned, reasons
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
IN_EURO = "Amounts are in euro here."


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head", unit=make.sector())


@pytest.fixture
def program(head: Person) -> Client:
    client = Client()
    client.cookies["language"] = "en"
    return sign_in(client, head)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def given(head: Person, **other: Any) -> dict[str, Any]:
    days = {"happened_on": make.in_days(-5), "found_on": make.in_days(-4)}
    words = {"title": "Vesivahinko", "description": "Putki petti.", "confidentiality": 1}
    return {**words, **days, "finance_eur": "12000", "unit": head.unit, "owner": head, **other}


def body(head: Person, **other: Any) -> dict[str, Any]:
    """The same as programs send it."""
    values = given(head, unit=head.unit.code, owner=head.code, **other)
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def insured(head: Person) -> Insurance:
    money = {"deductible_eur": 1000, "limit_eur": 50_000, "premium_eur": 100}
    days = {"valid_from": make.in_days(-300), "valid_to": make.in_days(60)}
    named = {"title": "Kiinteistö", "insurer": "Esimerkkivakuutus Oy", "covers": "Vesi"}
    return make.fresh(Insurance.objects.create(unit=head.unit, owner=head, **named, **money, **days))


def test_a_loss_is_added_up_over_what_it_was_felt_in(head: Person) -> None:
    with acting(head.pk) as actor:
        made = add(events, actor, **given(head, finance_eur=Decimal(12_000), people_eur=Decimal("3000.50")))
    assert make.fresh(made).loss_eur == Decimal("15000.50")


def test_the_risk_and_the_event_show_each_other_and_the_risk_tells_it(head: Person, program: Client) -> None:
    risk, event = make.assessed_risk(unit=head.unit), make.event("Kellari tulvi", unit=head.unit)
    with acting(head.pk) as actor:
        commands.realise(actor, event, risk=risk)
        commands.realise(actor, event, risk=risk)
    assert Link.objects.filter(kind="realised", a=event.pk, b=risk.pk).count() == 1
    assert "came true as" in program.get(f"/risks/{risk.pk}/").text
    assert "came true of the risk" in program.get(f"/events/{event.pk}/").text
    with acting(head.pk) as actor:
        commands.receive(actor, event, paid_eur=Decimal(400), claimed_from="Aiheuttaja Oy")
    assert "Kellari tulvi" in program.get(f"/risks/{risk.pk}/story/").text


def test_a_claim_waits_until_it_is_answered(head: Person) -> None:
    event, insurance = make.event(unit=head.unit, finance_eur=10_000), insured(head)
    with acting(head.pk) as actor:
        commands.claim(actor, event, claimed_eur=Decimal(9000), insurance=insurance, claimed_on=make.in_days(-3))
        waits = Event.objects.get(pk=event.pk)
        assert (waits.claimed_eur, waits.recovered_eur, waits.unanswered_since) == (9000, 0, make.in_days(-3))
        commands.receive(actor, event, paid_eur=Decimal(8500))
    after, [claim] = make.fresh(event), Claim.objects.all()
    assert (after.recovered_eur, after.unanswered_since) == (8500, None)
    assert (claim.claimed_from, claim.paid_eur, claim.paid_on) == ("Esimerkkivakuutus Oy", 8500, make.in_days(0))
    assert Link.objects.filter(kind="claimed_from", a=event.pk, b=insurance.pk).exists()


def test_of_two_claims_the_one_that_is_named_is_answered(head: Person) -> None:
    event = make.event(unit=head.unit, finance_eur=10_000)
    with acting(head.pk) as actor:
        for whom, days in (("Urakoitsija", -4), ("Vakuutus", -2)):
            commands.claim(actor, event, claimed_eur=Decimal(4000), claimed_from=whom, claimed_on=make.in_days(days))
        commands.receive(actor, event, paid_eur=Decimal(0), claimed_from="vakuutus")
    assert make.fresh(event).unanswered_since == make.in_days(-4)
    assert Claim.objects.get(claimed_from="Vakuutus").paid_eur == 0


def test_no_more_comes_back_than_was_lost(head: Person) -> None:
    event = make.event(unit=head.unit, finance_eur=1000)
    with acting(head.pk) as actor:
        commands.receive(actor, event, paid_eur=Decimal(800), claimed_from="Vakuutus")
        with refused("more_than_lost", field="paid_eur"):
            commands.receive(actor, event, paid_eur=Decimal(201), claimed_from="Aiheuttaja")
        with refused("contradiction"):
            events.all_commands["edit"](actor, event, finance_eur=Decimal(700))
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(recovered_eur=1001)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"claimed_eur": Decimal(0)}, "not_positive"),
        ({"claimed_eur": Decimal(10**12)}, "too_much"),
        ({"claimed_from": ""}, "of_nobody"),
        ({"claimed_from": "x" * 201}, "too_long"),
        ({"claimed_on": make.in_days(1)}, "in_future"),
        ({"claimed_on": make.in_days(-30)}, "too_early"),
        ({"paid_eur": Decimal(1), "paid_on": make.in_days(-6)}, "too_early"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(head: Person, wrong: dict[str, Any], code: str) -> None:
    event = make.event(unit=head.unit)
    asked: dict[str, Any] = {"claimed_eur": Decimal(500), "claimed_from": "Vakuutus", **wrong}
    with acting(head.pk) as actor, refused(code):
        commands.claim(actor, event, **asked)


def test_an_answer_to_nothing_is_refused_and_so_is_closing_what_nobody_priced(head: Person) -> None:
    event = make.event(unit=head.unit, finance_eur=None)
    with acting(head.pk) as actor:
        with refused("nothing_claimed"):
            commands.receive(actor, event, paid_eur=Decimal(0))
        with refused("loss_not_known"):
            commands.close(actor, event)
        events.all_commands["edit"](actor, event, finance_eur=Decimal(0))
        commands.close(actor, make.fresh(event), outcome="Putket vaihdetaan.")
        with refused("state"):
            events.all_commands["edit"](actor, make.fresh(event), finance_eur=Decimal(1))


WRONG = [
    ({"happened_on": make.in_days(1), "found_on": make.in_days(1)}, "happened_on", "This day is in the future."),
    ({"found_on": make.in_days(-6)}, "found_on", "It is found on the day that it happened, or later."),
    ({"finance_eur": "-5"}, "finance_eur", "0"),
    ({"finance_eur": "12 000 USD"}, "finance_eur", IN_EURO),
    ({"finance_eur": "$12"}, "finance_eur", IN_EURO),
]


@pytest.mark.parametrize(("wrong", "field", "words"), WRONG)
def test_what_cannot_be_is_refused_in_words_at_every_door(
    head: Person, program: Client, wrong: dict[str, Any], field: str, words: str
) -> None:
    page = program.post("/events/new/", body(head, **wrong)).text
    assert words in page
    answer = send(program, "post", "/api/events", body(head, **wrong))
    assert answer.status_code == 422
    assert words in str(answer.json()["errors"][field])
    values = body(head, **wrong)
    with translation.override("en"):  # a request ends with no language
        found = planned(csv_of(values.keys(), values.values()), head, into="events", columns={n: n for n in values})
        told = reasons(found)[2]
    assert words in told
    assert not Event.objects.exists()


def test_the_database_itself_holds_no_event_of_tomorrow(head: Person) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make.event(unit=head.unit, happened_on=make.in_days(2))
    event = make.event(unit=head.unit)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(found_on=make.in_days(1))


def test_a_risk_that_one_does_not_see_is_answered_like_one_that_is_not_there(head: Person, program: Client) -> None:
    hidden, event = make.risk(unit=make.sector()), make.event(unit=head.unit)
    address = f"/api/events/{event.pk}/realise"
    answers = [
        send(program, "post", address, {"version": event.version, "risk": code}) for code in (hidden.code, "R-999999")
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["errors"] == answers[1].json()["errors"]
    row = {**body(head), "risk": hidden.code}
    other = {**body(head), "risk": "R-999999"}
    told = [
        reasons(planned(csv_of(r.keys(), r.values()), head, into="events", columns={n: n for n in r}))[2]
        for r in (row, other)
    ]
    assert told[0].replace(hidden.code, "R") == told[1].replace("R-999999", "R")


def test_events_come_from_a_spreadsheet_with_their_risk_and_claim_and_once(head: Person) -> None:
    risk, insurance = make.assessed_risk(unit=head.unit), insured(head)
    row = {**body(head), "risk": risk.code, "insurance": insurance.code, "claimed_eur": "11 000 €", "paid_eur": "9000"}
    data = csv_of(row.keys(), row.values())
    for _time in range(2):
        imported(data, head, into="events", columns={name: name for name in row})
    [event], [claim] = Event.objects.all(), Claim.objects.all()
    assert (event.loss_eur, event.claimed_eur, event.recovered_eur) == (12_000, 11_000, 9000)
    assert claim.insurance_id == insurance.pk
    assert Link.objects.filter(kind="realised", a=event.pk, b=risk.pk).count() == 1


def test_a_row_that_would_recover_more_than_was_lost_is_refused_before_anything_is_written(head: Person) -> None:
    row = {**body(head), "claimed_from": "Vakuutus", "claimed_eur": "13000", "paid_eur": "13000"}
    found = planned(csv_of(row.keys(), row.values()), head, into="events", columns={name: name for name in row})
    assert "More would have come back than was lost" in reasons(found)[2]
