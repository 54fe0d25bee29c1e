"""What is done with a risk: assess, accept, confirm, close, reopen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.queries import policy_in_force
from kivijalka.policy.scales import Scales
from kivijalka.register.models import Confidentiality
from kivijalka.risks import commands
from kivijalka.risks.models import Assessment, Risk
from kivijalka.risks.rules import months_after
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head")


def scales() -> Scales:
    return policy_in_force(timezone.localdate()).scales


def latest(level: str) -> date:
    """The last day until which a risk of this level may be accepted."""
    return months_after(timezone.localdate(), scales().acceptance_months(level))


@pytest.mark.parametrize("stage", ["inherent", "target"])
def test_an_inherent_or_target_assessment_leaves_the_present_level(head: Person, stage: str) -> None:
    risk = make.assessed_risk(likelihood=2, impact=2)
    with acting(head.pk) as actor:
        commands.assess(actor, risk, likelihood=5, people=5, stage=stage)
    after = make.fresh(risk)
    assert (after.likelihood, after.impact) == (2, 2)
    assert risk.assessments.count() == 2


def test_a_command_whose_second_write_fails_leaves_nothing_half_stored(
    head: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**values: Any) -> None:
        raise RuntimeError("the disk is gone")

    risk = make.risk()
    monkeypatch.setattr(Assessment.objects, "create", broken)
    with acting(head.pk) as actor, pytest.raises(RuntimeError):
        commands.assess(actor, risk, likelihood=3, people=3)
    assert make.fresh(risk).state == Risk.State.DRAFT


def test_an_acceptance_says_why_and_until_when(head: Person) -> None:
    risk = make.assessed_risk(likelihood=1, impact=1)
    with acting(head.pk) as actor:
        commands.accept(actor, risk, reason="Ei rahaa tänä vuonna", until=make.in_days(30))
    after = make.fresh(risk)
    assert (after.state, after.accepted_until, after.acceptance_reason) == (
        Risk.State.ACCEPTED,
        make.in_days(30),
        "Ei rahaa tänä vuonna",
    )


def test_an_acceptance_lasts_no_longer_than_the_policy_lets(head: Person) -> None:
    risk = make.assessed_risk(likelihood=2, impact=2)
    end = latest(risk.level)
    with acting(head.pk) as actor:
        with refused("too_long", field="until"):
            commands.accept(actor, risk, reason="Liian pitkään", until=date.fromordinal(end.toordinal() + 1))
        with refused("ends_in_past", field="until"):
            commands.accept(actor, risk, reason="Eilen", until=make.in_days(-1))
        commands.accept(actor, risk, reason="Viimeiseen päivään", until=end)


def test_a_risk_that_nobody_assessed_is_not_accepted(head: Person) -> None:
    risk = make.risk()
    with acting(head.pk) as actor, refused("state"):
        commands.accept(actor, risk, reason="Ei arvioitu", until=make.in_days(30))


def test_a_new_assessment_ends_the_acceptance(head: Person) -> None:
    risk = make.assessed_risk(state="accepted", accepted_until=make.in_days(30), acceptance_reason="Toistaiseksi")
    with acting(head.pk) as actor:
        commands.assess(actor, risk, likelihood=4, people=4)
    after = make.fresh(risk)
    assert (after.state, after.accepted_until, after.acceptance_reason) == (Risk.State.ASSESSED, None, "")


def test_a_review_that_found_nothing_moves_the_next_one(head: Person) -> None:
    risk = make.assessed_risk(review=make.in_days(-10))
    with acting(head.pk) as actor:
        commands.confirm(actor, risk)
    months = scales().review_months(risk.level)
    assert make.fresh(risk).review == months_after(timezone.localdate(), months)


@pytest.mark.parametrize("state", ["done", "cancelled", "effect_confirmed", "no_effect"])
def test_finished_actions_do_not_keep_a_risk_open(head: Person, state: str) -> None:
    risk, action = make.assessed_risk(), make.action(state=state)
    make.link("treats", action, risk)
    with acting(head.pk) as actor:
        commands.close(actor, risk, reason="It is gone.")
    assert (make.fresh(risk).state, risk.review) == (Risk.State.CLOSED, None)


def test_an_action_that_no_longer_treats_the_risk_does_not_keep_it_open(head: Person) -> None:
    risk, action = make.assessed_risk(), make.action()
    make.link("treats", action, risk, until=timezone.now())
    with acting(head.pk) as actor:
        commands.close(actor, risk, reason="It is gone.")
    assert make.fresh(risk).state == Risk.State.CLOSED


def test_a_closed_risk_is_reopened_as_a_draft(head: Person) -> None:
    risk = make.assessed_risk(state="closed", review=None)
    with acting(head.pk) as actor:
        with refused("state"):
            commands.assess(actor, risk, likelihood=1, people=1)
        commands.reopen(actor, risk, reason="It is back.")
    assert make.fresh(risk).state == Risk.State.DRAFT


def test_the_owner_sees_and_assesses_their_risk_out_of_reach_and_too_confidential() -> None:
    owner = make.holder("employee", unit=make.sector())
    risk = make.risk(unit=make.sector(), owner=owner, confidentiality=Confidentiality.SECRET)
    with acting(owner.pk) as actor:
        assert risk in set(Risk.objects.seen())
        commands.assess(actor, risk, likelihood=2, people=2)
    assert make.fresh(risk).state == Risk.State.ASSESSED


def test_no_policy_in_force_is_told_with_what_to_do() -> None:
    assert not PolicyVersion.objects.exists()
    with translation.override("en"), refused("no_policy", "Draft one"):
        policy_in_force(timezone.localdate())


def test_an_assessment_tells_how_large_the_impact_is_in_each_dimension(head: Person) -> None:
    found = make.risk(owner=head)
    with acting(head.pk) as actor:
        made = commands.assess(actor, found, likelihood=3, finance=2, law_privacy=4)
    assert made.get_impact_display() == "4 vakava (talous 2, lainmukaisuus ja tietosuoja 4)"


@pytest.mark.parametrize(
    ("sign", "offered"),
    [("threat", ["avoid", "reduce", "share", "accept"]), ("opportunity", ["share", "accept", "exploit", "enhance"])],
)
def test_the_form_offers_the_treatments_of_its_kind_and_of_an_unjudged_risk_all(
    sign: str, offered: list[str], head: Person
) -> None:
    def treatments(found: Risk) -> list[str]:
        page = sign_in(Client(), head).get(f"/risks/{found.pk}/do/decide/")
        return [value for value, _label in page.context["form"].fields["treatment"].choices]

    assert treatments(make.assessed_risk(unit=head.unit, sign=sign)) == offered
    assert len(treatments(make.risk(unit=head.unit, sign=sign))) == 6
