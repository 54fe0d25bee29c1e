"""Choosing: the best set under a budget, why each is in or out, what is left out and named, decided once and compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.actions.models import Action
from kivijalka.organisation.models import Person, Unit
from kivijalka.policy.queries import policy_in_force
from kivijalka.programmes import choice_commands as commands
from kivijalka.programmes import choosing, working
from kivijalka.programmes.models import Choice, ChosenAction, ChosenRisk, Priority, Working
from kivijalka.programmes.outcome import outcome
from kivijalka.register.models.records import LinkRule
from kivijalka.risks.models import Assessment
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def sector() -> Unit:
    return make.sector()


@pytest.fixture
def head(sector: Unit) -> Person:
    return make.holder("unit_head", unit=sector)


def candidate(unit: Unit, cost: int | None, cut: int | None, *, impact: int = 3, **given: Any) -> Action:
    """A planned action that treats an assessed risk of its own."""
    action = make.action(unit=unit, cost_eur=cost, expected_cut=cut, **given)
    make.link("treats", action, make.assessed_risk(unit=unit, likelihood=3, impact=impact))
    return action


def choice_of(unit: Unit, budget: int, **given: Any) -> Choice:
    values = {"title": "Ensi vuosi", "owner": make.person(unit=unit), "budget_eur": budget, **given}
    return make.fresh(Choice.objects.create(unit=unit, **values))


def worked(head: Person, choice: Choice) -> dict[str, Any]:
    """What the head finds when they work it out."""
    with acting(head.pk) as actor:
        commands.work_out(actor, choice)
        made = working.latest(choice, head.pk)
        assert made is not None and made.found is not None
        return made.found


def taken(found: dict[str, Any]) -> set[str]:
    return {line[0] for line in found["lines"] if line[1]}


def why(found: dict[str, Any], action: Action) -> tuple[str, str | None]:
    return next((line[3], line[4]) for line in found["lines"] if line[0] == str(action.pk))


def lacks(found: dict[str, Any]) -> dict[str, str]:
    return dict(found["left_out"])


def test_the_set_that_takes_off_most_is_found_and_proved(sector: Unit, head: Person) -> None:
    small, large = candidate(sector, 400, 30), candidate(sector, 700, 60, impact=4)
    found = worked(head, choice_of(sector, 1000))
    assert taken(found) == {str(large.pk)}
    assert (found["proved"], why(found, small)) == (True, ("money", None))
    left = dict(found["frontier"])
    assert left[0.0] == pytest.approx(found["before"]) and left[2000.0] < left[1000.0] < left[500.0]


def test_two_kinds_of_budget_bind_both(sector: Unit, head: Person) -> None:
    cheap, long = candidate(sector, 10, 50, work_days=5), candidate(sector, 10, 50, impact=4, work_days=90)
    found = worked(head, choice_of(sector, 1000, budget_days=20))
    assert (taken(found), why(found, long)) == ({str(cheap.pk)}, ("days", None))


def test_a_budget_of_zero_takes_what_costs_nothing(sector: Unit, head: Person) -> None:
    free, dear = candidate(sector, 0, 20), candidate(sector, 100, 90)
    found = worked(head, choice_of(sector, 0))
    assert (taken(found), why(found, dear)) == ({str(free.pk)}, ("money", None))


def test_what_needs_one_that_excludes_it_is_never_taken(sector: Unit, head: Person) -> None:
    one, other, third = (candidate(sector, 10, 50) for _ in range(3))
    make.link("excludes", one, other)
    make.link("excludes", other, one)
    make.link("requires", one, other)
    make.link("requires", third, one)
    found = worked(head, choice_of(sector, 1000))
    assert taken(found) == {str(other.pk)}
    assert why(found, third) == ("needs", str(one.pk))


def test_of_two_that_exclude_one_another_the_better_is_taken_and_it_is_said_why(sector: Unit, head: Person) -> None:
    better, worse = candidate(sector, 10, 50, impact=4), candidate(sector, 10, 50)
    make.link("excludes", worse, better)
    found = worked(head, choice_of(sector, 1000))
    assert (taken(found), why(found, worse)) == ({str(better.pk)}, ("excluded", str(better.pk)))


def test_what_lacks_a_fact_is_named_and_left_out(sector: Unit, head: Person) -> None:
    fit = candidate(sector, 10, 50, work_days=1)
    no_cost, no_days = candidate(sector, None, 50, work_days=1), candidate(sector, 10, 50)
    silent, aimless = (
        candidate(sector, 10, None, work_days=1),
        make.action(unit=sector, cost_eur=1, expected_cut=5, work_days=1),
    )
    beside, needs = make.action(unit=sector, state="started"), candidate(sector, 10, 50, work_days=1)
    excluded, follows = candidate(sector, 10, 50, work_days=1), candidate(sector, 10, 50, work_days=1)
    make.link("requires", needs, silent)
    make.link("excludes", beside, excluded)
    make.link("requires", follows, beside)
    found = worked(head, choice_of(sector, 1000, budget_days=100))
    assert lacks(found) == {
        str(no_cost.pk): "cost", str(no_days.pk): "days", str(silent.pk): "effect", str(aimless.pk): "risk",
        str(needs.pk): "needs", str(excluded.pk): "excluded",
    }  # fmt: skip
    assert taken(found) == {str(fit.pk), str(follows.pk)}


def test_nothing_to_choose_from_is_said(sector: Unit, head: Person, client: Client) -> None:
    choice = choice_of(sector, 1000)
    assert worked(head, choice)["lines"] == []
    client.cookies["language"] = "en"
    assert b"nothing to choose from" in sign_in(client, head).get(f"/choices/{choice.pk}/set/").content


def test_at_least_so_much_goes_to_a_priority(sector: Unit, head: Person, client: Client) -> None:
    values = {"name_fi": "Perusasiat", "strategy": "S", "valid_from": make.LONG_AGO, "unit": make.city()}
    priority = make.fresh(Priority.objects.create(**values))
    stream = make.workstream(make.programme(unit=sector, priority=priority))
    better, served = candidate(sector, 800, 50, impact=4), candidate(sector, 800, 10)
    make.link("gathers", stream, served)
    choice = choice_of(sector, 1000)
    with acting(head.pk) as actor:
        with refused("above_budget", field="least_eur"):
            commands.ask_for(actor, choice, priority=priority, least_eur=Decimal(1001))
        commands.ask_for(actor, choice, priority=priority, least_eur=Decimal(500))
    assert taken(worked(head, choice)) == {str(served.pk)}
    with acting(head.pk) as actor:
        commands.ask_for(actor, choice, priority=priority, least_eur=Decimal(900))
        with refused("stale"):
            commands.decide(actor, choice, reason="So be it")
    assert worked(head, choice).get("impossible") is True
    client.cookies["language"] = "en"
    assert b"No set meets all demands" in sign_in(client, head).get(f"/choices/{choice.pk}/set/").content
    with acting(head.pk) as actor:
        commands.ask_for(actor, choice, priority=priority, least_eur=Decimal(0))
    assert taken(worked(head, choice)) == {str(better.pk)}


def test_what_is_out_of_reach_is_not_weighed_and_a_working_is_its_persons_own(sector: Unit, head: Person) -> None:
    below = make.unit(parent=sector)
    ours, hidden = candidate(below, 10, 50), candidate(below, 10, 50, confidentiality=3)
    choice = choice_of(sector, 1000)
    assert [line[0] for line in worked(head, choice)["lines"]] == [str(ours.pk)]
    director = make.holder("sector_director", unit=sector)
    assert str(hidden.pk) in {line[0] for line in worked(director, choice)["lines"]}
    with acting(head.pk) as actor:
        assert Working.objects.count() == 1, "the database shows nobody another's"
        commands.decide(actor, choice, reason="It pays")
    with acting(director.pk):
        assert ChosenAction.objects.seen().filter(choice=choice.pk).count() == 1


def test_whoever_owns_a_choice_and_does_not_see_its_unit_finds_nothing_to_choose_from(sector: Unit) -> None:
    owner = make.holder("partner_member", unit=make.unit())
    candidate(sector, 10, 50, owner=owner)
    with acting(owner.pk):
        assert not Unit.objects.seen().filter(pk=sector.pk).exists()
    assert worked(owner, choice_of(sector, 1000, owner=owner))["lines"] == []


def test_a_decision_is_recorded_with_what_it_promises_and_later_compared(
    sector: Unit, head: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = candidate(sector, 100, 50)
    choice = choice_of(sector, 1000)
    with monkeypatch.context() as many, acting(head.pk) as actor, refused("not_worked_out"):
        many.setattr(working, "AT_ONCE", 0)
        commands.decide(actor, choice, reason="Now")
    worked(head, choice)
    with acting(head.pk) as actor:
        made = make.fresh(commands.decide(actor, choice, reason="It pays"))
        policy = policy_in_force(timezone.localdate())
        assert (made.decided_by_id, made.decided_on, made.policy_version_id, made.gap_percent) == (
            head.pk, timezone.localdate(), policy.pk, 0,
        )  # fmt: skip
        promise = ChosenRisk.objects.get(choice=choice)
        assert promise.promised_eur == pytest.approx(promise.before_eur / 2, abs=1)
        assert outcome(made, [action], policy.scales).measured_risks == []
        assert not ChosenRisk.objects.filter(pk=promise.pk).update(promised_eur=0)
        with refused("state"):
            commands.work_out(actor, made)
    done = {
        "state": "effect_confirmed",
        "completed_on": timezone.localdate(),
        "effect_measured_on": timezone.localdate(),
    }
    Action.objects.filter(pk=action.pk).update(**done)
    one = Assessment.objects.get(risk=promise.risk_id)
    one.pk, one.likelihood, one.at = None, 1, timezone.now()
    one.save(force_insert=True)
    with acting(head.pk):
        came = outcome(made, [make.fresh(action)], policy.scales)
        assert len(came.measured_risks) == 1
        assert came.measured > came.promised_of_measured == came.promised > 0
    with pytest.raises(IntegrityError, match="choice_is_frozen"), transaction.atomic():
        Choice.objects.filter(pk=choice.pk).update(budget_eur=5)


def test_a_set_whose_actions_have_begun_since_is_not_decided_on(sector: Unit, head: Person) -> None:
    action, choice = candidate(sector, 100, 50), choice_of(sector, 1000)
    worked(head, choice)
    Action.objects.filter(pk=action.pk).update(state="started")
    with acting(head.pk) as actor, refused("stale"):
        commands.decide(actor, choice, reason="Now")


def test_many_candidates_are_weighed_by_a_job_that_says_how_far_it_is(
    sector: Unit, head: Person, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate(sector, 100, 50)
    choice = choice_of(sector, 1000)
    monkeypatch.setattr(working, "AT_ONCE", 0)
    with acting(head.pk) as actor:
        commands.work_out(actor, choice)
        made = working.latest(choice, head.pk)
        assert made is not None and made.found is None and working.standing(made) == working.Standing(True)
    client.cookies["language"] = "en"
    assert b"being worked out" in sign_in(client, head).get(f"/choices/{choice.pk}/set/").content
    told: list[tuple[int, int]] = []
    whole = choosing.answered
    monkeypatch.setattr(
        working, "answered", lambda given, tell: whole(given, lambda *far: (told.append(far), tell(*far))[1])
    )
    working.work(choice.pk, {"person": head.pk, "on_behalf_of": None})
    assert told[0] == (0, 9) and told[-1] == (8, 9)
    assert b"1 action is taken" in client.get(f"/choices/{choice.pk}/set/").content
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where task_name = %s", [working.TASK])
        assert cursor.fetchone()[0] == 1


def test_actions_that_need_one_another_in_a_circle_are_left_out_with_a_word(
    sector: Unit, head: Person, client: Client
) -> None:
    one, other, follower, free = (candidate(sector, 1_000, 50) for _ in range(4))
    make.link("requires", follower, one)
    make.link("requires", one, other)
    with pytest.raises(IntegrityError, match="link_in_order"), transaction.atomic():
        make.link("requires", other, one)
    # One of before circles were refused.
    LinkRule.objects.filter(kind="requires").update(in_order=False)
    make.link("requires", other, one)
    choice = choice_of(sector, 10_000)
    found = worked(head, choice)
    assert taken(found) == {str(free.pk)}
    left_out = {(str(one.pk), "circle"), (str(other.pk), "circle"), (str(follower.pk), "needs")}
    assert {tuple(line) for line in found["left_out"]} == left_out
    sign_in(client, head).cookies["language"] = "en"
    page = client.get(f"/choices/{choice.pk}/set/").content.decode()
    assert "needs others that need it, in a circle" in page
