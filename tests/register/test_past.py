"""Versions one after the other, and the past as it was: under today's roles, never written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from kivijalka.access import acting
from kivijalka.actions.models import Action
from kivijalka.organisation import commands
from kivijalka.organisation.models import Role, Unit
from kivijalka.register import command
from kivijalka.register.models import Confidentiality, Link, Node
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS, kept_models
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.api.programs import as_head


def rows(question: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, params)
        return list(cursor.fetchall())


def versions(record: Any) -> list[tuple[Any, ...]]:
    """Version, operation, and whether it is in force, of each version of a record."""
    table = record._meta.db_table
    return rows(
        f"select version, kept_op, kept_to = 'infinity' from history.{table} where id = %s order by version, kept_from",
        record.pk,
    )


@pytest.mark.django_db
def test_every_kept_table_has_its_history_and_its_past() -> None:
    for model in kept_models():
        for schema in ("history", "asof"):
            assert rows("select to_regclass(%s) is not null", f'{schema}."{model._meta.db_table}"') == [(True,)]


@pytest.mark.django_db
def test_a_change_of_many_rows_in_one_statement_is_kept_row_by_row() -> None:
    risks = [make.risk() for _ in range(3)]
    Risk.objects.update(consequence="Palvelu keskeytyy")
    assert [versions(risk) for risk in risks] == [[(1, "I", False), (2, "U", True)]] * 3


@pytest.mark.django_db
def test_every_version_of_every_record_has_its_node_of_the_past() -> None:
    risk, action = make.risk(confidentiality=Confidentiality.INTERNAL), make.action()
    make.link("treats", action, risk)
    # What becomes more confidential does so in its past, and who owned it then did so.
    Risk.objects.filter(pk=risk.pk).update(confidentiality=Confidentiality.SECRET, owner=make.person())
    Action.objects.filter(pk=action.pk).delete()
    columns = "kept_no, id, key & 4294967295, kept_from, kept_to::text"
    for register in REGISTERS.values():
        owner = register.model.owner_column or "null::uuid"
        versions = rows(
            f"select {columns}, {owner} from history.{register.model._meta.db_table} where kept_op <> 'D' order by 1"
        )
        nodes = rows(
            f"select {columns.replace('kept_no', 'no')}, owner_id from history.node where register = %s order by 1",
            register.key,
        )
        assert nodes == versions


@pytest.mark.django_db
def test_a_row_that_the_owner_deleted_keeps_its_history() -> None:
    action = make.action()
    Action.objects.filter(pk=action.pk).delete()
    assert [operation for _, operation, _ in versions(action)] == ["I", "D"]


@pytest.mark.django_db
def test_the_site_neither_writes_nor_empties_history() -> None:
    risk, head = make.risk(), make.holder()
    for statement in (
        "delete from history.risks_risk",
        "update history.risks_risk set title = 'Väärennetty'",
        "truncate history.risks_risk",
        "alter table risks_risk disable trigger all",
        "drop trigger keep_update on risks_risk",
        "set local session_replication_role = replica",
    ):
        with acting(head.pk), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert versions(risk) == [(1, "I", True)]


def moment() -> datetime:
    return rows("select clock_timestamp()")[0][0]  # type: ignore[no-any-return]  # a row holds anything


def seen_at(person: Any, at: datetime, model: Any = Risk, field: str = "title") -> list[Any]:
    with acting(person.pk, as_of=at):
        return list(model.objects.seen().order_by("id").values_list(field, flat=True))


def test_any_past_moment_shows_what_stood_then(committed: str) -> None:
    head = make.holder()
    before = moment()
    risk = make.risk("Ensin")
    first = moment()
    with acting(head.pk) as actor:
        REGISTERS["risk"].all_commands["edit"](actor, risk, title="Sitten")
    second = moment()
    Risk.objects.filter(pk=risk.pk).update(title="Lopuksi")
    assert seen_at(head, before) == []
    assert seen_at(head, first) == ["Ensin"]
    assert seen_at(head, second) == ["Sitten"]
    assert seen_at(head, moment()) == ["Lopuksi"]


def test_two_changes_in_one_transaction_leave_both_versions_and_the_last_in_force(committed: str) -> None:
    head, risk = make.holder(), make.risk("Yksi")
    with transaction.atomic():
        Risk.objects.filter(pk=risk.pk).update(title="Kaksi")
        Risk.objects.filter(pk=risk.pk).update(title="Kolme")
    assert versions(risk) == [(1, "I", False), (2, "U", False), (3, "U", True)]
    question = "select kept_from, nullif(kept_to, 'infinity') from history.risks_risk where id = %s order by version"
    spans = rows(question, risk.pk)
    assert all(start <= end for start, end in spans[:-1])
    assert [end for _, end in spans] == [spans[1][0], spans[2][0], None]
    assert seen_at(head, moment()) == ["Kolme"]


def test_at_the_very_moment_of_a_change_one_version_stands(committed: str) -> None:
    head, risk = make.holder(), make.risk("Yksi")
    Risk.objects.filter(pk=risk.pk).update(title="Kaksi")
    [(change,)] = rows("select kept_from from history.risks_risk where id = %s and version = 2", risk.pk)
    assert seen_at(head, change) == ["Kaksi"]
    assert seen_at(head, change - timedelta(microseconds=1)) == ["Yksi"]


def test_the_past_is_not_written(committed: str) -> None:
    head, risk = make.holder(), make.risk()
    with pytest.raises(DatabaseError), acting(head.pk, as_of=moment()):
        Risk.objects.filter(pk=risk.pk).update(title="Jälkikäteen")
    with pytest.raises(DatabaseError), acting(head.pk, as_of=moment()):
        Risk.objects.create(title="Ennen", unit_id=make.city().number)


def test_the_past_is_judged_by_todays_roles_on_the_past_row(committed: str) -> None:
    unit = make.unit()
    employee = make.holder("employee", unit=unit)
    risk = make.risk("Aluksi luottamuksellinen", unit=unit, confidentiality=Confidentiality.CONFIDENTIAL)
    hidden = moment()
    Risk.objects.filter(pk=risk.pk).update(title="Sitten sisäinen", confidentiality=Confidentiality.INTERNAL)
    shown = moment()
    assert seen_at(employee, hidden) == []
    assert seen_at(employee, shown) == ["Sitten sisäinen"]
    Role.objects.filter(person=employee).update(end=make.in_days(-2))
    assert seen_at(employee, shown) == []


def test_what_became_more_confidential_did_so_in_its_past_too(committed: str) -> None:
    unit = make.unit()
    employee, auditor = make.holder("employee", unit=unit), make.holder("auditor")
    risk, action = make.risk("Vahingossa sisäinen", unit=unit), make.action(unit=unit)
    make.link("treats", action, risk)
    make.assessed_risk("Toinen", unit=unit)
    before = moment()
    assert seen_at(employee, before) == ["Vahingossa sisäinen", "Toinen"]
    Risk.objects.filter(pk=risk.pk).update(confidentiality=Confidentiality.SECRET)
    assert seen_at(employee, before) == ["Toinen"]
    with acting(employee.pk, as_of=before):
        assert not Node.objects.filter(pk=risk.pk).exists() and not Link.objects.seen().exists()
    with acting(auditor.pk, as_of=before):
        assert Risk.objects.seen().get(pk=risk.pk).confidentiality == Confidentiality.INTERNAL
    Risk.objects.filter(pk=risk.pk).update(confidentiality=Confidentiality.PUBLIC)
    assert seen_at(employee, before) == ["Toinen"]


def test_nodes_and_links_stand_in_the_past_too(committed: str) -> None:
    head, risk, action = make.holder(), make.risk("Riski"), make.action("Toimi")
    link = make.link("treats", action, risk)
    linked = moment()
    link.until = moment()
    link.save()
    with acting(head.pk, as_of=linked):
        assert Node.objects.filter(register="risk").get().title == "Riski"
        assert Link.objects.seen().get().until is None
    with acting(head.pk):
        assert Link.objects.seen().get().until is not None


def test_a_moved_unit_stands_in_the_past_where_it_stood(committed: str) -> None:
    director = make.holder("auditor")
    old, new = make.sector(), make.sector()
    unit = make.unit("Siirtyvä", parent=old)
    before = moment()
    Unit.objects.filter(pk=unit.pk).update(parent=new)
    with acting(director.pk, as_of=before):
        assert Unit.objects.get(pk=unit.pk).parent_id == old.number
    with acting(director.pk):
        assert Unit.objects.get(pk=unit.pk).parent_id == new.number


def test_records_of_a_split_unit_stand_in_the_past_where_they_stood(committed: str) -> None:
    organiser, unit = make.holder("access_administrator"), make.unit("Koulu")
    make.role_of(organiser)
    risk = make.risk(unit=unit)
    before = moment()
    with acting(organiser.pk) as actor:
        commands.split(actor, unit, parts="= Pohjoinen\n= Eteläinen\n*", on=make.in_days(0))
    with acting(organiser.pk, as_of=before):
        assert list(Risk.objects.seen().filter(unit=unit.number)) == [risk]
        assert Unit.objects.get(pk=unit.pk).end is None
    assert Unit.objects.get(number=make.fresh(risk).unit_id).name_fi == "Eteläinen"


def test_what_a_refused_command_wrote_is_not_in_history(committed: str) -> None:
    head = make.holder("employee")
    with pytest.raises(Refused), acting(head.pk) as actor:
        command.add(REGISTERS["risk"], actor, title="Ei oikeutta", unit=make.city())
    assert rows("select count(*) from history.risks_risk") == [(0,)]


def test_the_past_asks_what_was_asked_then(committed: str) -> None:
    client, person = as_head()
    record = make.risk(unit=person.unit)
    before = moment()
    make.own_field("Phase", kind="choice", options="Suunnittelu\nKäytössä")
    with acting(person.pk) as actor:
        REGISTERS["risk"].all_commands["edit"](actor, record, own_phase="kaytossa")
    address = f"/api/risks/{record.pk}"
    assert "own_phase" in client.get(address).json()
    assert "own_phase" not in client.get(address, {"as_of": before.isoformat()}).json()
    assert client.get("/api/risks", {"as_of": moment().isoformat(), "own_phase": "kaytossa"}).json()["total"] == 1
