"""What a model says of access, as a constraint: `makemigrations` sees it, PostgreSQL enforces it as row-level security."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BaseConstraint, Model, Q
from django.db.models.sql import Query
from psycopg import sql

from kivijalka.access.rules import rights_in


def sql_of(rule: Q, model: type[Model], connection: Any) -> str:
    """The rule as SQL of a policy on the model's table, without parameters."""
    query = Query(model, alias_cols=False)
    query.for_policy = True  # type: ignore[attr-defined]  # read back by the expressions' as_sql
    where = query.build_where(rule)
    try:
        text, params = query.get_compiler(connection=connection).compile(where)
    except EmptyResultSet:
        return "false"
    return str(text % tuple(_quoted(value) for value in params)) if params else str(text)


def _quoted(value: Any) -> str:
    return sql.Literal(value).as_string(None)


class Access(BaseConstraint):
    """Rights on a model's rows, one `Q` each, declared among its constraints. `verbs` names the commands whose right
    differs from `edit`.

    As a constraint it is row-level security of the table. The fourth policy lets the tables' owner through, so that
    migrations and the loader work with FORCE on.
    """

    def __init__(self, *, name: str, see: Q, add: Q, edit: Q, verbs: dict[str, Q] | None = None) -> None:
        super().__init__(name=name)
        self.see, self.add, self.edit, self.verbs = see, add, edit, verbs or {}

    def may(self, verb: str) -> Q:
        """The rule for a command by its name: its own, or that of editing."""
        return self.add if verb == "add" else self.verbs.get(verb, self.edit)

    @property
    def write(self) -> Q:
        """Any of the rights that change a row: what the database lets through."""
        # In the order of names: a migration writes them so, and the stored rule is compared with this one.
        return reduce(or_, (self.verbs[name] for name in sorted(self.verbs)), self.edit)

    def rights(self) -> set[str]:
        """Names of all rights that the rules ask for."""
        rules = [self.see, self.add, self.edit, *self.verbs.values()]
        return {right for rule in rules for right in rights_in(rule)}

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "see": self.see, "add": self.add, "edit": self.edit, "verbs": self.verbs}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Access) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The database decides; a form has nothing to add."""

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Nothing inside CREATE TABLE: policies are statements of their own, run when the table exists."""
        for statement in self.statements(model, schema_editor):
            schema_editor.deferred_sql.append(statement)
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        return ";\n".join(self.statements(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        table = model._meta.db_table
        drops = [f'DROP POLICY IF EXISTS {name} ON "{table}"' for name in ("see", "add", "write", "owner")]
        # Security stays on: between two rules a table shows nothing rather than everything.
        return ";\n".join(drops)

    def statements(self, model: Any, schema_editor: Any) -> list[str]:
        table = model._meta.db_table
        see, add, write = (sql_of(rule, model, schema_editor.connection) for rule in (self.see, self.add, self.write))
        return [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY see ON "{table}" FOR SELECT TO kj_app USING ({see})',
            f'CREATE POLICY add ON "{table}" FOR INSERT TO kj_app WITH CHECK ({add})',
            f'CREATE POLICY write ON "{table}" FOR UPDATE TO kj_app USING ({write}) WITH CHECK ({write})',
            f'CREATE POLICY owner ON "{table}" TO kj_owner USING (true) WITH CHECK (true)',
        ]
