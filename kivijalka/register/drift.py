"""Where the database differs from the declarations: the policies of tables, histories and nodes, and who connects.

PostgreSQL rewrites a rule when it stores it. So the declared rule is put on a temporary table of the same shape and
name, and what is stored there is compared with what is stored on the real one; any role may do that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from kivijalka.access.policy import Access, sql_of
from kivijalka.register import graph, past_nodes, trail
from kivijalka.register.models import Kept

OWNER = "TO kj_owner USING (true) WITH CHECK (true)"


@dataclass(frozen=True)
class Difference:
    """One thing that a table lets through, or not, against its declaration."""

    table: str
    words: str


def differences(connection: Any, models: Sequence[type[Model]]) -> list[Difference]:
    """All differences, tables in the order of their names. Nothing stays in the database."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("set local client_min_messages = warning")
        found = [
            difference
            for schema, table, declared in expected(connection, models)
            for difference in _compare(cursor, schema, table, declared)
        ]
        return found + list(_open_views(cursor)) + list(_functions(cursor))


def protected_models() -> list[type[Model]]:
    """Every model with a rule of access, kept or not."""
    return [m for m in apps.get_models() if any(isinstance(constraint, Access) for constraint in m._meta.constraints)]


def expected(connection: Any, models: Sequence[type[Model]]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Schema, table and policies (name to definition) as declared."""
    for model in models:
        table = model._meta.db_table
        access = next(constraint for constraint in model._meta.constraints if isinstance(constraint, Access))
        see, add, write = (sql_of(rule, model, connection) for rule in (access.see, access.add, access.write))
        yield (
            "public",
            table,
            {
                "see": f"FOR SELECT TO kj_app USING ({see})",
                "add": f"FOR INSERT TO kj_app WITH CHECK ({add})",
                "write": f"FOR UPDATE TO kj_app USING ({write}) WITH CHECK ({write})",
                "owner": OWNER,
            },
        )
        if issubclass(model, Kept):
            yield "history", table, {"see": f"FOR SELECT TO kj_app USING ({trail.past_rule(see)})", "owner": OWNER}
    for schema, table in (("public", graph.NODE), ("history", past_nodes.TABLE)):
        yield schema, table, {"see": f"FOR SELECT TO kj_app USING ({graph.shapes('see')})", "owner": OWNER}


def powers_of(connection: Any) -> list[str]:
    """What lets the connection's role pass the rules by: superuser, BYPASSRLS, or owning a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper, rolbypassrls, exists (select 1 from pg_class c join pg_namespace n on n.oid = relnamespace"
            " where relkind = 'r' and nspname in ('public', 'history') and pg_has_role(r.oid, relowner, 'usage'))"
            " from pg_roles r where rolname = current_user"
        )
        answers = cursor.fetchone()
    words = ("is a superuser", "has BYPASSRLS", "owns tables")
    return [word for word, is_so in zip(words, answers, strict=True) if is_so]


def _compare(cursor: Any, schema: str, table: str, declared: dict[str, str]) -> Iterator[Difference]:
    cursor.execute(
        "select c.relrowsecurity and c.relforcerowsecurity from pg_class c where c.oid = to_regclass(%s)",
        [f'{schema}."{table}"'],
    )
    row = cursor.fetchone()
    name = f"{schema}.{table}"
    if row is None:
        yield Difference(name, "the table is not there.")
        return
    if not row[0]:
        yield Difference(name, "row-level security is off, or not forced.")
    there, wanted = _stored(cursor, schema, table), _as_stored(cursor, schema, table, declared)
    for policy in sorted(there.keys() | wanted.keys()):
        if policy not in there:
            yield Difference(name, f"the policy {policy!r} is missing.")
        elif policy not in wanted:
            yield Difference(name, f"the policy {policy!r} is not declared.")
        elif there[policy] != wanted[policy]:
            yield Difference(name, f"the policy {policy!r} differs from the declared rule.")


def _as_stored(cursor: Any, schema: str, table: str, declared: dict[str, str]) -> dict[str, tuple[Any, ...]]:
    """The declared policies as PostgreSQL stores them."""
    cursor.execute(f'create temporary table "{table}" (like {schema}."{table}" including generated)')
    for policy, definition in declared.items():
        cursor.execute(f'create policy {policy} on pg_temp."{table}" {definition}')
    cursor.execute("select nspname from pg_namespace where oid = pg_my_temp_schema()")
    stored = _stored(cursor, cursor.fetchone()[0], table)
    cursor.execute(f'drop table pg_temp."{table}"')
    return stored


def _stored(cursor: Any, schema: str, table: str) -> dict[str, tuple[Any, ...]]:
    cursor.execute(
        "select policyname, permissive, roles::text, cmd, qual, with_check from pg_policies"
        " where schemaname = %s and tablename = %s",
        [schema, table],
    )
    return {row[0]: row[1:] for row in cursor.fetchall()}


def _open_views(cursor: Any) -> Iterator[Difference]:
    """Views of the past that would ask the rules as their owner, who sees all."""
    cursor.execute(
        "select relname from pg_class where relnamespace = to_regnamespace('asof') and relkind = 'v'"
        " and not coalesce('security_invoker=true' = any(reloptions), false) order by relname"
    )
    for (name,) in cursor.fetchall():
        yield Difference(f"asof.{name}", "the view does not ask the rules of whoever reads it.")


def _functions(cursor: Any) -> Iterator[Difference]:
    """The search and the right to change a node hold rules of their own, as text."""
    for function, right in (("match", "see"), ("writable", "write")):
        cursor.execute(
            "select coalesce(bool_and(position(%s in prosrc) > 0), false) from pg_proc"
            " where proname = %s and pronamespace = to_regnamespace('kj')",
            [f"({graph.shapes(right)})", function],
        )
        if not cursor.fetchone()[0]:
            yield Difference(f"kj.{function}", "the function does not hold the declared rule.")
