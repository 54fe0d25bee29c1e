"""What the database's constraints say to people, by the constraint's name; and constraints over more than one row."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import BaseConstraint
from django.utils.translation import gettext_lazy as _


def message_of(name: str) -> Any:
    """The text declared with the constraint; a general one where none is."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if (
                constraint.name == name
                and constraint.violation_error_message != constraint.default_violation_error_message
            ):
                return constraint.violation_error_message
    return _("This contradicts what is stored already. Nothing was saved.")


class Guard(BaseConstraint):
    """What must hold of a row beyond its own columns, or against what it was: a trigger, declared among the constraints.

    `holds` is SQL over `new` and, on update, `old`; it sees all rows, whoever writes. A row for which it does not hold
    is refused at every door, raw SQL and the tables' owner included, with the constraint's own message. With
    `of_site` only what the site's role writes itself: not what a function of the owner does on its behalf. `alone` is SQL of
    a text: rows of the same one are judged one transaction after another, as neither sees what the other has not ended yet.
    """

    def __init__(
        self,
        *,
        name: str,
        holds: str,
        on: str = "insert or update",
        of_site: bool = False,
        alone: str = "",
        violation_error_message: Any,
    ) -> None:
        super().__init__(name=name, violation_error_message=violation_error_message)
        self.holds, self.on, self.of_site, self.alone = holds, on, of_site, alone

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        of_site = {"of_site": True} if self.of_site else {}
        alone = {"alone": self.alone} if self.alone else {}
        return path, args, {**kwargs, "holds": self.holds, "on": self.on, **of_site, **alone}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Guard) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The database decides; a form has nothing to add."""

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Nothing inside CREATE TABLE: a trigger is a statement of its own, run when the table exists."""
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        table = model._meta.db_table
        when = "when (current_user = 'kj_app')" if self.of_site else ""
        # A statement of its own: what is judged next sees what was ended meanwhile. No text, no wait.
        wait = (
            f" perform pg_advisory_xact_lock(hashtextextended('{self.name} ' || ({self.alone}), 0));"
            if self.alone
            else ""
        )
        return (
            # Or replace: when a table is taken out again, its guards' functions stay.
            f'create or replace function kj."{self.name}"() returns trigger language plpgsql security definer'
            f" set search_path = public, pg_temp as $$ begin{wait}"
            f" if not coalesce(({self.holds}), false) then raise check_violation using constraint = '{self.name}',"
            f" message = '{self.name} on {table}'; end if; return null; end $$;"
            f' create trigger "{self.name}" after {self.on} on "{table}" for each row {when}'
            f' execute function kj."{self.name}"()'
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        return f'drop trigger "{self.name}" on "{model._meta.db_table}"; drop function kj."{self.name}"()'
