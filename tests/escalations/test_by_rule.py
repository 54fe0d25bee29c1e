"""What the policy's rules ask for is taken upwards by itself: once for each cause, never into a void, until it is gone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.desk.waiting import desk
from kivijalka.escalations.commands import answer, withdraw
from kivijalka.escalations.models import Escalation
from kivijalka.monitoring.jobs import escalate_by_rules
from kivijalka.organisation.models import Person, Role, Unit
from kivijalka.policy.models import PolicyVersion, example_content
from kivijalka.register.models import Link
from tests import factories as make
from tests.factories import in_days
from tests.refusals import refused
from tests.who import as_nobody

pytestmark = pytest.mark.django_db
# Where risks of a class stand in the matrix of the example's policy.
LOW, MODERATE, HIGH = (dict(zip(("likelihood", "impact"), at, strict=True)) for at in ((1, 1), (3, 3), (3, 4)))


@pytest.fixture
def school() -> Unit:
    return make.unit("School", parent=make.sector("Education"))


@pytest.fixture
def director(school: Unit) -> Person:
    return make.holder("sector_director", unit=school.parent)


@pytest.fixture
def chief(school: Unit) -> Person:
    return make.holder("chief_executive")


def raised(on: date | None = None) -> list[str]:
    """The rules that something new is taken upwards by on a day."""
    known = set(Escalation.objects.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("select kj.escalate_by_rules_on(%s)", [on or timezone.localdate()])
    return sorted(Escalation.objects.exclude(pk__in=known).values_list("rule", flat=True))


def rules(**when: Any) -> None:
    """The policy in force, with these rules instead of the example's."""
    words = {"en": "Rule", "fi": "Sääntö", "sv": "Regel"}
    listed = [
        {"key": key, "when": given, "to": "next_level", "within": "5 days", "text": words}
        for key, given in when.items()
    ]
    content = {**example_content(), "escalation": listed}
    PolicyVersion.objects.update(valid_to=in_days(-1))
    make.policy(state="in_force", valid_from=in_days(0), content=content)


def test_a_critical_risk_comes_to_the_chief_executive_once(school: Unit, director: Person, chief: Person) -> None:
    risk = make.assessed_risk("Roof", unit=school, likelihood=5, impact=5, owner=make.person(unit=school))
    assert raised() == ["critical_found"]
    made = Escalation.objects.get()
    assert (made.asked_of, made.unit_id, made.title, made.came_to) == (chief, make.city().number, "Roof", "named")
    assert Link.objects.get(a=made.pk, kind="escalates").b_id == risk.pk
    assert raised() == []
    assert raised(in_days(1)) == []
    with acting(chief.pk) as actor:
        assert made.pk in [task.record.pk for task in desk(actor, timezone.localdate()).now]
        answer(actor, make.fresh(made), answer="We mend it.")
    assert raised(in_days(2)) == [], "what was answered is not asked anew"


def test_it_is_settled_when_its_cause_is_gone_and_raised_when_that_is_back(school: Unit, chief: Person) -> None:
    risk = make.assessed_risk(unit=school, likelihood=5, impact=5)
    raised()
    risk.level = "2_moderate"
    risk.save(update_fields=["level"])
    assert raised(in_days(1)) == []
    made = Escalation.objects.get()
    assert (made.state, made.cause_gone_on) == ("settled", in_days(1))
    risk.level = "4_critical"
    risk.save(update_fields=["level"])
    assert raised(in_days(2)) == ["critical_found"]


def test_a_high_risk_left_untreated_for_a_month_comes_to_the_director(school: Unit, director: Person) -> None:
    make.assessed_risk(unit=school, **HIGH, review=in_days(400))
    assert raised(in_days(29)) == []
    assert raised(in_days(30)) == ["high_untreated"]
    assert Escalation.objects.get().asked_of == director


def test_a_treated_one_does_not(school: Unit, director: Person) -> None:
    risk = make.assessed_risk(unit=school, **HIGH, review=in_days(400))
    make.link("treats", make.action(unit=school, due=in_days(300)), risk)
    assert raised(in_days(60)) == []


def test_a_late_action_of_a_high_risk_goes_up_itself(school: Unit, director: Person) -> None:
    risk = make.assessed_risk(unit=school, **HIGH, review=in_days(400))
    late = make.action("Late", unit=school, due=in_days(-30))
    make.link("treats", late, risk)
    make.action("Of no risk", unit=school, due=in_days(-90))
    assert raised() == []
    assert raised(in_days(1)) == ["action_overdue"]
    assert Link.objects.get(kind="escalates").b_id == late.pk


@pytest.mark.parametrize(("times", "rule"), [(2, []), (3, ["postponed"])])
def test_what_is_postponed_again_and_again_goes_up(school: Unit, director: Person, times: int, rule: list[str]) -> None:
    make.action(unit=school, postponements=times)
    assert raised() == rule


