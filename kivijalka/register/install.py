"""What the database derives from the declarations, written after every migrate: history, graph, grants.

Writing it again changes nothing. `manage check --database default` compares it with the declarations.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.sessions.models import Session
from django.db import connections
from django.dispatch import Signal

from kivijalka.access import Access
from kivijalka.register import drift, graph, imports, trail
from kivijalka.register.models import Kept
from kivijalka.register.own import database as own
from kivijalka.register.registry import REGISTERS, kept_models
from kivijalka.register.sealing import entries

# Rooms add what only they know (organisation: which roles grant which rights).
installed = Signal()


def after_migrate(sender: AppConfig, using: str = "default", plan: Any = None, **kwargs: Any) -> None:
    """Once per migrate, after the last app: only then do all tables stand. On the way back to an older house, which writes
    the rest itself, the history goes on with the columns that are left."""
    last = [config for config in apps.get_app_configs() if config.models_module][-1]
    goes_back = any(backwards for _migration, backwards in plan or ())
    if sender.label != last.label:
        return
    if goes_back:
        with connections[using].cursor() as cursor:
            for model in kept_models():
                trail.keep(cursor, model)
    elif _tables_stand(using):
        install(using)


def install(using: str = "default") -> None:
    """Write history, graph and grants for all registers. Runs as the tables' owner."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("create schema if not exists asof; grant usage on schema asof to kj_app")
        for model in kept_models():
            trail.install(cursor, model)
        entries.install(cursor, kept_models())
        own.install(cursor)
        graph.install(cursor)
        imports.install(cursor)
        for model in kept_models():
            trail.protect(cursor, model, connection)
        _sequences(cursor)
        _grants(cursor)
    installed.send(sender=None, using=using)


def rights() -> set[str]:
    """Names of all rights that any declared rule asks for."""
    rules = [rule for model in drift.protected_models() for rule in model._meta.constraints if isinstance(rule, Access)]
    return {right for rule in rules for right in rule.rights()}


def _tables_stand(using: str) -> bool:
    tables = set(connections[using].introspection.table_names())
    return all(register.model._meta.db_table in tables for register in REGISTERS.values())


def _sequences(cursor: Any) -> None:
    for register in REGISTERS.values():
        field = register.model._meta.get_field("code")
        cursor.execute(f"create sequence if not exists kj.code_{field.prefix.lower()}")
        cursor.execute(f"grant usage on sequence kj.code_{field.prefix.lower()} to kj_app")


def _grants(cursor: Any) -> None:
    """What the site's role may touch at all. Nothing is deleted but sessions."""
    cursor.execute("grant usage on schema public, kj, history to kj_app")
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            cursor.execute(f'grant {_grant(model)} on "{model._meta.db_table}" to kj_app')
    _jobs(cursor)
    cursor.execute("grant usage on all sequences in schema public to kj_app")


def _jobs(cursor: Any) -> None:
    """The library of jobs keeps its own tables; its arguments are ids, never texts."""
    cursor.execute("select tablename from pg_tables where schemaname = 'public' and tablename like 'procrastinate%'")
    for (table,) in cursor.fetchall():
        cursor.execute(f'grant select, insert, update, delete on "{table}" to kj_app')


def _grant(model: Any) -> str:
    if model is Session:
        return "select, insert, update, delete"
    if issubclass(model, Kept):
        return "select, insert, update"
    return str(getattr(model, "site_may", "select"))
