"""Three years of risks and actions: each version is plausible in its time, and the present has realistic shares."""

from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID

import pytest

from kivijalka.example.policy import AUTHORITY, level_of
from kivijalka.example.shape import ActionVersion, City, RiskVersion
from tests.example.conftest import TODAY

OPEN = {"planned", "started"}
BY_ACTIONS = {"avoid", "reduce", "share", "exploit", "enhance"}
FORBIDDEN = ("{", "}", "<", ">", "  ", "..", " ,", " .")

Lives = list[list[RiskVersion]]


@pytest.fixture(scope="module", params=["small", "whole"])
def city(request: pytest.FixtureRequest) -> City:
    made: City = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="module")
def risks(city: City) -> Lives:
    lives: dict[UUID, list[RiskVersion]] = defaultdict(list)
    for version in city.risk_versions:
        lives[version.id].append(version)
    return list(lives.values())


@pytest.fixture(scope="module")
def actions(city: City) -> dict[UUID, list[list[ActionVersion]]]:
    """The lives of the actions of each risk."""
    lives: dict[UUID, list[ActionVersion]] = defaultdict(list)
    for version in city.action_versions:
        lives[version.id].append(version)
    of_risk: dict[UUID, list[list[ActionVersion]]] = defaultdict(list)
    for link in city.links:
        if link.kind == "treats":
            of_risk[link.b].append(lives[link.a])
    return of_risk


def as_of(life: list[ActionVersion], at: datetime) -> ActionVersion | None:
    return next((version for version in reversed(life) if version.at <= at), None)


def test_each_risk_has_two_to_eight_versions_in_order(risks: Lives) -> None:
    for life in risks:
        assert 2 <= len(life) <= 8
        assert life[0].command == "add"
        assert all(version.at < following.at for version, following in pairwise(life))


def test_everything_lies_between_the_begin_of_the_history_and_today(city: City) -> None:
    begin = datetime(TODAY.year - 3, TODAY.month, TODAY.day - 2, tzinfo=UTC)
    now = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    moments = [version.at for version in city.risk_versions] + [version.at for version in city.action_versions]
    moments += [one.at for one in city.assessments] + [link.at for link in city.links]
    moments += [responsibility.at for responsibility in city.responsibilities]
    assert begin <= min(moments)
    assert max(moments) < now


def test_people_act_only_while_they_serve(city: City) -> None:
    service = {person.id: (person.start, person.end or date.max) for person in city.persons}
    acts = [(version.by, version.at) for version in city.risk_versions]
    acts += [(version.by, version.at) for version in city.action_versions]
    acts += [(one.by, one.at) for one in city.assessments]
    acts += [(link.by, link.at) for link in city.links]
    acts += [(change.by, change.at) for change in city.reorganisations]
    for person, at in acts:
        start, end = service[person]
        assert start <= at.date() < end


def test_risks_and_actions_live_while_their_unit_does(city: City) -> None:
    units = {unit.number: unit for unit in city.units}
    lived = [(version.unit, version.at) for version in city.risk_versions]
    lived += [(version.unit, version.at) for version in city.action_versions]
    for number, at in lived:
        assert units[number].start <= at.date() < (units[number].end or date.max)


def test_a_risk_of_an_ended_unit_is_closed(city: City, risks: Lives) -> None:
    ended = {unit.number for unit in city.units if unit.end is not None}
    assert all(life[-1].state == "closed" for life in risks if life[-1].unit in ended)


def test_no_two_risks_of_a_unit_say_the_same(city: City, risks: Lives) -> None:
    for text in ("title", "event", "consequence"):
        said = [(life[0].unit, life[0].title, getattr(life[0], text)) for life in risks]
        assert len(set(said)) == len(said)
    assert len({(life[0].unit, life[0].title) for life in risks}) == len(risks)


def test_no_text_shows_its_seams(city: City) -> None:
    for version in city.risk_versions:
        for text in (version.title, version.cause, version.event, version.consequence, version.acceptance_reason):
            assert not any(seam in text for seam in FORBIDDEN), text
    for action in city.action_versions:
        for text in (action.title, action.description, action.expected_effect, action.how_measured):
            assert text
            assert not any(seam in text for seam in FORBIDDEN), text


def test_the_level_follows_the_matrix_and_the_state(city: City) -> None:
    for version in city.risk_versions:
        if version.likelihood is None or version.impact is None:
            assert version.level is None
            assert version.state == "draft"
        else:
            assert version.level == level_of(version.likelihood, version.impact)
            assert version.state != "draft"


def test_each_assessment_of_the_present_makes_a_version_at_its_instant(city: City) -> None:
    made = {(version.id, version.at): version for version in city.risk_versions if version.command == "assess"}
    current = [one for one in city.assessments if one.stage == "current"]
    assert len(current) == len(made)
    for one in current:
        version = made[one.risk, one.at]
        assert (version.likelihood, version.impact, version.level, version.by) == (
            one.likelihood,
            one.impact,
            one.level,
            one.by,
        )


def test_the_impact_is_the_worst_dimension(city: City) -> None:
    for one in city.assessments:
        named = (one.people, one.service_continuity, one.finance, one.environment, one.trust, one.law_privacy)
        assert one.impact == max(level for level in named if level is not None)


