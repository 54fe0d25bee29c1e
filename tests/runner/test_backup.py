"""A backup rehearsed: what was stored is all there again, and is seen, changed and sealed as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import call_command

from kivijalka.access import acting
from kivijalka.register import attachments
from kivijalka.register.models import Attachment
from kivijalka.register.sealing import seals
from kivijalka.risks.models import Risk
from runner.backup import Tools
from runner.processes import Processes
from runner.say import Problem
from tests import database
from tests import factories as make

PLAN = b"%PDF-1.7\n" + bytes(range(256))
EVERYTHING = """
    select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1
"""


def rows_of_all_tables(name: str) -> dict[str, int]:
    """How many rows each table has, as one who is held to no policy."""
    with psycopg.connect(database.address_of(name, "SUPER")) as connection:
        tables = [row[0] for row in connection.execute(EVERYTHING).fetchall()]
        counts = [connection.execute(f"select count(*) from {table}").fetchone() for table in tables]  # type: ignore[arg-type]
        return {table: count[0] for table, count in zip(tables, counts, strict=True) if count}


@pytest.fixture
def named(database_template: str, django_db_blocker: Any) -> Iterator[Callable[[str], str]]:
    """Names of databases that go with the test."""
    made: list[str] = []

    def name(what: str) -> str:
        made.append(database.name_of(f"{what}_{uuid4().hex[:8]}"))
        return made[-1]

    with django_db_blocker.unblock():
        yield name
        for each in made:
            database.drop(each)


def filled(template: str, name: str) -> str:
    """A city with a risk of two versions and a file, sealed."""
    database.clone(template, name)
    with database.connected_to(name):
        head = make.holder("unit_head", unit=make.sector())
        risk = make.risk("Sähkökatko", unit=head.unit)
        Risk.objects.filter(pk=risk.pk).update(title="Pitkä sähkökatko")
        make.risk("Salainen", unit=head.unit, confidentiality=3)
        with acting(head.pk) as actor:
            attachments.attach(actor, risk, name="suunnitelma.pdf", data=PLAN)
        assert seals.seal() == 1
    return str(head.pk)


def test_what_was_stored_is_all_there_again(
    named: Callable[[str], str], database_template: str, processes: Processes, tmp_path: Path
) -> None:
    before, after, file = named("stored"), named("restored"), tmp_path / "city.backup"
    head = filled(database_template, before)
    Tools(processes, database.address_of(before)).copy(file)
    database.create_empty(after)
    tools = Tools(processes, database.address_of(after))
    assert tools.is_empty()
    tools.put_back(file)
    assert not tools.is_empty()
    assert rows_of_all_tables(after) == rows_of_all_tables(before)
    with database.connected_to(after):
        call_command("migrate", check=True)
        call_command("verify_trail")
        make.risk("Uusi riski")
        assert seals.seal() == 2
        call_command("verify_trail")
    with database.connected_to(after, "APP"):
        assert not Risk.objects.exists()
        with acting(head):
            assert [risk.title for risk in Risk.objects.seen()] == ["Pitkä sähkökatko"]
            assert attachments.bytes_attached(Attachment.objects.get()) == PLAN


def test_a_broken_backup_leaves_the_database_empty(
    named: Callable[[str], str], database_template: str, processes: Processes, tmp_path: Path
) -> None:
    before, after, file = named("stored"), named("restored"), tmp_path / "city.backup"
    filled(database_template, before)
    Tools(processes, database.address_of(before)).copy(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])
    database.create_empty(after)
    tools = Tools(processes, database.address_of(after))
    with pytest.raises(Problem, match="Filling the database"):
        tools.put_back(file)
    assert tools.is_empty()
