"""What pages show of a register: columns, cells, facts, parts and verbs, as plain structures for the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kivijalka.register.declare import OWN, Column, Part, Register
from kivijalka.register.doors.filters import filters_of
from kivijalka.register.doors.place import KEPT
from kivijalka.register.doors.related import relate, value_of
from kivijalka.register.doors.rows import of_part
from kivijalka.register.doors.values import text_of
from kivijalka.register.models import Kept
from kivijalka.register.own.fields import field_of, no_longer_asked, own_of

MOST_PARTS = 100
# Words that a filter understands besides values.
WORDS = {"me": _("I"), "empty": _("no value"), "today": _("today"), "soon": _("in 30 days")}


@dataclass(frozen=True)
class Heading:
    """A column's heading: its label, the address that sorts by it, and how it is sorted now (for aria-sort)."""

    label: Any
    address: str
    sorted: str
    numeric: bool


@dataclass(frozen=True)
class Cell:
    """A value on a page: its label, its text, what it links to, and its class where it is a badge."""

    label: Any
    text: str
    url: str = ""
    badge: str = ""
    numeric: bool = False
    name: str = ""


@dataclass(frozen=True)
class Verb:
    """A button: the command, and whether the record's state lets it be done now."""

    name: str
    label: Any
    primary: bool


@dataclass
class Box:
    """What a list can be filtered by in one field: its inputs, choices in a word, and how many are in force."""

    label: Any
    fields: list[Any] = field(default_factory=list)
    quick: list[tuple[Any, str]] = field(default_factory=list)
    count: int = 0


def chosen_columns(register: Register[Any], params: QueryDict) -> list[Column]:
    """The columns that the address asks for, with the first, which leads to the row; else those declared."""
    wanted = set(params.getlist("column"))
    chosen = [column for column in register.choosable[1:] if column.field in wanted]
    return [register.shown[0], *chosen] if chosen else register.shown


def column_choices(register: Register[Any], shown: list[Column]) -> list[tuple[str, Any, bool]]:
    """Each column that may be chosen: its name, its label, whether it is shown."""
    return [(c.field, _heading(register, c), c in shown) for c in register.choosable[1:]]


def columns_of(register: Register[Any], shown: list[Column], params: QueryDict, sort: str) -> list[Heading]:
    headings = []
    for column in shown:
        rising = sort == column.field
        sorted_now = "ascending" if rising else "descending" if sort == f"-{column.field}" else "none"
        query = {name: params.getlist(name) for name in params if name not in ("after", "before", "last", "sort")}
        address = "?" + urlencode({**query, "sort": f"-{column.field}" if rising else column.field}, doseq=True)
        numeric = _numeric(register.field(column.field))
        headings.append(Heading(_heading(register, column), address if column.sort else "", sorted_now, numeric))
    return headings


def _heading(register: Register[Any], column: Column) -> Any:
    return column.called or register.field(column.field).verbose_name


def lines_of(register: Register[Any], columns: list[Column], records: list[Any]) -> list[tuple[Any, list[Cell]]]:
    """The records of a list, each with its cells. What a column says of every cell is put in words once, safe to show."""
    shown = [(column, escape(capfirst(str(_heading(register, column))))) for column in columns]

    def cell(record: Any, column: Column, label: str) -> Cell:
        if column.called:
            return Cell(label=label, text=str(record), name=column.field)
        return cell_of(record, column.field, label=label, badge=column.badge, percent=column.percent)

    def cells(record: Any) -> list[Cell]:
        return [cell(record, column, label) for column, label in shown]

    return [(record, cells(record)) for record in records]


def cell_of(
    record: Any, name: str, *, label: Any = None, badge: bool = False, percent: bool = False, words: Any = None
) -> Cell:
    """One value. A related record links to its own page."""
    field = field_of(type(record), name)
    value = value_of(record, name)
    # A field with choices says its own words, which may depend on the rest of the record.
    text = str(words.get(value, "")) if words and not field.choices else text_of(record, name)
    url = value.get_absolute_url() if isinstance(value, Kept) and hasattr(value, "get_absolute_url") else ""
    return Cell(
        label=label or capfirst(str(field.verbose_name)),
        text=f"{text} %" if percent and text else text,
        url=url,
        badge=record.badge_of(name) if badge else "",
        # A number told in words is a text.
        numeric=_numeric(field) and not words and not hasattr(record, f"get_{name}_display"),
        name=name,
    )