def test_inherent_is_never_below_current_at_first(city: City) -> None:
    first = {(one.risk, one.stage): one for one in reversed(city.assessments)}
    for (risk, stage), one in first.items():
        if stage == "inherent":
            current = first[risk, "current"]
            assert (one.likelihood, one.impact) >= (current.likelihood, current.impact)


def test_a_risk_is_accepted_above_its_owner_with_authority_and_reason(city: City) -> None:
    held: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for role in city.roles:
        held[role.person].append((role.kind, role.unit))
    parents = {unit.number: unit.parent for unit in city.units}

    def upwards(unit: int | None) -> set[int]:
        return set() if unit is None else {unit} | upwards(parents[unit])

    accepted = [version for version in city.risk_versions if version.command == "accept"]
    assert accepted
    for version in accepted:
        assert version.level is not None
        assert version.by != version.owner
        assert version.acceptance_reason
        assert version.accepted_until is not None
        above = upwards(version.unit)
        assert any(kind in AUTHORITY[version.level] and unit in above for kind, unit in held[version.by])


def test_only_an_accepted_risk_carries_an_acceptance(city: City) -> None:
    for version in city.risk_versions:
        assert (version.accepted_until is not None) == (version.state == "accepted")
        assert bool(version.acceptance_reason) == (version.state == "accepted")


def test_a_closed_risk_has_no_open_action(risks: Lives, actions: dict[UUID, list[list[ActionVersion]]]) -> None:
    for life in risks:
        for version in life:
            if version.state == "closed":
                now = [as_of(action, version.at) for action in actions[version.id]]
                assert not [one for one in now if one is not None and one.state in OPEN]


def test_a_treatment_has_actions_with_owner_due_day_and_measure(
    risks: Lives, actions: dict[UUID, list[list[ActionVersion]]]
) -> None:
    for life in risks:
        if life[-1].treatment in BY_ACTIONS:
            assert actions[life[-1].id]
        for action in actions[life[-1].id]:
            assert all(version.owner and version.due and version.how_measured for version in action)


def test_actions_move_through_their_states_in_order(actions: dict[UUID, list[list[ActionVersion]]]) -> None:
    for life in (life for of_risk in actions.values() for life in of_risk):
        assert life[0].command == "add"
        for version, following in pairwise(life):
            assert version.at < following.at
            assert version.progress <= following.progress
            assert version.state in OPEN or following.command == "measure_effect"
            assert following.postponements == version.postponements + (following.command == "postpone")
            assert following.due >= version.due
        done = life[-1].state in {"done", "effect_confirmed", "no_effect"}
        assert (life[-1].completed_on is not None) == done
        assert bool(life[-1].measured_effect) == (life[-1].state in {"effect_confirmed", "no_effect"})


def test_links_join_what_was_there(city: City, risks: Lives) -> None:
    born = {life[0].id: life[0].at for life in risks}
    seen = set()
    for link in city.links:
        assert link.a != link.b
        assert (link.kind, link.a, link.b) not in seen
        seen.add((link.kind, link.a, link.b))
        if link.kind == "may_cause":
            assert max(born[link.a], born[link.b]) <= link.at


def test_a_choice_promises_less_of_threats_alone(city: City, risks: Lives) -> None:
    signs = {life[0].id: life[0].sign for life in risks}
    chosen = [entry for entry in city.entries if entry.register == "chosenrisk"]
    assert chosen
    assert {signs[entry.values["risk_id"]] for entry in chosen} == {"threat"}


def test_the_present_has_realistic_shares(city: City, risks: Lives) -> None:
    latest = {version.id: version for version in city.action_versions}.values()
    overdue = sum(action.state in OPEN and action.due < TODAY for action in latest) / len(latest)
    now = [life[-1] for life in risks]
    reviews = [risk.review for risk in now if risk.review is not None]
    late = sum(review < TODAY for review in reviews) / len(reviews)
    assert 0.08 < overdue < 0.16
    assert 0.05 < late < 0.12
    assert 0.04 < sum(risk.sign == "opportunity" for risk in now) / len(now) < 0.12
    assert 0.01 < sum(risk.owner is None and risk.state != "closed" for risk in now) / len(now) < 0.08
    assert 1 <= sum(risk.level == "critical" and risk.state != "closed" for risk in now) <= 40


def test_three_quarters_of_the_texts_are_finnish(city: City, risks: Lives) -> None:
    swedish = sum(" och " in life[0].cause + life[0].consequence for life in risks) / len(risks)
    english = sum(" and " in life[0].cause + life[0].consequence for life in risks) / len(risks)
    assert 0.08 < swedish < 0.2
    assert 0.05 < english < 0.16


def test_the_remote_access_server_is_still_there(risks: Lives, actions: dict[UUID, list[list[ActionVersion]]]) -> None:
    (life,) = (life for life in risks if "vanhentunut etäkäyttöpalvelin" in life[0].title)
    now = life[-1]
    assert (now.level, now.state, now.owner) == ("critical", "assessed", None)
    assert now.review is not None
    assert now.review < TODAY
    (retirement,) = (action[-1] for action in actions[now.id] if "käytöstä" in action[-1].title)
    assert retirement.postponements >= 3
    assert retirement.state in OPEN
    assert retirement.due < TODAY
