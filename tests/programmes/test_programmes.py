"""A programme is laid out, followed, and closed when nothing of it is open; what slips is seen, and only by whom may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from kivijalka.access import acting
from kivijalka.desk.waiting import desk
from kivijalka.organisation.models import Person, Unit
from kivijalka.programmes import commands
from kivijalka.programmes.models import Milestone, Priority, Programme, Workstream
from kivijalka.programmes.progress import progress
from kivijalka.programmes.slips import slips
from kivijalka.programmes.templates import templates
from kivijalka.register.models import Link
from tests import factories as make
from tests.refusals import refused
from tests.who import as_owner, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def sector() -> Unit:
    return make.sector()


@pytest.fixture
def head(sector: Unit) -> Person:
    return make.holder("unit_head", unit=sector)


def asked(person: Person) -> set[tuple[str, str]]:
    """What waits for a person: the verb, and of what."""
    with acting(person.pk) as actor:
        return {(task.verb, task.record.code) for task in desk(actor, timezone.localdate()).now}


def test_a_template_is_one_click_in_each_language(sector: Unit, head: Person, client: Client) -> None:
    sign_in(client, head)
    for language, word in (("fi", "Vastuut"), ("sv", "Ansvar"), ("en", "Responsibilities")):
        client.cookies["language"] = language
        given = {"template": "information_security", "start": "2027-01-04", "title": "", "chair": head.code}
        assert client.post(f"/begin-programme/?unit={sector.code}", given).status_code == 302
        made = Programme.objects.latest("id")
        assert (made.owner, made.unit, made.ends_on.isoformat()) == (head, sector, "2029-01-03")
        assert Workstream.objects.filter(programme=made, title=word).exists()
        goals = Milestone.objects.filter(workstream__programme=made)
        assert (goals.count(), goals.order_by("due")[0].due.isoformat()) == (13, "2027-02-03")
        assert Link.objects.filter(kind="needs", a__in=goals.values("pk")).count() == 12


def test_the_template_says_everything_in_three_languages() -> None:
    for template in templates().values():
        goals = [goal for stream in template.streams for goal in stream.goals]
        told = [template.title, template.target, *(goal.title for goal in goals), *(goal.shows for goal in goals)]
        assert all(len(set(text)) == 3 and all(text) for text in told)
        with translation.override("sv"):
            assert str(template.streams[1].title) == "Ansvar"


def test_without_a_right_at_the_unit_no_template_is_laid_out(client: Client) -> None:
    somebody, there = make.holder("employee", unit=make.unit()), make.unit()
    sign_in(client, somebody)
    given = {"template": "information_security", "start": "2027-01-04", "chair": somebody.code}
    assert client.post(f"/begin-programme/?unit={there.code}", given).status_code == 422
    assert not Programme.objects.exists()


def test_a_template_is_not_laid_out_over_what_is_there(sector: Unit, head: Person) -> None:
    programme = make.programme(unit=sector, state="planned")
    make.workstream(programme)
    with acting(head.pk) as actor, refused("laid_out"):
        commands.lay_out(actor, programme, template="information_security")


def test_the_first_day_stays_however_often_a_milestone_is_moved(sector: Unit, head: Person) -> None:
    milestone = make.milestone(unit=sector, due=make.in_days(10))
    with acting(head.pk) as actor:
        commands.move(actor, milestone, to=make.in_days(40), reason="The tender was appealed.")
        commands.move(actor, milestone, to=make.in_days(55), reason="Holidays.")
        with refused("same_day", field="to"):
            commands.move(actor, milestone, to=make.in_days(55), reason="Again")
    found = make.fresh(milestone)
    assert (found.first_due, found.due, found.slipped_days) == (make.in_days(10), make.in_days(55), 45)


def test_closing_is_refused_while_anything_is_open_also_what_one_does_not_see(sector: Unit, head: Person) -> None:
    programme = make.programme(unit=sector)
    stream = make.workstream(programme)
    milestone = make.milestone(stream=stream)
    hidden = make.action(unit=make.sector())
    make.link("gathers", stream, hidden)
    with acting(head.pk) as actor:
        with refused("open_work", "1"):
            commands.close(actor, programme, outcome="All done")
        commands.reach(actor, milestone)
        # Of what is hidden it says that there may be something, not what.
        with refused("contradiction", "et näe"):
            commands.close(actor, programme, outcome="All done")
    type(hidden).objects.filter(pk=hidden.pk).update(state="cancelled")
    with acting(head.pk) as actor:
        with refused("not_maturity", field="maturity"):
            commands.close(actor, programme, outcome="All done", maturity=6)
        commands.close(actor, programme, outcome="All done", lessons="Ask earlier", maturity=4)
        assert make.fresh(programme).reached_maturity == 4
        with refused("contradiction", "päätetty"):
            commands.open_again(actor, milestone)


def test_what_slips_and_what_waits_for_it_in_another_programme_is_seen(sector: Unit, head: Person) -> None:
    late = make.milestone("Late", stream=make.workstream(make.programme("First", unit=sector)), due=make.in_days(-5))
    waits = make.milestone("Waits", stream=make.workstream(make.programme("Second", unit=sector)))
    make.milestone("In time", unit=sector)
    make.link("needs", waits, late)
    with acting(head.pk):
        found = {str(slip.goal.milestone): slip for slip in slips(Milestone.objects.seen(), timezone.localdate())}
        assert set(found) == {"Late", "Waits"}
        assert [(str(one), str(of)) for one, of in found["Waits"].holding] == [("Late", "First")]
        told = progress(late.workstream.programme, timezone.localdate())
        assert told.counts == {"of": 1, "reached": 0, "late": 1, "moved": 0, "held_up": 0}
        assert [(str(a), str(b)) for a, b in told.awaited_by] == [("Waits", "Late")]
        assert progress(waits.workstream.programme, timezone.localdate()).counts["held_up"] == 1


def test_whose_milestone_waits_for_a_late_one_is_asked_what_follows(sector: Unit, head: Person) -> None:
    programme = make.programme(unit=sector, owner=head)
    stream = make.workstream(programme)
    late = make.milestone(stream=stream, due=make.in_days(-1))
    waits = make.milestone(stream=stream, owner=head)
    make.link("needs", waits, late)
    assert {("move", waits.code), ("reach", waits.code), ("decide", programme.code)} <= asked(head)
    Milestone.objects.filter(pk=late.pk).update(state="reached", reached_on=timezone.localdate())
    assert ("move", waits.code) not in asked(head) and ("decide", programme.code) not in asked(head)


def test_what_is_out_of_reach_is_neither_shown_nor_counted(sector: Unit, head: Person) -> None:
    programme = make.programme(unit=sector, budget_eur=1000)
    stream = make.workstream(programme)
    elsewhere: dict[str, Any] = {"unit": make.sector()}
    ours, hidden = make.action(unit=sector, cost_eur=300), make.action(cost_eur=5000, **elsewhere)
    for action in (ours, hidden):
        make.link("gathers", stream, action)
    goal = make.milestone(stream=stream)
    make.link("needs", goal, make.milestone("Hidden", due=make.in_days(-9), **elsewhere))
    make.milestone("Hidden too", stream=stream, **elsewhere)
    with acting(head.pk):
        told = progress(programme, timezone.localdate())
        assert [action.code for action in told.streams[0].actions] == [ours.code]
        assert (told.money.planned, told.counts["of"], told.counts["held_up"]) == (300, 1, 0)
    assert asked(goal.owner) == {("reach", goal.code)}


def test_decisions_stay_as_they_were_written(sector: Unit, head: Person) -> None:
    programme = make.programme(unit=sector)
    with acting(head.pk) as actor:
        with refused("in_future", field="on"):
            commands.decide(actor, programme, text="Go on", on=timezone.localdate() + timedelta(days=1))
        made = commands.decide(actor, programme, text="Go on", reason="It pays")
        assert not type(made).objects.filter(pk=made.pk).update(text="Stop")
        with as_owner():
            assert make.fresh(made).text == "Go on"


def test_a_programme_whose_priority_is_out_of_reach_is_none_without_one(client: Client) -> None:
    priority = Priority.objects.create(name_fi="Turvallinen arki", valid_from=make.LONG_AGO, unit=make.city())
    chair = make.person(unit=make.sector())
    make.programme(chair=chair, priority=priority, budget_eur=100_000)
    make.programme(chair=chair, budget_eur=50_000)
    sign_in(client, chair).cookies["language"] = "en"
    answer = client.get("/money-by-priority/")
    hidden, none = answer.context["shares"].rows
    assert hidden.is_hidden and (hidden.programmes, hidden.budget) == (1, 100_000)
    assert not none.is_hidden and (none.programmes, none.budget) == (1, 50_000)
    page = answer.content.decode()
    assert "A priority that you do not see" in page and "Turvallinen arki" not in page


def test_who_may_not_begin_a_programme_is_led_to_none(client: Client) -> None:
    unit = make.sector()
    for kind, is_led in (("employee", False), ("unit_head", True)):
        sign_in(client, make.holder(kind, unit=unit))
        page = client.get(f"/slipping/?unit={unit.code}").content.decode()
        assert ("/begin-programme/" in page) is is_led
        assert ("/begin-programme/" in client.get("/programmes/").content.decode()) is is_led
        assert ("/first-steps/" in client.get(f"/situation/?unit={unit.code}").content.decode()) is is_led