def facts_of(
    register: Register[Any], record: Any, words: Mapping[str, Mapping[Any, Any]]
) -> list[tuple[Any, list[Cell]]]:
    """The record's values in the groups of its form; what the form does not write comes first."""
    given = [name for name in register.declared_readable if name not in register.writable and name != "version"]
    ended = [name for name in no_longer_asked(register.model) if value_of(record, name) not in (None, "")]
    badges = register.badges
    groups: list[tuple[Any, list[str]]] = [
        (None, given),
        *((title, list(names)) for title, names in register.fields.items()),
    ]
    if own := [*own_of(register.model).asked, *ended]:
        groups.append((OWN, own))
    return [
        (title, [cell_of(record, name, badge=name in badges, words=words.get(name)) for name in names])
        for title, names in groups
    ]


def rows_of_parts(register: Register[Any], record: Any) -> list[tuple[Part, list[Any]]]:
    """Rows that belong to the record, with what they point at: one query a kind of part. One row more tells of others."""
    found = []
    for part in register.parts:
        related = [name for name in part.columns if part.model._meta.get_field(name).is_relation]
        rows = relate(of_part(part, record)[: MOST_PARTS + 1], related)
        for row in rows:
            setattr(row, part.parent, record)
        found.append((part, rows))
    return found


def parts_of(register: Register[Any], found: list[tuple[Part, list[Any]]]) -> list[dict[str, Any]]:
    """The parts of a record as tables."""
    parts, badges = [], register.badges
    for part, rows in found:
        labels = [_label(part.model, name) for name in part.columns]
        lines = [[cell_of(row, name, badge=name in badges) for name in part.columns] for row in rows[:MOST_PARTS]]
        parts.append({"names": part.names, "labels": labels, "lines": lines, "more": len(rows) > MOST_PARTS})
    return parts


def _label(model: Any, name: str) -> Any:
    return model._meta.get_field(name).verbose_name


def verbs_of(register: Register[Any], record: Any) -> list[Verb]:
    """Commands that this person may do on this record now, the likely one first."""
    possible = [c for c in register.all_commands.values() if getattr(record, f"can_{c.name}")]
    found = [Verb(command.name, command.words(record).label, command.primary) for command in possible]
    found.sort(key=lambda verb: (not verb.primary, verb.name == "edit"))
    first = next((verb.name for verb in found if verb.primary), None)
    return [Verb(verb.name, verb.label, verb.name == first) for verb in found]


def boxes_of(register: Register[Any], params: QueryDict, form: Any) -> list[Box]:
    """The filters, one box for each field: what can be chosen, and how many choices are in force."""
    filters = filters_of(register.key).base_filters
    words = register.words()
    boxes: dict[str, Box] = {}
    for name, found in filters.items():
        if name in ("q", *KEPT):  # the words have an input of their own, the unit its place above every page
            continue
        field = register.field(found.field_name)
        box = boxes.setdefault(found.field_name, Box(field.verbose_name))
        if field.name in words:
            form.fields[name].widget.choices = list(words[field.name].items())
        box.fields.append(form[name])
        box.count += len([value for value in params.getlist(name) if value])
        for word in sorted(getattr(found, "words", ()), reverse=True):
            box.quick.append((WORDS[word], address_of(params, {name: [word]})))
    return list(boxes.values())


def chips_of(params: QueryDict, form: Any) -> list[dict[str, str]]:
    """The filters in force, in words, each with the address that takes it off; the words that are searched last."""
    chips = []
    for name in (name for name in params if name in form.fields):
        given = [value for value in params.getlist(name) if value]
        for value in given:
            rest = address_of(params, {name: [other for other in given if other != value]})
            words = _word(form, name, value)
            chips.append({"name": name, "label": str(form[name].label), "words": words, "without": rest})
    return sorted(chips, key=lambda chip: chip["name"] == "q")


def address_of(params: QueryDict, changed: dict[str, list[str]]) -> str:
    """This list's address with these filters changed; then it begins at its first page."""
    places = ("after", "before", "last", "show") if changed else ("show",)
    asked = {key: params.getlist(key) for key in params if key not in places} | changed
    query = urlencode(asked, doseq=True)
    # Without all filters an address still asks for something: all of the list, not the view that it opens with.
    return (
        f"?{query}" if not changed or set(QueryDict(query)) - set(KEPT) else "?" + "&".join(filter(None, [query, "q="]))
    )


def _word(form: Any, name: str, value: str) -> str:
    known = form.cleaned_data.get(name)
    if isinstance(known, Kept):
        return str(known)
    if isinstance(known, date):
        return str(WORDS.get(value) or date_format(known, "SHORT_DATE_FORMAT"))
    options = getattr(form.fields[name].widget, "choices", [])
    return next((str(label) for key, label in options if str(key) == value), str(WORDS.get(value, value)))


def _numeric(field: Any) -> bool:
    return (
        field.get_internal_type() in ("DecimalField", "IntegerField", "PositiveSmallIntegerField") and not field.choices
    )
