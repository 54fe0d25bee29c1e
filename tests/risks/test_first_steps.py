"""A unit without risks is led from typical ones to an assessed risk with a control and an action."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.access import acting
from kivijalka.actions.models import Action
from kivijalka.areas.packs import starters
from kivijalka.controls.models import Control
from kivijalka.organisation.models import Person, Unit
from kivijalka.register.models import Link
from kivijalka.risks import beginnings, commands
from kivijalka.risks.first_steps import offered
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.factories import in_days
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db

KEY = "propped-door-intruder"
PAGE = "/first-steps/"


def school_with_head() -> tuple[Unit, Person]:
    school = make.unit("Koivukylän koulu")
    return school, make.holder("unit_head", unit=school)


def taken(head: Person, school: Unit, *keys: str) -> list[Risk]:
    with acting(head.pk) as actor:
        return beginnings.take(actor, school, [starters()[key] for key in keys or (KEY,)])


def test_a_newcomer_is_led_from_an_empty_list_to_an_assessed_risk_with_an_action(client: Client):
    school, head = school_with_head()
    sign_in(client, head)
    assert PAGE in client.get(f"/risks/?unit={school.code}").content.decode()
    assert PAGE in client.get(f"/situation/?unit={school.code}").content.decode()
    page = f"{PAGE}?unit={school.code}&kind=school"
    response = client.post(page, {"starter": [KEY, "weekend-vandalism"]}, follow=True)
    assert response.redirect_chain[-1][0].startswith(PAGE)
    risk = Risk.objects.get(starter=KEY)
    assert (risk.unit_id, risk.owner_id, risk.state) == (school.number, head.pk, "draft")
    assert risk.areas == ["premises_security", "personnel_security", "rescue_safety"]
    assert steps_left(client, page, risk) == ["assess", "name_control", "decide", "treat"]
    answers: dict[str, dict[str, Any]] = {
        "assess": {"likelihood": 3, "people": 3, "stage": "current"},
        "name_control": {"adequacy": "partial"},
        "decide": {"treatment": "reduce", "treatment_reason": ""},
        "treat": {"due": in_days(60), "cost_eur": 500},
    }
    left = ["assess", "name_control", "decide", "treat"]
    for verb, given in answers.items():
        form = client.get(f"/risks/{risk.pk}/do/{verb}/?next={PAGE}").context["form"]
        begun = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
        begun = {name: getattr(value, "code", value) for name, value in begun.items()}
        response = client.post(f"/risks/{risk.pk}/do/{verb}/?next={PAGE}", {**begun, **given})
        assert response.status_code == 302 and response["Location"] == PAGE, response.content.decode()
        left.remove(verb)
        assert steps_left(client, page, risk) == left
    typical = starters()[KEY]
    control, action = Control.objects.get(), Action.objects.get()
    assert (control.title, control.owner_id, control.unit_id) == (typical.control.title.fi, head.pk, school.number)
    assert (action.title, action.how_measured) == (typical.treatment.title.fi, typical.treatment.measure.fi)
    assert Link.objects.filter(kind="rests_on", a=risk.pk, b=control.pk).exists()
    risk.refresh_from_db()
    assert risk.control_adequacy == "partial"


def steps_left(client: Client, page: str, risk: Risk) -> list[str]:
    """What is still asked of a risk; one that is done is led no more, and the page says so."""
    context = client.get(page).context
    found = [one for one in context["led"] if one.risk.pk == risk.pk]
    assert context["is_done"] is not bool(found)
    return [verb for one in found for verb, _label, is_done in one.steps if not is_done]


def test_a_typical_risk_is_taken_in_the_reader_s_language(client: Client):
    school, head = school_with_head()
    sign_in(client, head)
    client.cookies["language"] = "sv"
    client.post(f"{PAGE}?unit={school.code}", {"starter": [KEY]})
    assert Risk.objects.get().title == starters()[KEY].title.sv


def test_what_a_unit_has_taken_is_not_offered_to_it_again_but_to_others(client: Client):
    school, head = school_with_head()
    (risk,) = taken(head, school)
    assert taken(head, school) == []
    other = make.unit("Toinen koulu")
    keys = {
        unit: [one.key for _area, found in sign_in(Client(), make.holder("unit_head", unit=unit)).get(
            f"{PAGE}?unit={unit.code}").context["offered"] for one in found]
        for unit in (school, other)
    }  # fmt: skip
    assert KEY not in keys[school] and KEY in keys[other]
    # Closed, it stays chosen: what was looked at once is not asked again.
    with acting(head.pk) as actor:
        commands.close(actor, risk, reason="Ovi vaihdettiin.")
    assert taken(head, school) == []


def test_a_unit_is_offered_what_is_typical_of_its_kind_and_of_any():
    shown = [one for _area, found in offered("library", set()) for one in found]
    assert all("library" in one.units or "any" in one.units for one in shown)
    assert len({area for area, _found in offered("library", set())}) >= 5
    assert {"self-service-evening-trouble", "near-misses-teach"} <= {one.key for one in shown}


def test_nothing_ticked_is_told_and_nothing_is_made(client: Client):
    school, head = school_with_head()
    response = sign_in(client, head).post(f"{PAGE}?unit={school.code}", {"starter": ["no-such"]})
    assert response.status_code == 422
    assert not Risk.objects.exists()


@pytest.mark.parametrize("kind", ["employee", "auditor", "board_member"])
def test_who_may_not_add_risks_is_told_so_and_takes_none(client: Client, kind: str):
    school, _head = school_with_head()
    sign_in(client, make.holder(kind, unit=school))
    page = client.get(f"{PAGE}?unit={school.code}")
    assert not page.context["may"] and 'type="checkbox" name="starter"' not in page.content.decode()
    assert client.post(f"{PAGE}?unit={school.code}", {"starter": [KEY]}).status_code == 403
    assert not Risk.objects.exists()


def test_a_head_takes_none_for_another_s_unit(client: Client):
    school, _head = school_with_head()
    neighbour = make.holder("unit_head", unit=make.unit("Naapuri"))
    sign_in(client, neighbour)
    assert client.post(f"{PAGE}?unit={school.code}", {"starter": [KEY]}).status_code == 403
    with refused("no_right"):
        taken(neighbour, school)
    assert not Risk.objects.exists()


def test_a_risk_that_nothing_keeps_down_yet_is_said_to_be_so():
    school, head = school_with_head()
    (risk,) = taken(head, school)
    with acting(head.pk) as actor:
        commands.no_control(actor, risk)
        risk.refresh_from_db()
        assert risk.control_adequacy == "none"
        named = {**beginnings.control(risk), "owner": head}
        commands.name_control(actor, risk, adequacy="adequate", **named)
        with refused("state"):
            commands.no_control(actor, risk)


def test_a_second_action_does_not_begin_with_the_words_of_the_first():
    school, head = school_with_head()
    (risk,) = taken(head, school)
    with acting(head.pk) as actor:
        begun = {**beginnings.treatment(risk), "owner": head}
        commands.treat(actor, risk, due=in_days(30), cost_eur=0, **begun)
        assert beginnings.treatment(risk) == {}


def test_a_risk_remembers_a_typical_one_that_is_no_longer_in_its_pack():
    assert make.risk(starter="given-up").get_starter_display() == "given-up"
    assert make.risk(starter=KEY).get_starter_display() == starters()[KEY].title.fi


def test_the_words_are_changed_on_the_way(client: Client):
    school, head = school_with_head()
    (risk,) = taken(head, school)
    sign_in(client, head)
    edit = f"/risks/{risk.pk}/edit/?next={PAGE}"
    form = client.get(edit).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    data |= {"title": "Takaovi jää auki", "unit": school.code, "owner": head.code, "version": risk.version}
    assert client.post(edit, data)["Location"] == PAGE
    risk.refresh_from_db()
    assert (risk.title, risk.starter) == ("Takaovi jää auki", KEY)


def test_without_a_unit_in_the_address_it_is_one_s_own(client: Client):
    school, head = school_with_head()
    assert sign_in(client, head).get(PAGE).context["unit"] == school
