"""An insurance is renewed, ended, and never upside down."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kivijalka.access import acting
from kivijalka.insurance import commands
from kivijalka.insurance.models import Insurance
from kivijalka.insurance.registers import insurances
from kivijalka.organisation.models import Person
from kivijalka.register.command import add
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head", unit=make.sector())


def given(head: Person, **other: Any) -> dict[str, Any]:
    money = {"deductible_eur": 1000, "limit_eur": 500_000, "premium_eur": 9000}
    days = {"valid_from": make.in_days(-100), "valid_to": make.in_days(100)}
    return {
        "title": "Property",
        "unit": head.unit,
        "owner": head,
        "insurer": "Oy",
        "covers": "Fire",
        **money,
        **days,
    } | other


def insured(head: Person) -> Insurance:
    with acting(head.pk) as actor:
        return add(insurances, actor, **given(head))


def test_it_is_renewed_with_a_new_premium(head: Person) -> None:
    insurance = insured(head)
    with acting(head.pk) as actor:
        commands.renew(actor, insurance, until=insurance.valid_to + timedelta(days=365), premium_eur=Decimal(9500))
    assert (make.fresh(insurance).valid_to, insurance.premium_eur) == (make.in_days(465), 9500)


def test_it_ends_on_a_day_after_its_start(head: Person) -> None:
    insurance = insured(head)
    with acting(head.pk) as actor:
        with refused("before_start", field="on"):
            commands.end(actor, insurance, on=make.in_days(-101))
        commands.end(actor, insurance, on=make.in_days(5))
    assert make.fresh(insurance).state == "ended"


def test_renewing_to_an_earlier_day_is_refused(head: Person) -> None:
    insurance = insured(head)
    with acting(head.pk) as actor, refused("not_later", field="until"):
        commands.renew(actor, insurance, until=insurance.valid_to, premium_eur=Decimal(1))


@pytest.mark.parametrize("upside_down", [{"limit_eur": 1000}, {"valid_to": make.in_days(-101)}, {"premium_eur": -1}])
def test_what_contradicts_itself_is_refused(head: Person, upside_down: dict[str, Any]) -> None:
    with acting(head.pk) as actor, refused("invalid"):
        add(insurances, actor, **given(head, **upside_down))
