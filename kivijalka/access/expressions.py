"""Expressions of an access rule, each with two spellings: one for a policy, one for a query of a known actor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import BooleanField, F, Field, ForeignKey, Func, IntegerField, Model, Q, UUIDField
from django.db.models.expressions import Expression
from django.db.models.lookups import Lookup
from django.db.models.sql import Query
from django.utils.deconstruct import deconstructible

from kivijalka.access.actor import Actor, current_actor, for_actor

# Beyond this many spans a list of BETWEENs plans slower than the database's own multirange.
MOST_SPANS = 60
# Wordings of one answer that a process keeps.
MOST_WORDED = 64
# Stands in a wording where who acts is put in.
_ANYBODY = Actor(person=UUID(int=1), on_behalf_of=UUID(int=2))


@deconstructible(path="kivijalka.access.expressions.Me")
class Me(Expression):
    """The principal's id. A function call in a policy, a literal in a query (the planner then knows how rare it is)."""

    output_field = UUIDField()

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if writes_a_policy(compiler):
            return "(SELECT kj.actor())", []
        return "%s::uuid", [current_actor().principal]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Me)

    def __hash__(self) -> int:
        return hash(Me)


@deconstructible(path="kivijalka.access.expressions.Self")
class Self(Expression):
    """The id of whoever acts, never of whom they act for. Nobody once they may not act: who has left sees nothing."""

    output_field = UUIDField()

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if writes_a_policy(compiler):
            return "(SELECT kj.person() WHERE kj.actor() IS NOT NULL)", []
        return "%s::uuid", [current_actor().person]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Self)

    def __hash__(self) -> int:
        return hash(Self)


@deconstructible(path="kivijalka.access.expressions.Reach")
class Reach(Expression):
    """Where the actor holds a right: spans of access keys (confidentiality level and unit number in one integer)."""

    output_field = IntegerField()

    def __init__(self, right: str) -> None:
        super().__init__()
        self.right = right

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return f"(SELECT kj.reach('{self.right}'))", []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reach) and other.right == self.right

    def __hash__(self) -> int:
        return hash((Reach, self.right))

    def __repr__(self) -> str:
        return f"Reach({self.right!r})"


@IntegerField.register_lookup
class Within(Lookup):
    """`key__within=Reach(right)`: the row's key lies in the actor's reach."""

    lookup_name = "within"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        key, params = self.process_lhs(compiler, connection)
        reach: Reach = self.rhs
        spans = current_actor().reach(reach.right)
        if writes_a_policy(compiler):
            return f"{key} <@ (SELECT kj.reach('{reach.right}'))", list(params)
        if len(spans) > MOST_SPANS:
            # coalesce hides the operator's tiny estimate, which together with the policy's would spoil the plan.
            return f"coalesce({key} <@ (SELECT kj.reach('{reach.right}')), false)", list(params)
        if not spans:
            return "false", []
        return "(" + " OR ".join(f"({key} >= {low} AND {key} < {high})" for low, high in spans) + ")", list(params) * (
            2 * len(spans)
        )


# A new unit has a number that nobody reaches yet: the one above it is asked, by the key that points at it.
ForeignKey.register_lookup(Within)


class Answer(Expression):
    """Whether a rule lets the acting person through to a row. Built once, worded once for each reach of its rights; only who
    acts is put in with each query."""

    output_field = BooleanField()

    def __init__(self, model: type[Model], rule: Q, rights: Iterable[str]) -> None:
        super().__init__()
        self.where = Query(model).build_where(rule)
        self.rights = sorted(rights)
        self.worded: dict[Any, tuple[str, tuple[Any, ...]]] = {}

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Answer:
        """Itself: it is of one table, and has no parts to be found in a query."""
        return self

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        actor = current_actor()
        reaches = tuple(tuple(actor.reach(right)) for right in self.rights)
        if reaches not in self.worded:
            if len(self.worded) >= MOST_WORDED:
                self.worded.clear()
            with for_actor(replace(_ANYBODY, reaches=actor.reaches)):
                self.worded[reaches] = self._words(compiler)
        text, params = self.worded[reaches]
        ids = {id(_ANYBODY.person): actor.person, id(_ANYBODY.principal): actor.principal}
        return text, [ids.get(id(param), param) for param in params]

    def _words(self, compiler: Any) -> tuple[str, tuple[Any, ...]]:
        try:
            text, params = compiler.compile(self.where)
        except FullResultSet:
            return "true", ()
        except EmptyResultSet:
            return "false", ()
        return f"coalesce(({text}), false)", tuple(params)

    __eq__, __hash__ = object.__eq__, object.__hash__


def past_of(table: str) -> str:
    """What a rule asks of the past where it asks a table today: the nodes of all registers stand there in one table."""
    return "seen_node" if table == "register_node" else table


@deconstructible(path="kivijalka.access.expressions.SeenParent")
class SeenParent(Func):
    """Whether the row that this one is a part of is seen: its own policy answers."""

    output_field: Field[Any, Any] = BooleanField()

    def __init__(self, column: str, table: str) -> None:
        super().__init__(F(column))
        self.table = table

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        column, params = compiler.compile(self.get_source_expressions()[0])
        table = self.table if writes_a_policy(compiler) or current_actor().as_of is None else past_of(self.table)
        return f'EXISTS (SELECT 1 FROM "{table}" parent WHERE parent.id = {column})', list(params)


@deconstructible(path="kivijalka.access.expressions.WritableNode")
class WritableNode(Func):
    """Whether the record behind a node may be changed: by the rule of its own register.

    The planner takes the function apart, so that the reach is worked out once per statement, not once per row.
    """

    output_field: Field[Any, Any] = BooleanField()

    def __init__(self, column: str) -> None:
        super().__init__(F(column))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        column, params = compiler.compile(self.get_source_expressions()[0])
        return f"EXISTS (SELECT 1 FROM kj.writable() writable(id) WHERE writable.id = {column})", list(params)


@deconstructible(path="kivijalka.access.expressions.Attached")
class Attached(Func):
    """Whether a content is attached to a record that is seen; one that was withdrawn, to a record that may be changed."""

    output_field: Field[Any, Any] = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        writable = "SELECT 1 FROM kj.writable() writable(id) WHERE writable.id = attached.record_id"
        return (
            'EXISTS (SELECT 1 FROM "register_attachment" attached WHERE attached.content_id = "register_content".id'
            f" AND (attached.withdrawn_at IS NULL OR EXISTS ({writable})))"
        ), []


@deconstructible(path="kivijalka.access.expressions.HeldBelow")
class HeldBelow(Func):
    """Whether the acting person holds a role at a unit or at one below it: what concerns the unit concerns them."""

    output_field: Field[Any, Any] = BooleanField()

    def __init__(self, column: str) -> None:
        super().__init__(F(column))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        column, params = compiler.compile(self.get_source_expressions()[0])
        return f"{column} <@ (SELECT kj.above())", list(params)


@deconstructible(path="kivijalka.access.expressions.Among")
class Among(Func):
    """Whether a function of the database names what `column` holds, for whoever acts."""

    output_field: Field[Any, Any] = BooleanField()

    def __init__(self, column: str, function: str) -> None:
        super().__init__(F(column))
        self.named_by = function

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        column, params = compiler.compile(self.get_source_expressions()[0])
        return f"{column} IN (SELECT {self.named_by}())", list(params)


def writes_a_policy(compiler: Any) -> bool:
    """Policies are compiled through a query marked by `policy.sql_of`."""
    return bool(getattr(compiler.query, "for_policy", False))
