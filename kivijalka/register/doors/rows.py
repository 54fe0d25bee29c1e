"""Rows of a register as every door reads them: scoped, filtered, sorted, a page at a time."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F, Field, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.access.expressions import Me
from kivijalka.access.rules import leaves, rights_in
from kivijalka.register.command import can
from kivijalka.register.declare import Part, Register
from kivijalka.register.doors.filters import filters_of
from kivijalka.register.doors.panels import asked_along
from kivijalka.register.doors.related import relate
from kivijalka.register.models import FinnishOrder
from kivijalka.register.refusal import Invalid, NotThere, Refused

PAGE = 50
# Parameters of a list that are no filters.
NOT_FILTERS = {"show", "sort", "after", "before", "last", "as_of", "size", "format", "column", "density"}


@dataclass
class Page:
    """One page of rows. `before` and `after` are cursors: positions, not counts, so the last page is as fast as the first."""

    rows: list[Any]
    total: int
    before: str | None
    after: str | None
    sort: str
    filters: Any = field(repr=False)


def all_rows(register: Register[Any], params: QueryDict) -> tuple[QuerySet[Any], Any]:
    """Every row within reach that is offered and the filters let through, and the filters. Raises Invalid for a filter
    not understood."""
    filters = filters_of(register.key)(params, queryset=register.model.objects.offered())
    unknown = set(params) - set(filters.filters) - NOT_FILTERS
    mistakes = {} if filters.is_valid() else {name: list(texts) for name, texts in filters.errors.items()}
    names = ", ".join(sorted(filters.filters))
    mistakes |= {name: [_("There is no such filter. There are: %s.") % names] for name in sorted(unknown)}
    if mistakes:
        raise Invalid(mistakes)
    return filters.qs, filters


def page(register: Register[Any], params: QueryDict, *, size: int = PAGE, verbs: bool = False) -> Page:
    """The page that the address names, in at most four queries.

    `verbs` puts `can_<verb>` on each row: for who can't ask a row by itself, as it costs as much as the rest.
    """
    queryset, filters = all_rows(register, params)
    sort = _sort(register, params.get("sort") or register.sort)
    total = queryset.order_by().count()
    annotated = queryset.annotate(**can(register.model, register.all_commands)) if verbs else queryset
    backwards = "before" in params or "last" in params
    cursor = _read(params.get("before") or params.get("after"), register.field(sort.lstrip("-")))
    found = _from(annotated, sort, cursor, backwards=backwards, most=size + 1)
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    has_before = more if backwards else cursor is not None
    has_after = ("before" in params) if backwards else more
    return Page(
        rows=relate(rows, register.related),
        total=total,
        before=_write(rows[0], sort) if rows and has_before else None,
        after=_write(rows[-1], sort) if rows and has_after else None,
        sort=sort,
        filters=filters,
    )


def one(register: Register[Any], pk: UUID | str, **more: Any) -> Any:
    """One record with its `can_<verb>` and `right_<verb>`, and with more annotations. One out of reach is answered as one
    that is not there."""
    told = {**can(register.model, register.all_commands), **asked_along(register), **more}
    record = found(register.model.objects.seen().annotate(**told), pk)
    return relate([record], register.related)[0]


def found(rows: QuerySet[Any], pk: UUID | str) -> Any:
    """The row of this id among these; none such, and what is no id, is answered as one that is not there."""
    try:
        row = rows.filter(pk=UUID(str(pk))).first()
    except ValueError:
        raise NotThere from None
    if row is None:
        raise NotThere
    return row


def of_part(part: Part, record: Any) -> QuerySet[Any]:
    """The rows of a part that belong to a record, in their declared order."""
    return part.model.objects.seen().filter(**{part.parent: record.pk}).order_by(*part.order)


def why_not(record: Any, verb: str) -> Refused | None:
    """Why the acting person cannot do this with a record read by `one`. None: they can."""
    if not getattr(record, f"right_{verb}"):
        return Refused(_("You do not have the right to do this here."), code="no_right")
    if not getattr(record, f"can_{verb}"):
        return Refused(_("This cannot be done in the record's present state."), code="state")
    return None


def may_add(register: Register[Any], actor: Actor) -> bool:
    """Whether this person may add anything anywhere, today; where exactly, the database decides on saving."""
    return register.adds and _may_somewhere(register.access.add, actor)


def begins_of(register: Register[Any], actor: Actor) -> tuple[str, Any] | None:
    """The page that leads to a register's first records, for whoever may add some."""
    return register.begins if may_add(register, actor) else None


