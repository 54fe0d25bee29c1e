"""Databases of `bench/pages.py`: the example city of a size, its risks multiplied, and three readers of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from kivijalka.example.city import make_city
from kivijalka.example.loader import load
from kivijalka.meetings.models import Meeting
from kivijalka.organisation.models import Account, Person, Role
from kivijalka.web.settings import database

NAME = "kivijalka_pages"
VARIABLES = {"owner": "DATABASE_URL", "site": "APP_DATABASE_URL"}
LOCALE = "locale_provider builtin builtin_locale 'C.UTF-8' template template0"
WHOLE, SECTOR = "chief_executive", "sector_director"
HOLDER = """
    select person_id from organisation_role r join organisation_unit u on u.number = r.unit_id
    where r.kind_id = %s and (r."end" is null or r."end" >= kj.today()) and u."end" is null
    order by u.kind = 'sector' desc, r.unit_id, r.id limit 1
"""
# Far apart in the tree, with nothing below them, and with some risks each.
FIVE_UNITS = """
    with leaf as (
        select unit_id number, row_number() over (order by unit_id) place, count(*) over () / 5 step from (
            select unit_id from risks_risk
            where unit_id not in (select parent_id from organisation_unit where parent_id is not null)
            group by unit_id having count(*) >= 3
        ) found
    )
    select number from leaf where place % greatest(1, step) = 0 order by place limit 5
"""
# Everything else of a copied risk follows from triggers: code, access key, node with its words, history.
MULTIPLY = """
    insert into risks_risk ({names})
    select {values} from risks_risk r cross join generate_series(1, %s) copy order by copy, r.id
"""
# A unit has no two risks of one title, so that a copy is known by it.
MULTIPLY_ASSESSMENTS = """
    insert into risks_assessment ({names})
    select {values} from risks_assessment r join risks_risk first on first.id = r.risk_id
    cross join generate_series(1, %s) copy
    join risks_risk made on made.unit_id = first.unit_id and made.title = first.title || ' ' || copy
    order by copy, r.at, r.id
"""
OWN = {"id", "code", "key"}
COPIED = {"title": "title || ' ' || copy", "version": "1", "risk_id": "made.id"}


@contextmanager
def city(size: Literal["small", "city"]) -> Iterator[None]:
    """A database with the example city, which Django's connection goes to; dropped afterwards."""
    with tables():
        load(make_city(1, size, date.today()))
        yield


@contextmanager
def tables() -> Iterator[None]:
    """A database with empty tables, which Django's connection goes to; dropped afterwards."""
    _drop()
    _server("create database {} " + LOCALE)
    before = dict(connection.settings_dict)
    try:
        _connect("DATABASE_URL")
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
        _drop()


@contextmanager
def connected_as(role: Literal["owner", "site"]) -> Iterator[None]:
    """As the tables' owner, or as the site's role."""
    before = dict(connection.settings_dict)
    _connect(VARIABLES[role])
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def address_of(role: Literal["owner", "site"]) -> str:
    """The database's address, for a process of its own."""
    return _address(VARIABLES[role], NAME)


def readers() -> dict[str, UUID]:
    """Who looks at the pages, by how much they see."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDER, [WHOLE])
        whole = cursor.fetchone()[0]
        cursor.execute(HOLDER, [SECTOR])
        sector = cursor.fetchone()[0]
        cursor.execute(FIVE_UNITS)
        numbers = [row[0] for row in cursor.fetchall()]
    found = {"sees all": whole, "a sector": sector, "five units": _head_of(numbers)}
    for person in found.values():
        unit = Role.objects.filter(person=person).order_by("unit_id").values_list("unit_id", flat=True)[0]
        Meeting.objects.create(unit_id=unit, title="Bench", day=date.today(), owner_id=person, chair_id=person)
    return found


def _head_of(numbers: list[int]) -> UUID:
    """Somebody made for this: the head of five units that have nothing to do with one another."""
    start = date(2020, 1, 1)
    name = {"given_name": "Viisi", "family_name": "Yksikköä", "email": "viisi@esimerkki.example"}
    head = Person.objects.create(unit_id=numbers[0], start=start, **name)
    Role.objects.bulk_create(Role(person=head, kind_id="unit_head", unit_id=n, start=start) for n in numbers)
    Account.objects.create(person=head, email=head.email, password="!")
    return head.pk


def multiply(times: int) -> None:
    """Each risk so many times, at its own unit, as it was assessed; measured afterwards as autovacuum would."""
    with connection.cursor() as cursor:
        for table, copies in (("risks_risk", MULTIPLY), ("risks_assessment", MULTIPLY_ASSESSMENTS)):
            cursor.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped",
                [table],
            )
            names = [row[0] for row in cursor.fetchall() if row[0] not in OWN]
            values = [COPIED.get(name, f'r."{name}"') for name in names]
            listed = ", ".join(f'"{name}"' for name in names)
            cursor.execute(copies.format(names=listed, values=", ".join(values)), [times - 1])
        cursor.execute("vacuum analyze")


def rows_of(table: str) -> int:
    """How many rows a table has."""
    with connection.cursor() as cursor:
        cursor.execute(f'select count(*) from "{table}"')
        return int(cursor.fetchone()[0])


def _connect(variable: str) -> None:
    connection.close()
    connection.settings_dict.update(database(_address(variable, NAME)))


def _address(variable: str, name: str) -> str:
    return urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{name}"))


def _drop() -> None:
    """Drop it; where PostgreSQL's own cleaning is at work in it, which is not ours to end, when that has moved on."""
    for left in reversed(range(60)):
        try:
            return _server("drop database if exists {} with (force)")
        except psycopg.errors.InsufficientPrivilege:
            if not left:
                raise
            time.sleep(1)


def _server(statement: str) -> None:
    with psycopg.connect(_address("DATABASE_URL", "postgres"), autocommit=True) as server:
        command: Any = sql.SQL(statement)  # type: ignore[arg-type]  # put together from declared names
        server.execute(command.format(sql.Identifier(NAME)))
