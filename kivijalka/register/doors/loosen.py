"""A list that its filters leave empty: which of them to loosen, and what that would show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, TextField, Value
from django.http import QueryDict

from kivijalka.register.declare import Register
from kivijalka.register.doors.show import address_of, chips_of


@dataclass(frozen=True)
class Way:
    """One filter left out: what it asks, in words; the list's address without it; how many rows that shows."""

    words: str
    address: str
    rows: int


def ways_out(register: Register[Any], params: QueryDict, filters: Any) -> list[Way]:
    """Each filter that alone keeps rows from being shown, the one that shows most first; one query counts them all."""
    chips = chips_of(params, filters.form)
    rows = _rows_without(register, filters, list(dict.fromkeys(chip["name"] for chip in chips)))
    ways = []
    for name in filter(rows.get, rows):
        asked = [chip for chip in chips if chip["name"] == name]
        words = f"{asked[0]['label']}: {', '.join(chip['words'] for chip in asked)}"
        ways.append(Way(words, address_of(params, {name: []}), rows[name]))
    return sorted(ways, key=lambda way: -way.rows)


def _rows_without(register: Register[Any], filters: Any, names: list[str]) -> dict[str, int]:
    """How many rows there are without each of the filters. Each is asked once, as the search itself is a query."""
    everything = register.model.objects.all()
    given = {name: filters.filters[name].filter(everything, filters.form.cleaned_data[name]) for name in names}
    counts = [
        _all([register.model.objects.seen(), *(rows for other, rows in given.items() if other != name)])
        .annotate(left_out_filter=Value(name, output_field=TextField()))
        .order_by()
        .values_list("left_out_filter")
        .annotate(rows_without_it=Count("pk"))
        for name in names
    ]
    return dict(counts[0].union(*counts[1:], all=True)) if counts else {}


def _all(several: list[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    """The rows that are in all of them."""
    rows, *others = several
    for other in others:
        rows &= other
    return rows