def may_change(register: Register[Any], actor: Actor) -> bool:
    """Whether this person may change any record, today; which, the database decides."""
    return _may_somewhere(register.access.write, actor)


def _may_somewhere(rule: Q, actor: Actor) -> bool:
    """Whether the rule's right is held anywhere, or lets through to what is one's own."""
    own = actor.principal is not None and any(isinstance(leaf, Me) for leaf in leaves(rule))
    return actor.as_of is None and (own or any(actor.holds(right) for right in rights_in(rule)))


def sortable(register: Register[Any]) -> set[str]:
    """Names of the fields that rows can be sorted by."""
    return {column.field for column in register.shown if column.sort} | {register.sort.lstrip("-")}


def _sort(register: Register[Any], wanted: str) -> str:
    if wanted.removeprefix("-") not in sortable(register):
        names = ", ".join(sorted(sortable(register)))
        raise Refused(_("One cannot sort by this. Sort by one of: %s.") % names, code="invalid", field="sort")
    return wanted


def _from(rows: QuerySet[Any], sort: str, cursor: Any, *, backwards: bool, most: int) -> list[Any]:
    """Rows from a position on, in two stretches where the field may be empty: values, then (at the end) no value."""
    name, falling = sort.lstrip("-"), sort.startswith("-") != backwards
    field = rows.model._meta.get_field(name)
    stretches = [False, True] if field.null else [False]
    if field.null and backwards:
        stretches.reverse()
    if cursor is not None:
        stretches = stretches[stretches.index(cursor[0] is None) :] if (cursor[0] is None) in stretches else []
    found: list[Any] = []
    for empty in stretches:
        at = cursor if cursor is not None and (cursor[0] is None) == empty else None
        found += _stretch(rows, name, at, empty=empty, falling=falling)[: most - len(found)]
        if len(found) >= most:
            break
    return found


def _stretch(rows: QuerySet[Any], name: str, at: Any, *, empty: bool, falling: bool) -> QuerySet[Any]:
    beyond = "lt" if falling else "gt"
    sign = "-" if falling else ""
    if empty:
        part = rows.filter(**{f"{name}__isnull": True}).order_by(f"{sign}id")
        return part.filter(**{f"id__{beyond}": at[1]}) if at else part
    part, key = _keyed(rows, name)
    if part.model._meta.get_field(name).null:
        part = part.filter(**{f"{name}__isnull": False})
    if at:
        # The first condition bounds the index scan; the second settles ties by id.
        beyond_row = Q(**{f"{key}__{beyond}": at[0]}) | Q(**{key: at[0], f"id__{beyond}": at[1]})
        part = part.filter(Q(**{f"{key}__{beyond}e": at[0]}) & beyond_row)
    return part.order_by(f"{sign}{key}", f"{sign}id")


def _keyed(rows: QuerySet[Any], name: str) -> tuple[QuerySet[Any], str]:
    """A name sorts in Finnish order; a foreign key by what it holds."""
    field = rows.model._meta.get_field(name)
    if _is_name(field):
        return rows.annotate(finnish_order=FinnishOrder(name)), "finnish_order"
    return rows, field.attname


@cache
def _is_name(field: Field[Any, Any]) -> bool:
    expressions = [expression for index in field.model._meta.indexes for expression in index.expressions]
    return any(isinstance(e, FinnishOrder) and F(field.name) in e.get_source_expressions() for e in expressions)


def _write(row: Any, sort: str) -> str:
    field = row._meta.get_field(sort.lstrip("-"))
    value = getattr(row, "finnish_order", None) if _is_name(field) else getattr(row, field.attname)
    text = "" if value is None else f"={value.isoformat() if hasattr(value, 'isoformat') else value}"
    return urlsafe_b64encode(f"{row.pk}{text}".encode()).decode().rstrip("=")


def _read(cursor: str | None, field: Field[Any, Any]) -> tuple[Any, UUID] | None:
    if not cursor:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        key, sign, value = text.partition("=")
        return (_position(field, value) if sign else None), UUID(key)
    except (ValueError, ValidationError) as error:
        raise Refused(
            _("This position in the list is not understood. Begin at the first page."), code="invalid"
        ) from error


def _position(field: Field[Any, Any], value: str) -> Any:
    """The value of a cursor as the field holds it; the order of names is a text of its own."""
    if "\x00" in value:
        raise ValueError("no column holds this character")
    if _is_name(field):
        return value
    return getattr(field, "target_field", field).to_python(value)
