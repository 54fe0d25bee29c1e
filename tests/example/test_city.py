"""The example city: the same for the same seed, in the agreed numbers, with an organisation that holds together."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import get_args
from uuid import UUID

import pytest

from kivijalka.example.city import make_city
from kivijalka.example.people import MAIL_DOMAIN
from kivijalka.example.shape import City, Role, UnitKind
from tests.example.conftest import TODAY


def fingerprint(city: City) -> str:
    return hashlib.sha256(repr(city).encode()).hexdigest()


def test_the_same_seed_gives_the_same_city(small: City) -> None:
    assert fingerprint(make_city(1, "small", TODAY)) == fingerprint(small)


def test_another_seed_gives_another_city(small: City) -> None:
    assert fingerprint(make_city(2, "small", TODAY)) != fingerprint(small)


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2027, 1, 3), date(2028, 12, 31)])
def test_the_city_can_stand_on_any_day(today: date) -> None:
    city = make_city(3, "small", today)
    assert len({version.id for version in city.risk_versions}) == 300


def test_the_small_city_has_its_numbers(small: City) -> None:
    assert 50 <= len(small.units) <= 70
    assert len(small.persons) == 400
    assert len({version.id for version in small.risk_versions}) == 300
    assert len({version.id for version in small.action_versions}) == 450


def test_the_whole_city_has_its_numbers(whole: City) -> None:
    assert len(whole.units) == 2_000
    assert len(whole.persons) == 40_000
    assert len({version.id for version in whole.risk_versions}) == 10_000
    assert len({version.id for version in whole.action_versions}) == 15_000
    assert len(whole.delegations) == 30
    assert 300 <= len(whole.responsibilities) <= 1_000


@pytest.mark.parametrize("size", ["small", "whole"])
def test_unit_numbers_are_in_preorder_and_leave_room(size: str, request: pytest.FixtureRequest) -> None:
    city: City = request.getfixturevalue(size)
    above: list[int] = []
    assert city.units[0].number == 1
    for unit, following in pairwise(city.units):
        assert following.number - unit.number > 1
    for unit in city.units:
        while above and above[-1] != unit.parent:
            above.pop()
        assert above or unit.parent is None
        above.append(unit.number)


def test_the_tree_is_six_deep_and_of_all_kinds(whole: City) -> None:
    parents = {unit.number: unit.parent for unit in whole.units}

    def depth(number: int) -> int:
        parent = parents[number]
        return 1 if parent is None else 1 + depth(parent)

    assert max(depth(unit.number) for unit in whole.units) == 6
    kinds = [unit.kind for unit in whole.units]
    assert set(kinds) == set(get_args(UnitKind))
    assert (kinds.count("sector"), kinds.count("enterprise"), kinds.count("subsidiary")) == (4, 6, 80)


def test_names_and_codes_of_units_are_unique_in_each_language(whole: City) -> None:
    for texts in zip(*((unit.code, unit.name_fi, unit.name_sv, unit.name_en) for unit in whole.units), strict=True):
        assert len(set(texts)) == len(whole.units)


def test_units_were_renamed_moved_merged_and_ended(whole: City) -> None:
    units = {unit.number: unit for unit in whole.units}
    assert {change.command for change in whole.reorganisations} == {"rename", "move", "merge", "end"}
    for change in whole.reorganisations:
        unit = units[change.unit]
        if change.command == "move":
            assert change.parent_before != unit.parent
        if change.command == "rename":
            assert change.name_fi_before != unit.name_fi
        if change.into is not None:
            assert units[change.into].end is None
            assert unit.end == change.at.date()


def test_mail_addresses_are_unique_and_of_the_example_domain(whole: City) -> None:
    mails = {person.email for person in whole.persons}
    assert len(mails) == len(whole.persons)
    assert all(mail.endswith(f"@{MAIL_DOMAIN}") and mail.isascii() for mail in mails)


def test_identifiers_are_of_version_7_and_carry_their_moment(whole: City) -> None:
    first = {version.id: version.at for version in reversed(whole.risk_versions)}
    everything = [*first, *(person.id for person in whole.persons), *(role.id for role in whole.roles)]
    assert len(set(everything)) == len(everything)
    assert all(identifier.version == 7 for identifier in everything)
    for identifier, at in first.items():
        assert datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC) == at


@pytest.mark.parametrize("size", ["small", "whole"])
def test_each_unit_has_one_head_at_a_time_without_gaps(size: str, request: pytest.FixtureRequest) -> None:
    city: City = request.getfixturevalue(size)
    heads = by_unit(role for role in city.roles if role.kind == "unit_head")
    for unit in city.units:
        reigns = sorted(heads[unit.number], key=lambda role: role.start)
        assert reigns[-1].end == unit.end
        assert all(role.end == following.start for role, following in pairwise(reigns))


def by_unit(roles: Iterable[Role]) -> dict[int, list[Role]]:
    sorted_out: dict[int, list[Role]] = defaultdict(list)
    for role in roles:
        sorted_out[role.unit].append(role)
    return sorted_out


def test_each_person_of_today_works_at_the_own_unit(whole: City) -> None:
    kinds = {unit.number: unit.kind for unit in whole.units}
    held = {(role.person, role.kind, role.unit) for role in whole.roles if role.end is None}
    for person in whole.persons:
        if person.end is None:
            kind = "partner_member" if kinds[person.unit] == "partner" else "employee"
            assert (person.id, kind, person.unit) in held


def test_roles_lie_within_service_and_within_the_life_of_their_unit(whole: City) -> None:
    persons = {person.id: person for person in whole.persons}
    units = {unit.number: unit for unit in whole.units}
    for role in whole.roles:
        person, unit = persons[role.person], units[role.unit]
        assert role.end is None or role.start < role.end
        assert max(person.start, unit.start) <= role.start
        assert person.end is None or (role.end is not None and role.end <= person.end)
        assert unit.end is None or (role.end is not None and role.end <= unit.end)


def test_no_two_roles_of_a_person_of_one_kind_at_one_unit_overlap(whole: City) -> None:
    held: dict[tuple[UUID, str, int], list[Role]] = defaultdict(list)
    for role in whole.roles:
        held[role.person, role.kind, role.unit].append(role)
    for roles in held.values():
        for role, following in pairwise(sorted(roles, key=lambda one: one.start)):
            assert role.end is not None
            assert role.end <= following.start


@pytest.mark.parametrize("size", ["small", "whole"])
def test_the_city_wide_roles_are_filled(size: str, request: pytest.FixtureRequest) -> None:
    city: City = request.getfixturevalue(size)
    serving: dict[str, set[UUID]] = defaultdict(set)
    for role in city.roles:
        if role.end is None:
            serving[role.kind].add(role.person)
    wanted = {"chief_executive": 1, "board_member": 13, "auditor": 4, "risk_expert": 6, "access_administrator": 3}
    assert {kind: len(serving[kind]) for kind in wanted} == wanted
    assert len(serving["security_expert"]) >= 8


def test_delegations_are_between_two_and_some_run_today(whole: City) -> None:
    assert all(one.principal != one.deputy and one.start < one.end for one in whole.delegations)
    assert any(one.start <= TODAY < one.end for one in whole.delegations)


def test_a_record_has_at_most_one_accepted_accountable_person(whole: City) -> None:
    accepted = [one.record for one in whole.responsibilities if one.part == "A" and one.state == "accepted"]
    assert len(accepted) == len(set(accepted))