def test_a_review_that_is_late_by_half_its_interval_goes_up(school: Unit, director: Person) -> None:
    # A moderate risk is reviewed twice a year.
    make.assessed_risk(unit=school, **MODERATE, review=in_days(-91))
    assert raised(in_days(-1)) == []
    assert raised(in_days(1)) == ["review_late"]


def test_an_indicator_past_its_limit_takes_its_risk_up(school: Unit, director: Person) -> None:
    risk = make.assessed_risk(unit=school, **LOW, review=in_days(400))
    make.link("watches", make.indicator(unit=school, value=12), risk)
    assert raised() == ["indicator"]


def test_a_risk_over_the_appetite_goes_up_until_it_is_accepted(school: Unit, director: Person) -> None:
    rules(over={"over_appetite": True})
    risk = make.assessed_risk(unit=school, **HIGH)
    make.assessed_risk(unit=school, **LOW)
    assert raised() == ["over"]
    risk.state, risk.accepted_until, risk.acceptance_reason = "accepted", in_days(90), "No money"
    risk.save(update_fields=["state", "accepted_until", "acceptance_reason"])
    raised(in_days(1))
    assert Escalation.objects.get().state == "settled"


@pytest.mark.parametrize("when", [{}, {"moon": "full"}, {"postponements": "three"}, {"class": "unheard"}])
def test_a_rule_that_nobody_understands_takes_nothing_up(school: Unit, director: Person, when: dict[str, Any]) -> None:
    rules(odd=when)
    make.assessed_risk(unit=school, likelihood=5, impact=5)
    make.action(unit=school, postponements=9)
    assert raised() == []


def test_where_nobody_holds_the_role_it_goes_further_and_says_so(school: Unit, director: Person) -> None:
    make.assessed_risk(unit=school, likelihood=5, impact=5)
    raised()
    made = Escalation.objects.get()
    assert (made.asked_of, made.came_to) == (director, "further")


def test_where_nobody_leads_an_access_administrator_is_told_and_later_whoever_does(school: Unit) -> None:
    administrator = make.holder("access_administrator")
    make.assessed_risk("Roof", unit=school, likelihood=5, impact=5, confidentiality=3)
    raised()
    told = Escalation.objects.get()
    assert (told.asked_of, told.came_to) == (administrator, "nobody")
    assert "Roof" not in told.title
    with acting(administrator.pk) as actor:
        assert told.pk in [task.record.pk for task in desk(actor, timezone.localdate()).now]
        answer(actor, told, answer="I ask who should.")
    assert raised(in_days(1)) == []
    chief = make.holder("chief_executive")
    assert raised(in_days(2)) == ["critical_found"]
    assert Escalation.objects.latest("id").asked_of == chief


def test_the_answer_is_due_after_working_days(school: Unit, chief: Person) -> None:
    make.assessed_risk(unit=school, likelihood=5, impact=5)
    friday = date(2026, 12, 4)
    raised(friday)
    assert Escalation.objects.get().answer_due == date(2026, 12, 7)


def test_who_is_asked_reads_the_rule_in_their_own_language(school: Unit) -> None:
    make.holder("chief_executive", language="sv")
    make.assessed_risk(unit=school, likelihood=5, impact=5)
    raised()
    assert Escalation.objects.get().reason.startswith("En kritisk risk")


def test_the_owner_is_never_asked_about_their_own_and_cannot_withdraw_it(school: Unit, director: Person) -> None:
    risk = make.assessed_risk(unit=school, **HIGH, owner=director, review=in_days(400))
    board = make.holder("city_board")
    raised(in_days(31))
    made = Escalation.objects.get()
    assert (made.asked_of, made.owner, risk.owner) == (board, None, director)
    with acting(director.pk) as actor, refused("not_there"):
        withdraw(actor, made)


def test_the_job_does_it_though_nobody_acts(school: Unit, chief: Person) -> None:
    make.assessed_risk(unit=school, likelihood=5, impact=5)
    with as_nobody():
        escalate_by_rules(0)
    assert Escalation.objects.count() == 1


def test_a_role_that_ended_is_nobody_s(school: Unit, director: Person, chief: Person) -> None:
    Role.objects.filter(person=chief).update(end=in_days(-1))
    make.assessed_risk(unit=school, likelihood=5, impact=5)
    raised()
    assert Escalation.objects.get().asked_of == director


def test_its_record_tells_the_rule_in_words_and_one_that_is_gone_by_its_key(school: Unit, chief: Person) -> None:
    make.assessed_risk(unit=school, likelihood=5, impact=5)
    raised()
    found = Escalation.objects.get()
    assert found.get_rule_display().startswith("Kriittinen riski viedään")
    found.rule = "long_gone"
    assert found.get_rule_display() == "long_gone"
