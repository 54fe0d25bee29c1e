"""The example city in the database: complete, as it stood, and nothing of the database changed by the loading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.translation import override

from kivijalka.access import acting
from kivijalka.example import loader
from kivijalka.example.loader import NotReady, load, suggested_people
from kivijalka.example.shape import City
from kivijalka.example.units import history_start
from kivijalka.organisation.models import Account, Person, Role, Unit
from kivijalka.register.models import Link, Node
from kivijalka.register.registry import REGISTERS, kept_models
from kivijalka.risks.models import Assessment, Risk
from tests.database import connected_to

SHAPES = {
    "indexes": "select indexdef from pg_indexes where schemaname in ('public', 'history', 'kj')",
    "constraints": "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
    " where connamespace::regnamespace::text in ('public', 'history')",
    "triggers": "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal",
    "security": "select oid::regclass::text, relrowsecurity, relforcerowsecurity from pg_class where relkind = 'r'",
    "tables": "select schemaname, tablename from pg_tables",
}


def asked(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(map(repr, cursor.fetchall()))


def chief() -> Any:
    return Role.objects.get(kind="chief_executive", end=None).person_id


@pytest.fixture
def loaded(committed: str, small: City) -> City:
    load(small)
    return small


def test_every_record_of_the_city_is_there_with_its_node(loaded: City) -> None:
    assert Unit.objects.count() == len(loaded.units)
    assert Person.objects.count() == len(loaded.persons)
    assert Role.objects.count() == len(loaded.roles)
    assert Risk.objects.count() == len({version.id for version in loaded.risk_versions})
    assert Assessment.objects.count() == len(loaded.assessments)
    assert Link.objects.count() == len(loaded.links)
    for key, register in REGISTERS.items():
        records = set(register.model._default_manager.values_list("pk", flat=True))
        assert set(Node.objects.filter(register=key).values_list("pk", flat=True)) == records, key


def test_the_present_row_is_the_last_of_its_versions_and_all_are_seed(loaded: City) -> None:
    for model in kept_models():
        table = model._meta.db_table
        columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
        present = asked(f'select {columns} from "{table}"')
        assert present == asked(f"select {columns} from history.\"{table}\" where kept_to = 'infinity'"), table
        assert asked(f'select 1 from history."{table}" where not kept_seed or kept_from > now()') == []


def test_versions_of_a_record_follow_one_another_without_gap(loaded: City) -> None:
    for model in kept_models():
        gaps = (
            "select 1 from (select kept_to, version, lead(kept_from) over w as next, lead(version) over w as after"
            f' from history."{model._meta.db_table}" window w as (partition by id order by version)) v'
            " where next is not null and (next <> kept_to or after <> version + 1)"
        )
        assert asked(gaps) == [], model


def test_a_risk_is_shown_as_it_stood(loaded: City) -> None:
    """The version before the last of a risk that the chief executive may see."""
    later = {version.id: version for version in loaded.risk_versions}
    version = next(v for v in loaded.risk_versions if v.command == "assess" and later[v.id].level != v.level)
    levels = {"low": "1_low", "moderate": "2_moderate", "high": "3_high", "critical": "4_critical", None: ""}
    with acting(chief(), as_of=version.at + timedelta(seconds=1)):
        then = Risk.objects.seen().get(pk=version.id)
        assert (then.title, then.level, then.state) == (version.title, levels[version.level], version.state)
    with acting(chief()):
        assert Risk.objects.seen().get(pk=version.id).level == levels[later[version.id].level]


def test_the_evidence_of_each_level_is_as_the_database_judges_it(loaded: City) -> None:
    before = dict(Risk.objects.values_list("pk", "evidence"))
    asked("select kj.judge_evidence(id) from risks_risk")
    assert dict(Risk.objects.values_list("pk", "evidence")) == before
    assert {"confirmed", "claimed", "unconfirmed"} <= set(before.values())


def test_a_unit_is_shown_under_the_name_that_it_had(loaded: City) -> None:
    change = next(change for change in loaded.reorganisations if change.command == "rename")
    with acting(chief(), as_of=change.at - timedelta(days=1)):
        assert Unit.objects.seen().get(number=change.unit).name_fi == change.name_fi_before
    with acting(chief()):
        assert Unit.objects.seen().get(number=change.unit).name_fi != change.name_fi_before


def test_before_the_registers_began_there_is_nothing(loaded: City) -> None:
    first = history_start(loaded.today)
    with acting(chief(), as_of=datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)):
        assert not Unit.objects.seen().exists()
        assert not Risk.objects.seen().exists()


def test_a_change_after_loading_adds_one_version(loaded: City) -> None:
    risk = Risk.objects.order_by("pk")[0]
    before = len(asked(f"select 1 from history.risks_risk where id = '{risk.pk}'"))
    risk.title = "Uusi otsikko"
    risk.save(update_fields=["title"])
    assert len(asked(f"select 1 from history.risks_risk where id = '{risk.pk}'")) == before + 1
    assert Node.objects.get(pk=risk.pk).title == "Uusi otsikko"
    assert asked(f"select kept_seed from history.risks_risk where id = '{risk.pk}' and kept_to = 'infinity'") == [
        "(False,)"
    ]


def test_the_next_record_gets_a_code_that_nobody_has(loaded: City) -> None:
    for register in REGISTERS.values():
        prefix = register.model._meta.get_field("code").prefix
        (row,) = asked(f"select kj.next_code('{prefix}')")
        assert not register.model._default_manager.filter(code=row.strip("(',)")).exists(), prefix


def test_everybody_who_works_has_an_account_without_a_usable_password(loaded: City) -> None:
    working = Person.objects.filter(end=None).count()
    accounts = list(Account.objects.all())
    assert len(accounts) == working
    assert not any(account.has_usable_password() for account in accounts)


def test_a_second_load_is_refused_and_says_why(loaded: City) -> None:
    with pytest.raises(NotReady, match="not empty"):
        load(loaded)
    with pytest.raises(CommandError, match="not empty"):
        call_command("example", "--size", "small", stdout=StringIO())


def test_the_sites_role_is_refused(committed: str, small: City) -> None:
    with connected_to(committed, "APP"), pytest.raises(NotReady, match="kj_owner"):
        load(small)


def test_loading_leaves_indexes_constraints_triggers_and_security_as_they_were(committed: str, small: City) -> None:
    before = {shape: asked(query) for shape, query in SHAPES.items()}
    load(small)
    for shape, query in SHAPES.items():
        assert asked(query) == before[shape], shape


def test_a_load_that_stops_leaves_the_database_empty(
    committed: str, small: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*args: Any) -> None:
        raise KeyboardInterrupt

    before = {shape: asked(query) for shape, query in SHAPES.items()}
    with monkeypatch.context() as patched:
        patched.setattr(loader, "suggest", stop)
        with pytest.raises(KeyboardInterrupt):
            load(small)
    assert not Unit.objects.exists()
    assert {shape: asked(query) for shape, query in SHAPES.items()} == before
    load(small)
    assert Unit.objects.count() == len(small.units)


def test_people_are_suggested_before_anybody_is_signed_in(loaded: City, committed: str) -> None:
    with connected_to(committed, "APP"):
        people = suggested_people()
        with override("en"):
            assert suggested_people()[1]["role"] == "chief executive"
    roles = [person["role"] for person in people]
    assert {"käyttöoikeuksien pääkäyttäjä", "kansliapäällikkö", "toimialajohtaja", "kumppanin edustaja"} < set(roles)
    assert roles.count("toimialajohtaja") == sum(unit.kind == "sector" for unit in loaded.units)
    assert len({person["id"] for person in people}) == len(people)
    told = StringIO()
    call_command("people", stdout=told)
    assert all(person["email"] in told.getvalue() for person in people)


def test_without_an_example_city_nobody_is_suggested(committed: str) -> None:
    assert suggested_people() == []
    with pytest.raises(CommandError, match="No example city"):
        call_command("people", stdout=StringIO())
