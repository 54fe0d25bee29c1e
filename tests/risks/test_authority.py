"""Accepting within one's authority, through every door: as a person, by delegation, API, import, raw SQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person, Unit
from kivijalka.policy.models import example_content
from kivijalka.policy.reading import read_scales
from kivijalka.register.command import add
from kivijalka.register.refusal import Refused
from kivijalka.risks import commands, rules
from kivijalka.risks.jobs import lapse_acceptances
from kivijalka.risks.models import Risk
from kivijalka.risks.registers import risks
from tests import factories as make
from tests.files.imports import csv_of, imported
from tests.refusals import refused
from tests.signin.test_tokens import token_of
from tests.who import sign_in

# Likelihood and impact that give each class by the example policy, and the role that may accept it.
LOW, MODERATE, HIGH, CRITICAL = (1, 1), (2, 3), (3, 4), (5, 5)
AUTHORITY = {"unit_head": 1, "service_entity_head": 2, "sector_director": 3, "chief_executive": 3, "city_board": 4}
ACCEPTANCE: dict[str, Any] = {"reason": "Ei rahaa tänä vuonna", "until": make.in_days(30)}
db = pytest.mark.django_db


def risk_of(cell: tuple[int, int], unit: Unit, **given: Any) -> Risk:
    return make.assessed_risk(unit=unit, likelihood=cell[0], impact=cell[1], **given)


def accepted(person: Person, risk: Risk, **who: Any) -> str:
    """What accepting came to: done, or the code of the refusal."""
    try:
        with acting(person.pk, **who) as actor:
            commands.accept(actor, risk, **ACCEPTANCE)
    except Refused as told:
        return told.code
    return "done"


@pytest.mark.parametrize(("limit", "may"), [(0, False), (2, False), (3, True), (4, True)])
def test_a_level_is_accepted_from_its_own_class_of_authority_on(limit: int, may: bool) -> None:
    authority = read_scales(example_content()).authority("3_high")
    reason = rules.why_above_authority("3_high", limit, authority)
    assert (reason is None) == may
    assert may or (reason is not None and "toimialajohtaja" in str(reason.text))


@pytest.mark.parametrize(
    ("sign", "treatment", "code"),
    [
        ("threat", "reduce", None),
        ("threat", "exploit", "not_for_this_sign"),
        ("opportunity", "enhance", None),
        ("opportunity", "avoid", "not_for_this_sign"),
        ("threat", "accept", None),
        ("opportunity", "accept", None),
    ],
)
def test_a_treatment_fits_the_sign_of_the_risk(sign: str, treatment: str, code: str | None) -> None:
    reason = rules.why_not_decide(sign, treatment)
    assert (reason and reason.code) == code


@db
def test_what_is_exploited_before_anybody_judged_it_is_an_opportunity() -> None:
    there = make.sector()
    head, draft, judged = make.holder("unit_head", unit=there), make.risk(unit=there), risk_of(LOW, there)
    with acting(head.pk) as actor:
        commands.decide(actor, draft, treatment="exploit")
        with refused("not_for_this_sign", field="treatment"):
            commands.decide(actor, judged, treatment="exploit")
    assert (make.fresh(draft).sign, make.fresh(judged).treatment) == ("opportunity", "")


@db
@pytest.mark.parametrize(("role", "limit"), AUTHORITY.items())
def test_each_role_accepts_up_to_its_class_and_no_further(role: str, limit: int) -> None:
    there = make.sector()
    person = make.holder(role, unit=there)
    below = make.unit(parent=there)
    found = [accepted(person, risk_of(cell, below)) for cell in (LOW, MODERATE, HIGH, CRITICAL)]
    assert found == ["done"] * limit + ["above_authority"] * (4 - limit)


@db
def test_authority_counts_at_the_unit_of_the_risk_or_above_it() -> None:
    there, elsewhere = make.sector(), make.sector()
    director = make.holder("sector_director", unit=there)
    make.role_of(director, "unit_head", unit=elsewhere)
    assert accepted(director, risk_of(HIGH, elsewhere)) == "above_authority"
    assert accepted(director, risk_of(LOW, elsewhere)) == "done"


@db
def test_a_role_that_has_ended_gives_no_authority() -> None:
    there = make.sector()
    director = make.holder("unit_head", unit=there)
    make.role_of(director, "sector_director", end=make.in_days(-1))
    assert accepted(director, risk_of(MODERATE, there)) == "above_authority"


@db
def test_a_deputy_has_the_authority_of_whom_they_stand_in_for_and_no_more() -> None:
    there = make.sector()
    head, director, deputy = (make.holder(kind, unit=there) for kind in ("unit_head", "sector_director", "employee"))
    make.delegation(head, deputy)
    make.delegation(director, deputy)
    assert accepted(deputy, risk_of(HIGH, there), on_behalf_of=head.pk) == "above_authority"
    assert accepted(deputy, risk_of(HIGH, there), on_behalf_of=director.pk) == "done"


@db
def test_who_was_lent_one_role_has_not_the_authority_of_the_others() -> None:
    there = make.sector()
    director, deputy = make.holder("unit_head", unit=there), make.holder("employee", unit=there)
    make.role_of(director, "sector_director")
    make.delegation(director, deputy, role=director.roles.get(kind="unit_head"))
    risk = risk_of(HIGH, there)
    assert accepted(deputy, risk, on_behalf_of=director.pk) == "above_authority"
    written = "update risks_risk set state = 'accepted', accepted_by_id = %s, accepted_until = %s,"
    with (
        pytest.raises(IntegrityError, match="acceptance_within_authority"),
        acting(deputy.pk, on_behalf_of=director.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"{written} acceptance_reason = 'x' where id = %s", [director.pk, make.in_days(9), risk.pk])
    assert accepted(director, risk) == "done"


@db
def test_a_director_does_not_lend_authority_to_act_as_a_lesser_one() -> None:
    there = make.sector()
    head, director = make.holder("unit_head", unit=there), make.holder("sector_director", unit=there)
    make.delegation(head, director)
    assert accepted(director, risk_of(HIGH, there), on_behalf_of=head.pk) == "above_authority"


@db
def test_own_risks_are_not_accepted_even_with_the_authority() -> None:
    there = make.sector()
    director, deputy = make.holder("sector_director", unit=there), make.holder("employee", unit=there)
    make.delegation(director, deputy)
    assert accepted(director, risk_of(LOW, there, owner=director)) == "no_right"
    assert accepted(deputy, risk_of(LOW, there, owner=deputy), on_behalf_of=director.pk) == "own_risk"


@db
def test_the_page_and_the_api_refuse_what_is_above_authority(client: Client) -> None:
    there = make.sector()
    risk = risk_of(CRITICAL, there)
    sign_in(client, make.holder("unit_head", unit=there))
    page = client.post(f"/risks/{risk.pk}/do/accept/", {**ACCEPTANCE, "until": ACCEPTANCE["until"].isoformat()})
    assert page.status_code == 422
    body = {**ACCEPTANCE, "until": ACCEPTANCE["until"].isoformat()}
    answer = client.post(f"/api/risks/{risk.pk}/accept", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "above_authority")
    assert make.fresh(risk).state == "assessed"


@db
def test_the_api_writes_no_acceptance_past_its_verb(client: Client) -> None:
    there = make.sector()
    risk = risk_of(LOW, there)
    sign_in(client, make.holder("unit_head", unit=there))
    body = {"state": "accepted", "accepted_until": ACCEPTANCE["until"].isoformat(), "version": risk.version}
    assert client.patch(f"/api/risks/{risk.pk}", body, content_type="application/json").status_code == 422
    assert make.fresh(risk).state == "assessed"


@db
def test_an_import_proposes_to_accept_but_accepts_nothing() -> None:
    there = make.sector()
    head, risk = make.holder("unit_head", unit=there), risk_of(LOW, there)
    columns = {"code": "code", "treatment": "treatment"}
    data = csv_of(columns, [risk.code, "accept"])
    imported(data, head, columns=columns)
    with acting(head.pk) as actor, refused("not_writable"):
        add(risks, actor, title="Uusi", unit=there, state="accepted")
    after = make.fresh(risk)
    assert (after.treatment, after.state, after.accepted_until) == ("accept", "assessed", None)


@db
@pytest.mark.parametrize("cell", [MODERATE, HIGH, CRITICAL])
def test_raw_sql_as_the_site_does_not_accept_above_authority(cell: tuple[int, int]) -> None:
    there = make.sector()
    head, risk = make.holder("unit_head", unit=there), risk_of(cell, there)
    assert not _accepts_by_sql(head, risk)
    assert _accepts_by_sql(head, risk_of(LOW, there))


@db
def test_raw_sql_accepts_neither_ones_own_risk_nor_in_anothers_name_nor_for_ever_more() -> None:
    there = make.sector()
    head, colleague = make.holder("unit_head", unit=there), make.holder("unit_head", unit=there)
    assert not _accepts_by_sql(head, risk_of(LOW, there, owner=head))
    assert not _accepts_by_sql(head, risk_of(LOW, there), by=colleague)
    director = make.holder("sector_director", unit=there)
    high = risk_of(HIGH, there)
    assert accepted(director, high) == "done"
    assert not _does(head, high, "accepted_until = accepted_until + 300")
    assert not _does(head, high, "level = '4_critical'")


@db
def test_whoever_accepted_a_risk_does_not_become_its_owner() -> None:
    there = make.sector()
    head, risk = make.holder("unit_head", unit=there), risk_of(LOW, there)
    assert accepted(head, risk) == "done"
    with acting(head.pk) as actor, refused("contradiction"):
        risks.all_commands["edit"](actor, make.fresh(risk), owner=head)


@db
def test_an_acceptance_may_be_renewed_and_says_who_gave_it() -> None:
    there = make.sector()
    head, other, risk = make.holder("unit_head", unit=there), make.holder("unit_head", unit=there), risk_of(LOW, there)
    assert accepted(head, risk) == "done"
    assert make.fresh(risk).accepted_by_id == head.pk
    assert accepted(other, make.fresh(risk)) == "done"
    assert make.fresh(risk).accepted_by_id == other.pk


@db
def test_a_new_assessment_ends_the_acceptance_and_forgets_who_gave_it() -> None:
    there = make.sector()
    head, risk = make.holder("unit_head", unit=there), risk_of(LOW, there)
    accepted(head, risk)
    with acting(head.pk) as actor:
        commands.assess(actor, make.fresh(risk), likelihood=5, people=5)
    after = make.fresh(risk)
    assert (after.state, after.accepted_until, after.accepted_by, after.level) == ("assessed", None, None, "4_critical")


@db
def test_an_acceptance_lapses_when_its_day_has_passed() -> None:
    risk = risk_of(LOW, make.city(), state="accepted", accepted_until=make.in_days(-1), acceptance_reason="Ei rahaa")
    lasting = risk_of(LOW, make.city(), state="accepted", accepted_until=make.in_days(0), acceptance_reason="Ei rahaa")
    lapse_acceptances(timestamp=0)
    assert (make.fresh(risk).state, make.fresh(risk).accepted_until) == ("assessed", None)
    assert make.fresh(lasting).state == "accepted"


@db
@pytest.mark.parametrize(("ends", "state"), [(True, "assessed"), (False, "accepted")])
def test_an_acceptance_outlives_the_role_of_its_giver_unless_the_policy_says_no(ends: bool, state: str) -> None:
    content = example_content()
    content["acceptance_rules"]["ends_when_role_holder_changes"] = ends
    there = make.sector()
    make.policy(content=content, state="in_force", valid_from=make.in_days(-9))
    head = make.person(unit=there)
    role, risk = make.role_of(head), risk_of(LOW, there)
    assert accepted(head, risk) == "done"
    type(role).objects.filter(pk=role.pk).update(end=make.in_days(-1))
    lapse_acceptances(timestamp=0)
    assert make.fresh(risk).state == state


@db
def test_treating_gives_an_action_with_all_that_it_must_say() -> None:
    there = make.sector()
    head, risk = make.holder("unit_head", unit=there), risk_of(HIGH, there)
    work: dict[str, Any] = {
        "title": "Uusitaan kattila", "owner": make.person(unit=there), "due": make.in_days(60), "cost_eur": 40_000,
        "expected_effect": "Katkoja on puolet", "how_measured": "Katkot vuodessa",
    }  # fmt: skip
    with acting(head.pk) as actor:
        action = commands.treat(actor, risk, **work)
        with refused("contradiction"):
            commands.treat(actor, risk, **(work | {"how_measured": ""}))
        with refused("open_actions"):
            commands.close(actor, risk, reason="It is gone.")
    assert (make.fresh(action).unit_id, make.fresh(action).owner_id) == (there.number, work["owner"].pk)


@db
@pytest.mark.parametrize("missing", ["owner", "due", "cost_eur", "expected_effect", "how_measured"])
def test_a_treatment_without_one_of_them_is_refused_on_the_page_and_by_the_api(client: Client, missing: str) -> None:
    there = make.sector()
    risk = risk_of(HIGH, there)
    sign_in(client, make.holder("unit_head", unit=there))
    work = {
        "title": "Uusitaan kattila", "owner": str(make.person(unit=there).pk), "due": make.in_days(60).isoformat(),
        "cost_eur": "40000", "expected_effect": "Katkoja on puolet", "how_measured": "Katkot vuodessa",
    }  # fmt: skip
    del work[missing]
    page = client.post(f"/risks/{risk.pk}/do/treat/", work)
    assert page.status_code == 422 and missing in page.context["form"].errors
    answer = client.post(f"/api/risks/{risk.pk}/treat", work, content_type="application/json")
    assert answer.status_code == 422 and missing in answer.json()["errors"]


@db
def test_an_action_of_its_own_says_its_cost_too() -> None:
    from kivijalka.actions.registers import actions

    there = make.sector()
    head = make.holder("unit_head", unit=there)
    values = {"title": "Korjaus", "due": make.in_days(9), "owner": head, "unit": there,
              "expected_effect": "Vähemmän", "how_measured": "Laskemalla"}  # fmt: skip
    with acting(head.pk) as actor, refused("invalid", field="cost_eur"):
        add(actions, actor, **values)


def _accepts_by_sql(person: Person, risk: Risk, *, by: Person | None = None) -> bool:
    until = make.in_days(0) + timedelta(days=9)
    change = "state = 'accepted', accepted_until = %s, acceptance_reason = 'x', accepted_by_id = %s"
    return _does(person, risk, change, until, (by or person).pk)


def _does(person: Person, risk: Risk, change: str, *values: Any) -> bool:
    """Whether the database lets this person change the risk so."""
    try:
        with transaction.atomic(), acting(person.pk), connection.cursor() as cursor:
            cursor.execute(f"update risks_risk set {change} where id = %s", [*values, risk.pk])
            return bool(cursor.rowcount == 1)
    except IntegrityError as error:
        if "acceptance_within_authority" in str(error):
            return False
        raise


@db
def test_a_token_accepts_no_more_than_its_holder() -> None:
    there = make.sector()
    risk = risk_of(CRITICAL, there)
    _token, program = token_of(make.holder("sector_director", unit=there), reads=False)
    sent = {**ACCEPTANCE, "until": ACCEPTANCE["until"].isoformat()}
    answer = program.post(
        f"/api/risks/{risk.pk}/accept", sent, content_type="application/json", headers={"idempotency-key": "a"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "above_authority")
    assert make.fresh(risk).state == "assessed"


@db
def test_many_risks_are_not_accepted_at_once(client: Client) -> None:
    there = make.sector()
    found = [risk_of(cell, there) for cell in (LOW, CRITICAL)]
    sign_in(client, make.holder("sector_director", unit=there))
    sent = {"row": [str(risk.pk) for risk in found], **ACCEPTANCE, "until": ACCEPTANCE["until"].isoformat()}
    assert client.post("/risks/many/accept/", sent).status_code == 404
    assert {make.fresh(risk).state for risk in found} == {"assessed"}


@db
@pytest.mark.parametrize(
    ("cell", "told"),
    [(HIGH, "Perusteiden mukaan enintään"), (CRITICAL, "Toimivaltasi tässä yksikössä ei riitä siihen")],
)
def test_the_form_says_who_accepts_and_until_when_before_anything_is_written(
    cell: tuple[int, int], told: str, client: Client
) -> None:
    there = make.sector()
    sign_in(client, make.holder("sector_director", unit=there))
    page = client.get(f"/risks/{risk_of(cell, there).pk}/do/accept/", headers={"hx-request": "true"})
    assert told in page.content.decode()
