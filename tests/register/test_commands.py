"""What every command promises, whatever it does: only declared fields, only what one may see and do."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection

from kivijalka.access import acting
from kivijalka.register import command
from kivijalka.register.doors import rows
from kivijalka.register.models import Confidentiality
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db
RISKS = REGISTERS["risk"]


@pytest.mark.parametrize("field", ["state", "level", "code", "version", "accepted_until"])
def test_a_field_that_no_form_offers_is_not_written(field: str) -> None:
    head, risk, unit = make.holder(), make.risk(), make.city()
    with acting(head.pk) as actor:
        with refused("not_writable", field=field):
            command.add(RISKS, actor, **{"title": "Uusi", "unit": unit, field: "x"})
        written: dict[str, Any] = {field: "x"}
        if field != "version":  # to a command on a record, the version that was read
            with refused("not_writable", field=field):
                RISKS.all_commands["edit"](actor, risk, **written)


def test_a_record_out_of_reach_is_answered_as_one_that_is_not_there() -> None:
    head, risk = make.holder(unit=make.sector()), make.risk(unit=make.sector())
    with acting(head.pk) as actor:
        for pk in (risk.pk, uuid4(), "not an id"):
            with refused("not_there"):
                rows.one(RISKS, pk)
        with refused("not_there"):
            RISKS.all_commands["close"](actor, risk)


def test_a_record_that_one_may_only_read_is_refused_as_such() -> None:
    auditor, risk = make.holder("auditor"), make.risk()
    with acting(auditor.pk) as actor, refused("no_right"):
        RISKS.all_commands["edit"](actor, risk, title="Tarkastajan sanoin")


def test_a_record_is_not_raised_above_ones_own_level() -> None:
    head, risk = make.holder("unit_head"), make.risk()
    with acting(head.pk) as actor, refused("no_right"):
        RISKS.all_commands["edit"](actor, risk, confidentiality=Confidentiality.SECRET)
    assert make.fresh(risk).confidentiality == Confidentiality.INTERNAL


def test_a_record_is_not_moved_out_of_ones_own_reach() -> None:
    here, elsewhere = make.sector(), make.sector()
    head, risk = make.holder(unit=here), make.risk(unit=here)
    with acting(head.pk) as actor, refused("no_right"):
        RISKS.all_commands["edit"](actor, risk, unit=elsewhere)
    assert make.fresh(risk).unit_id == here.number


def test_a_code_is_given_by_the_database_and_never_twice() -> None:
    codes = [make.risk().code for _ in range(3)]
    assert len(set(codes)) == 3
    assert all(code.startswith("R-") for code in codes)


def test_a_menu_asks_whether_a_right_is_held_anywhere() -> None:
    head, outsider = make.holder(), make.person()
    with acting(head.pk) as actor:
        assert actor.holds("risk.edit")
        assert not actor.holds("role.edit")
    with acting(outsider.pk) as actor:
        assert not actor.holds("risk.view")


def test_the_rules_of_a_query_and_of_the_policy_are_one() -> None:
    """What `seen()` asks for is exactly what the database lets through without it."""
    units = [make.sector() for _ in range(3)]
    for unit in units:
        for level in Confidentiality:
            make.risk(unit=unit, confidentiality=level)
    for kind in ("employee", "unit_head", "auditor", "partner_member"):
        with acting(make.holder(kind, unit=units[0]).pk):
            assert set(Risk.objects.seen()) == set(Risk.objects.all())


def test_an_error_inside_a_nested_actor_is_told_and_the_outer_actor_goes_on() -> None:
    head, risk = make.holder(), make.risk()
    with acting(head.pk):
        with pytest.raises(DatabaseError, match="does not exist"), acting(None), connection.cursor() as cursor:
            cursor.execute("select nothing from nowhere")
        assert Risk.objects.get() == risk
