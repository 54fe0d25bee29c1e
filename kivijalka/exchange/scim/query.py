"""What a client asks for, put to the database: a filter, an order, a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models import lookups as of_django
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from scim2_models import InvalidFilterException, InvalidPathException, ScimFilter, SearchRequest
from scim2_models.path import (
    AttributeBinding,
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)

from kivijalka.exchange.scim.resources import MOST_RESULTS, PAGE

LOOKUPS: dict[CompareOperator, Callable[..., Any]] = {
    CompareOperator.eq: of_django.Exact,
    CompareOperator.co: of_django.Contains,
    CompareOperator.sw: of_django.StartsWith,
    CompareOperator.ew: of_django.EndsWith,
    CompareOperator.gt: of_django.GreaterThan,
    CompareOperator.ge: of_django.GreaterThanOrEqual,
    CompareOperator.lt: of_django.LessThan,
    CompareOperator.le: of_django.LessThanOrEqual,
}


@dataclass(frozen=True)
class Kept:
    """Where the database keeps an attribute. `folded` is in small letters already.

    `among` says of a condition on a row of another table that there is one for this resource: a group's members.
    """

    at: Combinable
    folded: bool = False
    among: Callable[[Q], Q] | None = None

    def satisfies(self, condition: Any) -> Q:
        return self.among(Q(condition)) if self.among else Q(condition)

    def compared(self, binding: AttributeBinding, op: CompareOperator, given: Any) -> Q:
        """A comparison of RFC 7644, 3.4.2.2. What has no value is unlike any."""
        if op == CompareOperator.ne:
            return ~self.compared(binding, CompareOperator.eq, given) | ~self.present()
        value = coerce_value(binding, given, op)
        if value is None:
            return ~self.present() if op == CompareOperator.eq else Q(pk__in=[])
        at = self.at
        if isinstance(value, str) and not binding.case_exact:
            at, value = (at if self.folded else Lower(at)), value.lower()
        return self.satisfies(LOOKUPS[op](at, value))

    def present(self) -> Q:
        return self.satisfies(of_django.IsNull(self.at, False)) & ~self.satisfies(of_django.Exact(self.at, ""))

    def order(self, binding: AttributeBinding, *, falling: bool) -> Any:
        at = self.at if self.folded or binding.case_exact or binding.target_type is not str else Lower(self.at)
        return at.desc(nulls_first=True) if falling else at.asc(nulls_last=True)  # type: ignore[attr-defined]


Attributes = Mapping[str, Kept]


class _AsQuery(FilterVisitor[Q]):
    """The tree of a filter as a Q. An attribute that this kind of resource has not is without a value."""

    def __init__(self, asked: ScimFilter[Any], attributes: Attributes) -> None:
        self.asked, self.attributes = asked, attributes
        self.within: AttrPath | None = None

    def visit_comparison(self, node: Comparison) -> Q:
        binding = self.asked.resolve_comparison(self._whole(node.attr_path), strict=False)
        if binding is None:
            return Q(pk__in=[])
        return self._kept(binding).compared(binding, node.op, node.value)

    def visit_present(self, node: Present) -> Q:
        binding = self.asked.resolve(self._whole(node.attr_path), strict=False)
        return Q(pk__in=[]) if binding is None else self._kept(binding).present()

    def visit_not(self, node: Not) -> Q:
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        joined = and_ if node.op == LogicalOperator.and_ else or_
        return reduce(joined, map(self.visit, node.terms))

    def visit_value_path(self, node: ValuePath) -> Q:
        """Of all that has several values a resource has one only, or one is compared: the conditions meet on it."""
        self.within, before = node.attr_path, self.within
        try:
            return self.visit(node.val_filter)
        finally:
            self.within = before

    def _whole(self, path: AttrPath) -> AttrPath:
        return AttrPath(self.within.attr, path.attr, self.within.uri) if self.within else path

    def _kept(self, binding: AttributeBinding) -> Kept:
        found = kept_at(binding, self.attributes)
        if found is None:
            raise InvalidFilterException(detail=f"One cannot filter by {binding.urn}.")
        return found


def kept_at(binding: AttributeBinding, attributes: Attributes) -> Kept | None:
    """Where an attribute is kept; a complex one, where its value is."""
    name = binding.field_name + (f".{binding.sub_field_name}" if binding.sub_field_name else "")
    return attributes.get(name) or attributes.get(f"{name}.value")


def filtered(rows: QuerySet[Any], model: Any, asked: SearchRequest[Any], attributes: Attributes) -> QuerySet[Any]:
    """The rows that the filter lets through, in the order that was asked for; else the newest first."""
    if asked.filter is not None:
        bound = ScimFilter[model](str(asked.filter))
        rows = rows.filter(_AsQuery(bound, attributes).visit(bound.ast))
    if asked.sort_by is None:
        return rows.order_by("-id")
    falling = asked.sort_order == SearchRequest.SortOrder.descending
    binding = asked.sort_binding(model)
    kept = kept_at(binding, attributes) if binding else None
    if binding is not None and (kept is None or kept.among is not None):
        raise InvalidPathException(detail=f"One cannot sort by {asked.sort_by}.")
    order = [kept.order(binding, falling=falling)] if binding and kept else []
    return rows.order_by(*order, F("id").asc())


def page_of(asked: SearchRequest[Any]) -> tuple[int, int]:
    """Where the page begins, from 0, and how many resources it may hold."""
    return asked.start_index_0 or 0, min(PAGE if asked.count is None else asked.count, MOST_RESULTS)
