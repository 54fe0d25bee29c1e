"""Databases of a test run: one template, migrated once as the tables' owner, and a copy for each worker."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from kivijalka.web.settings import database

MISSING = "This test needs a database: run ./run test, which starts one and gives its address."
LOCALE = "locale_provider builtin builtin_locale 'C.UTF-8' template template0"


def address(role: str) -> str:
    """The test server's address for a role: SUPER, OWNER or APP. Raises LookupError outside of `./run test`."""
    found = os.environ.get(f"KIVIJALKA_TEST_{role}_URL")
    if not found:
        raise LookupError(f"{MISSING} (KIVIJALKA_TEST_{role}_URL is not set.)")
    return found


def address_of(name: str, role: str = "OWNER") -> str:
    """The address of one database of the test server."""
    return urlunsplit(urlsplit(address(role))._replace(path=f"/{name}"))


def name_of(what: str) -> str:
    """The name of a database of this run; runs beside one another do not meet."""
    return f"kj_test_{os.environ['KIVIJALKA_TEST_RUN']}_{what}"


def make_template(lock: Path) -> str:
    """The migrated template's name. Whoever comes first makes it, the others wait for the lock.

    A run within a test may begin with what the outer one migrated.
    """
    name, outer = name_of("template"), os.environ.get("KIVIJALKA_TEST_TEMPLATE")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not exists(name):
            clone(outer, name) if outer else create_empty(name)
            with connected_to(name):
                call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    return name


def clone(template: str, name: str) -> None:
    """A copy of the template. The template must have no connection."""
    _create(name, f'template "{template}" strategy wal_log')


def create_empty(name: str) -> None:
    """A database without tables."""
    _create(name, LOCALE)


def drop_all_of_this_run() -> None:
    """Remove what this run made; connections that a broken test left are ended."""
    pattern = name_of("%").replace("_", r"\_")
    with _server() as cursor:
        cursor.execute("select datname from pg_database where datname like %s", [pattern])
        names = [row[0] for row in cursor.fetchall()]
    for name in names:
        drop(name)


def drop(name: str) -> None:
    # As superuser where there is one: PostgreSQL's own workers in the database are not the owner's to end.
    with _server("SUPER" if "KIVIJALKA_TEST_SUPER_URL" in os.environ else "OWNER") as cursor:
        cursor.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def exists(name: str) -> bool:
    with _server() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", [name])
        return cursor.fetchone() is not None


@contextmanager
def connected_to(name: str, role: str = "OWNER") -> Iterator[None]:
    """Django's connection goes to this database until the block ends."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(database(address_of(name, role)))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def _create(name: str, how: str) -> None:
    with _server() as cursor:
        cursor.execute(sql.SQL("create database {} {}").format(sql.Identifier(name), sql.SQL(how)))


@contextmanager
def _server(role: str = "OWNER") -> Iterator[psycopg.Cursor]:
    with psycopg.connect(address_of("postgres", role), autocommit=True) as server, server.cursor() as cursor:
        yield cursor
