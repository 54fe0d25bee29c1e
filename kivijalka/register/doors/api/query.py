"""What may stand after the question mark: checked for every operation, and described from the filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from kivijalka.access.request import ActingRequest
from kivijalka.register.declare import Register
from kivijalka.register.doors import filters, rows
from kivijalka.register.doors.api.problems import SAFE, Mistakes, Unfit
from kivijalka.register.doors.once import HEADER
from kivijalka.register.doors.once import MOST as MOST_OF_KEY
from kivijalka.register.fields import LocalDecimalField
from kivijalka.register.refusal import Refused

MOST = 200
LIST = {"sort", "after", "before", "last", "size"}
DAY = {"type": "string", "format": "date"}
Parameter = dict[str, Any]


def check(request: ActingRequest, *known: str, required: tuple[str, ...] = ()) -> None:
    """Refuse what is not understood, rather than answer another question than was asked."""
    query = request.GET
    if "as_of" in query and request.method not in SAFE:
        raise Refused(_("The past cannot be changed. Go back to today first."), code="state")
    allowed = {*known, "as_of"} if request.method in SAFE else set(known)
    mistakes: Mistakes = {}
    for name in query:
        if name not in allowed:
            told = _("There is no such parameter here. There are: %s.") % ", ".join(sorted(allowed))
            mistakes[name] = [(told, "unknown_parameter")]
        elif any("\x00" in text for text in query.getlist(name)):
            told = _("The text holds a character that cannot be stored. Remove it.")
            mistakes[name] = [(told, "null_characters_not_allowed")]
    mistakes |= {name: [(_("This field is required."), "required")] for name in required if not query.get(name)}
    if "as_of" in query and (request.mistaken is not None or not _is_moment(query)):
        mistakes["as_of"] = [(_("Write a day or a moment, such as 2026-12-31 or 2026-12-31T12:00:00Z."), "invalid")]
    if mistakes:
        raise Unfit(mistakes)


def check_list(request: ActingRequest, register: Register[Any]) -> int:
    """Check a list's address; the answer is the size of its page. One value each, but for filters that take many."""
    known = filters.filters_of(register.key).base_filters
    check(request, *known, *LIST)
    query = request.GET
    mistakes: Mistakes = {}
    for name in query:
        many = isinstance(known.get(name), django_filters.MultipleChoiceFilter)
        if len(query.getlist(name)) > 1 and not many:
            mistakes[name] = [(_("Give this once only."), "repeated")]
    size = query.get("size", str(rows.PAGE))
    if not (size.isascii() and size.isdecimal() and len(size) < 4 and 1 <= int(size) <= MOST):
        mistakes["size"] = [(_("Write a whole number from 1 to %d.") % MOST, "invalid")]
    if mistakes:
        raise Unfit(mistakes)
    return int(size)


def parameters_of(register: Register[Any]) -> list[Parameter]:
    """The list's parameters for the document, in the reader's language."""
    found = [_of_filter(name, given) for name, given in filters.filters_of(register.key).base_filters.items()]
    sorts = [sign + name for name in sorted(rows.sortable(register)) for sign in ("", "-")]
    cursor = {"type": "string", "minLength": 1}
    return [
        *found,
        _parameter("sort", _("Field to sort by; with - before it, falling"), {"type": "string", "enum": sorts}),
        _parameter("size", _("Rows of a page"), {"type": "integer", "minimum": 1, "maximum": MOST}),
        _parameter("after", _("Position after which the page begins: `after` of the page before"), cursor),
        _parameter("before", _("Position before which the page ends: `before` of the page after"), cursor),
        _parameter("last", _("The last page"), {"type": "string", "enum": ["1"]}),
        as_of(),
    ]


def as_of() -> Parameter:
    moments = {"anyOf": [DAY, {"type": "string", "format": "date-time"}]}
    return _parameter("as_of", _("As it stood at a past moment; a day means its end"), moments)


def once() -> Parameter:
    """The header that makes an action happen once, however often it is sent."""
    told = _("A key of the caller's own: sent again with it within a day, the action is not done again")
    schema = {"type": "string", "minLength": 1, "maxLength": MOST_OF_KEY, "pattern": "^[!-~]+$"}
    return {"in": "header", "name": HEADER, "description": told, "schema": schema}


def words() -> Parameter:
    schema = {"type": "string", "minLength": 1}
    return {**_parameter("q", _("Words or a code"), schema), "required": True}


def _of_filter(name: str, given: Any) -> Parameter:
    for kind, describe in DESCRIBED.items():
        if isinstance(given, kind):
            schema, more = describe(given)
            return _parameter(name, ". ".join(part for part in (str(given.label).capitalize(), more) if part), schema)
    return _parameter(name, str(given.label).capitalize(), {"type": "string"})


def _described_record(given: filters.RecordFilter) -> tuple[dict[str, Any], str]:
    told = _("Id, code or name of the record")
    return {"type": "string"}, ", ".join([told, *(f"`{word}`" for word in sorted(given.words))])


def _described_choices(given: Any) -> tuple[dict[str, Any], str]:
    choices = given.extra["choices"]
    listed = list(choices() if callable(choices) else choices)
    schema = {"type": "array", "items": {"enum": [value for value, _label in listed]}}
    return schema, "; ".join(f"`{value}` {label}" for value, label in listed)


def _described_day(given: Any) -> tuple[dict[str, Any], str]:
    return {"anyOf": [DAY, {"enum": list(filters.WORD_DAYS)}]}, ""


def _described_empty(given: Any) -> tuple[dict[str, Any], str]:
    return {"type": "string", "enum": [value for value, _label in filters.FILLED]}, ""


def _described_number(given: Any) -> tuple[dict[str, Any], str]:
    return {"type": "number" if given.field_class is LocalDecimalField else "integer"}, ""


DESCRIBED: dict[type[Any], Callable[[Any], tuple[dict[str, Any], str]]] = {
    filters.RecordFilter: _described_record,
    django_filters.MultipleChoiceFilter: _described_choices,
    filters.DayFilter: _described_day,
    django_filters.NumberFilter: _described_number,
    filters.EmptyFilter: _described_empty,
}


def _parameter(name: str, description: str, schema: dict[str, Any]) -> Parameter:
    return {"in": "query", "name": name, "description": description, "schema": schema}


def _is_moment(query: QueryDict) -> bool:
    text = str(query["as_of"])
    try:
        return (parse_datetime(text) or parse_date(text)) is not None
    except ValueError:
        return False
