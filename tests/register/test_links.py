"""Links: the database itself refuses a lying end and a pair that no kind of link joins."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from kivijalka.access import acting
from kivijalka.register.models import Link
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_an_action_treats_a_risk() -> None:
    here = make.unit()
    head, risk, action = make.holder(unit=here), make.risk(unit=here), make.action(unit=here)
    with acting(head.pk):
        Link.objects.create(kind="treats", a_id=action.pk, a_register="action", b_id=risk.pk, b_register="risk")
        assert Link.objects.seen().count() == 1


@pytest.mark.parametrize(
    ("kind", "ends", "constraint"),
    [
        ("treats", ("risk", "risk"), "link_a_is"),
        ("may_cause", ("risk", "risk"), "link_a_is"),
        ("treats", ("risk", "action"), "link_pair"),
        ("feeds", ("action", "risk"), "link_pair"),
    ],
    ids=["a lying end", "a lying end of a declared pair", "the pair the wrong way round", "no such kind"],
)
def test_the_database_refuses_a_wrong_link(kind: str, ends: tuple[str, str], constraint: str) -> None:
    records = {"action": make.action(), "risk": make.risk()}
    a = records["action"] if constraint == "link_a_is" else records[ends[0]]
    b = records[ends[1]]
    with pytest.raises(IntegrityError, match=constraint):
        Link.objects.create(kind=kind, a_id=a.pk, a_register=ends[0], b_id=b.pk, b_register=ends[1])


def test_the_database_refuses_a_link_to_nothing() -> None:
    risk = make.risk()
    with pytest.raises(IntegrityError, match="link_b_is"):
        Link.objects.create(kind="may_cause", a_id=risk.pk, a_register="risk", b_id=uuid4(), b_register="risk")


def test_a_record_is_not_linked_to_itself() -> None:
    risk = make.risk()
    with pytest.raises(IntegrityError, match="link_joins_two"):
        make.link("may_cause", risk, risk)


def test_the_same_link_is_in_force_once_but_may_return() -> None:
    action, risk = make.action(), make.risk()
    first = make.link("treats", action, risk)
    with pytest.raises(IntegrityError, match="link_in_force_once"), transaction.atomic():
        make.link("treats", action, risk)
    first.until = first.since
    first.save()
    assert make.link("treats", action, risk).pk != first.pk


def test_a_link_is_seen_by_whoever_sees_both_ends() -> None:
    here, elsewhere = make.unit(), make.unit()
    action, risk = make.action(unit=here), make.risk(unit=elsewhere)
    make.link("treats", action, risk)
    of_action, of_both = make.holder(unit=here), make.holder()
    assert _links_seen_by(of_action) == 0
    assert _links_seen_by(of_both) == 1


def test_nobody_links_a_record_that_they_may_only_read() -> None:
    action, risk = make.action(), make.risk()
    auditor = make.holder("auditor")
    with acting(auditor.pk), pytest.raises(Exception, match="row-level security"):
        make.link("treats", action, risk)


def _links_seen_by(person: Any) -> int:
    with acting(person.pk), connection.cursor() as cursor:
        cursor.execute("select count(*) from register_link")
        return int(cursor.fetchone()[0])
