"""A risk is closed, reopened, merged into another or split, each with its reason."""

from __future__ import annotations

import pytest
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.command import add
from kivijalka.register.models import Link
from kivijalka.risks import commands
from kivijalka.risks.models import Risk
from kivijalka.risks.registers import risks
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head", unit=make.sector())


def in_force(kind: str, a: object, b: object) -> bool:
    return Link.objects.filter(kind=kind, a=getattr(a, "pk", None), b=getattr(b, "pk", None), until=None).exists()


def test_closing_and_reopening_say_why(head: Person) -> None:
    risk = make.assessed_risk(unit=head.unit)
    with acting(head.pk) as actor:
        commands.close(actor, risk, reason="The boiler was replaced.")
        assert (make.fresh(risk).state, risk.state_reason) == ("closed", "The boiler was replaced.")
        commands.reopen(actor, risk, reason="The new one leaks too.")
        assert (make.fresh(risk).state, risk.state_reason) == ("draft", "The new one leaks too.")


def test_what_is_linked_to_a_merged_risk_goes_to_the_one_that_stays(head: Person) -> None:
    twin, stays = make.assessed_risk(unit=head.unit), make.assessed_risk(unit=head.unit)
    action, control, other = make.action(unit=head.unit), make.control(unit=head.unit), make.risk(unit=head.unit)
    make.link("treats", action, twin)
    make.link("rests_on", twin, control)
    make.link("rests_on", stays, control)
    make.link("may_cause", twin, stays)
    make.link("may_cause", other, twin)
    with acting(head.pk) as actor:
        commands.merge(actor, twin, into=stays, reason="Written down twice.")
    assert (make.fresh(twin).state, twin.state_reason) == ("closed", "Written down twice.")
    assert in_force("treats", action, stays) and not in_force("treats", action, twin)
    assert in_force("may_cause", other, stays) and in_force("merged_into", twin, stays)
    assert Link.objects.filter(kind="rests_on", b=control.pk, until=None).count() == 1
    assert not Link.objects.filter(kind="may_cause", b=stays.pk, a=twin.pk, until=None).exists()


def test_a_risk_is_not_merged_while_somebody_elses_action_would_stay_behind(head: Person) -> None:
    twin, stays = make.assessed_risk(unit=head.unit), make.assessed_risk(unit=head.unit)
    make.link("treats", make.action(unit=make.sector()), twin)
    with acting(head.pk) as actor, refused("open_actions"):
        commands.merge(actor, twin, into=stays, reason="Written down twice.")
    assert make.fresh(twin).state == "assessed"


def test_merging_is_refused_into_itself_a_closed_one_or_one_of_the_other_sign(head: Person) -> None:
    risk = make.assessed_risk(unit=head.unit)
    closed = make.risk(unit=head.unit, state="closed")
    chance = make.risk(unit=head.unit, sign="opportunity")
    with acting(head.pk) as actor:
        for into, code in ((risk, "itself"), (closed, "closed"), (chance, "other_sign")):
            with refused(code):
                commands.merge(actor, risk, into=into, reason="Twice.")


def test_a_risk_split_off_begins_with_the_words_of_the_whole(head: Person) -> None:
    whole = make.assessed_risk(unit=head.unit, owner=head, cause="Old pipes", areas=["premises_security"])
    with acting(head.pk) as actor:
        part = commands.split(actor, whole, title="Pipes of the annex freeze", reason="Other people answer for it.")
    part = Risk.objects.get(pk=part.pk)
    assert (part.state, part.cause, part.owner, part.areas) == ("draft", "Old pipes", head, ["premises_security"])
    assert in_force("split_from", part, whole) and make.fresh(whole).state == "assessed"


def test_a_strategic_risk_needs_its_objective(head: Person) -> None:
    given = {"title": "Growth stops", "unit": head.unit, "kind": "strategic"}
    objective = make.objective(unit=head.unit)
    with acting(head.pk) as actor:
        with refused("invalid", field="objective"):
            add(risks, actor, **given)
        assert add(risks, actor, **given, objective=objective).objective == objective


def test_one_of_a_spreadsheet_comes_in_without_and_is_listed(head: Person) -> None:
    with acting(head.pk, door="import") as actor:
        made = add(risks, actor, title="Growth stops", unit=head.unit, kind="strategic")
    listed = sign_in(Client(), head).get("/risks/?kind=strategic&objective=empty").content.decode()
    assert made.title in listed
