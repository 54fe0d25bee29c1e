"""One FilterSet per register, made from its declaration; page, API and export read the same address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BooleanField,
    DateField,
    DecimalField,
    F,
    Func,
    IntegerField,
    JSONField,
    Q,
    QuerySet,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kivijalka.access import current_actor
from kivijalka.register.declare import Register
from kivijalka.register.fields import DayField, LocalDecimalField, RecordField
from kivijalka.register.models import held_by
from kivijalka.register.own.fields import PREFIX, anew, own_of
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import register_by_key

TRUTH = {"yes": True, "no": False}
SHORT = {"lt": _("before"), "gte": _("from")}
OF_NUMBERS = {"lt": _("less than"), "gte": _("at least")}
MOST_FOUND = 5_000
# Words for days, by how far they are from today.
WORD_DAYS = {"today": timedelta(0), "soon": timedelta(days=30)}


class Boxes(forms.CheckboxSelectMultiple):
    """Choices to tick, in one template: Django's own includes two for each choice."""

    template_name = "register/widgets/boxes.html"


class PersonOrWord(forms.Field):
    """A record's code or name, or one of the words "me" (the acting person) and "empty"."""

    def __init__(self, model: Any, words: set[str], *, whole: bool = False, **kwargs: Any) -> None:
        self.record, self.words = RecordField(model, required=False, whole=whole), words
        super().__init__(**kwargs, widget=self.record.widget)

    def clean(self, value: Any) -> Any:
        text = str(value or "").strip()
        if text in self.words:
            return text
        return self.record.clean(text or None)


class RecordFilter(django_filters.Filter):
    """owner=me, owner=empty, owner=P-000012."""

    def __init__(self, *, model: Any, words: set[str], whole: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_of_record, self.words, self.whole = model, words, whole

    @property
    def field(self) -> forms.Field:
        return PersonOrWord(self.model_of_record, self.words, whole=self.whole, required=False, label=self.label)

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value in (None, ""):
            return rows
        if value == "me":
            return rows.filter(**{f"{self.field_name}_id": current_actor().principal})
        if value == "empty":
            return rows.filter(**{f"{self.field_name}__isnull": True})
        return rows.filter(**{self.field_name: value})


class NumbersBelow(Func):
    """Numbers of a unit and of all below it, from the unit's own."""

    template = "array(select kj.below(%(expressions)s))"
    output_field = ArrayField(IntegerField())


class SpansBelow(Func):
    """The same as spans of numbers, from one to before another: few, whatever there is below."""

    function = "kj.spans_below"
    output_field = ArrayField(ArrayField(IntegerField()))


def within(column: str, spans: Sequence[Sequence[int]]) -> Q:
    """Whether a column holds a number of some spans. Two thousand numbers each row would be compared with."""
    each = [Q(**{f"{column}__gte": first, f"{column}__lt": last}) for first, last in spans]
    return reduce(or_, each, Q(pk__in=[]))


class WithAllBelow(RecordField):
    """A unit, which knows the numbers of it and of all below it."""

    def rows(self) -> QuerySet[Any, Any]:
        found: QuerySet[Any, Any] = super().rows().annotate(below=NumbersBelow("number"))
        return found


class UnderFilter(RecordFilter):
    """unit=U-000012: the unit and all below it."""

    @property
    def field(self) -> forms.Field:
        return WithAllBelow(self.model_of_record, required=False, label=self.label)

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return rows.filter(**{f"{self.field_name}_id__in": value.below}) if value else rows


class ManyFilter(django_filters.MultipleChoiceFilter):
    """state=draft&state=assessed: any of these."""

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return rows.filter(**{f"{self.field_name}__in": value}) if value else rows


NOTHING = ("empty", _("no value"))


class AnyOfArray(django_filters.MultipleChoiceFilter):
    """areas=a&areas=b: the row's list holds any of these; areas=empty: it holds nothing."""

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return rows
        held = Q(**{f"{self.field_name}__overlap": [one for one in value if one != "empty"]})
        return rows.filter(held | Q(**{self.field_name: []}) if "empty" in value else held)


FILLED = [NOTHING, ("filled", _("has a value"))]


class EmptyFilter(django_filters.ChoiceFilter):
    """end=empty: the field has no value; end=filled: it has one."""

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return rows.filter(**{f"{self.field_name}__isnull": value == "empty"}) if value else rows


class DayOrWord(DayField):
    """A day, or the words "today" and "soon"."""

    def to_python(self, value: Any) -> date | None:
        days = WORD_DAYS.get(value) if isinstance(value, str) else None
        return super().to_python(value) if days is None else timezone.localdate() + days


class DayFilter(django_filters.DateFilter):
    field_class = DayOrWord


class NumberFilter(django_filters.NumberFilter):
    """loss_eur_gte=100000: this or more, as people write numbers."""

    field_class = LocalDecimalField


class Words(django_filters.CharFilter):
    """q=words: the search, within one register. In the past it looks at the title only."""

    def __init__(self, register: Register[Any]) -> None:
        super().__init__(label=_("Words"))
        self.register = register

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return rows
        if in_the_past():
            titles = (Q(**{f"{name}__icontains": value}) for name in self.register.title.split())
            return rows.filter(Q(*titles, Q(code__iexact=value), _connector=Q.OR))
        with connection.cursor() as cursor:
            cursor.execute("select kj.match(%s, %s, %s)", [value, MOST_FOUND, self.register.key])
            return rows.filter(pk__in=[row[0] for row in cursor.fetchall()])


def let_through(register: Register[Any], query: QueryDict, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows that a declared view's filters let through: of those that it asks alone, where a page makes them all."""
    for name in query:
        found = filters_of(register.key).base_filters[name]
        given = query.getlist(name) if isinstance(found, django_filters.MultipleChoiceFilter) else query[name]
        rows = found.filter(rows, found.field.clean(given))
    return rows


def in_the_past() -> bool:
    """Whether this transaction looks at a past moment."""
    return current_actor().as_of is not None


def refuse_past() -> None:
    """Refuse to change anything while a past moment is looked at."""
    if in_the_past():
        raise Refused(_("The past cannot be changed. Go back to today first."), code="state")


class Holds(Func):
    """What a row holds in a field that the city added, compared with a value.

    Row-level security keeps an index on it from being used. Without one, `coalesce` hides the operator's tiny estimate,
    for which the whole list would be sorted before its first page is taken.
    """

    template = "coalesce(%(expressions)s, false)"
    output_field = BooleanField()

    def __init__(self, held: Any, operator: str, value: Any) -> None:
        super().__init__(held, value, arg_joiner=f" {operator} ")


class OwnDayFilter(DayFilter):
    """own_inspected_lt=2026-12-31: the day in a field that the city added is before this."""

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value is None:
            return rows
        held = KeyTextTransform(str(self.field_name).removeprefix(PREFIX), "own")
        return rows.filter(Holds(held, {"lt": "<", "gte": ">="}[self.lookup_expr], Value(value.isoformat())))


class OwnNumberFilter(NumberFilter):
    """own_floors_gte=3: the number in a field that the city added is this or more."""

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value is None:
            return rows
        number = DecimalField(max_digits=18, decimal_places=4)
        held = Cast(KeyTextTransform(str(self.field_name).removeprefix(PREFIX), "own"), number)
        return rows.filter(Holds(held, {"lt": "<", "gte": ">="}[self.lookup_expr], Value(value, number)))


class OwnTextFilter(django_filters.CharFilter):
    """own_building=kivi: the text in a field that the city added has this somewhere, whatever the case."""

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return rows
        held = KeyTextTransform(str(self.field_name).removeprefix(PREFIX), "own")
        part = connection.ops.prep_for_like_query(value)
        return rows.filter(Holds(held, "ilike", Value(f"%{part}%")))


class OwnFilter(django_filters.MultipleChoiceFilter):
    """own_phase=a&own_phase=b: a field that the city added, and that offers choices, has any of these values."""

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        name = str(self.field_name).removeprefix(PREFIX)
        held = [TRUTH.get(text, text) for text in value or ()]
        holds = (Holds(F("own"), "@>", Value({name: one}, JSONField())) for one in held)
        return rows.filter(Q(*holds, _connector=Q.OR)) if held else rows


@anew
def filters_of(key: str) -> type[django_filters.FilterSet]:
    """The FilterSet of a register. Its fields' names are what stands in an address."""
    register = register_by_key(key)
    found: dict[str, Any] = {"q": Words(register)}
    for name, lookups in register.filters.items():
        found |= _filters(register, name, lookups)
    found |= _own_filters(register)
    meta = type("Meta", (), {"model": register.model, "fields": []})
    return type(f"{register.model.__name__}Filters", (django_filters.FilterSet,), {**found, "Meta": meta})


def _filters(register: Register[Any], name: str, lookups: Any) -> dict[str, Any]:
    field = register.field(name)
    # What the database works out is asked for as what it comes to.
    kind = held_by(field)
    common: dict[str, Any] = {"field_name": name, "label": field.verbose_name}
    made: dict[str, Any] = {}
    words = {lookup for lookup in lookups if lookup in ("me", "empty")}
    for lookup in lookups:
        if lookup == "under":
            # Called the same in every register: a page for a unit narrows each list.
            made["unit"] = UnderFilter(model=field.related_model, words=set(), **common)
        elif lookup == "alone":
            label = format_lazy("{}, {}", field.verbose_name, _("without those below"))
            made[f"{name}_alone"] = RecordFilter(model=field.related_model, words=set(), field_name=name, label=label)
        elif lookup == "is":
            whole = name in register.model.may_name
            made[name] = RecordFilter(model=field.related_model, words=words, whole=whole, **common)
        elif lookup == "in":
            made[name] = ManyFilter(choices=lambda field=field: choices_of(field), widget=Boxes, **common)
        elif lookup == "any" and isinstance(field, ArrayField):
            choices = [*(field.base_field.choices or ()), NOTHING]
            made[name] = AnyOfArray(choices=choices, widget=Boxes, **common)
        elif lookup in SHORT and isinstance(kind, IntegerField | DecimalField):
            number = NumberFilter if isinstance(kind, DecimalField) else django_filters.NumberFilter
            made[f"{name}_{lookup}"] = number(field_name=name, lookup_expr=lookup, label=_named(field, lookup))
        elif lookup in SHORT:
            made[f"{name}_{lookup}"] = DayFilter(field_name=name, lookup_expr=lookup, label=_named(field, lookup))
        elif lookup == "empty" and name not in made:
            made[name] = EmptyFilter(choices=FILLED, empty_label=_("any"), **common)
    return made


def _own_filters(register: Register[Any]) -> dict[str, Any]:
    """Filters by what the city added: by what one chooses, by days and numbers from and to, by a part of a text. They read
    the rows within reach, as their count does."""
    made: dict[str, Any] = {}
    for name in own_of(register.model).asked:
        field = register.field(name)
        if field.choices:
            made[name] = OwnFilter(field_name=name, label=field.verbose_name, choices=_worded(field), widget=Boxes)
        elif isinstance(field, DateField):
            made |= {
                f"{name}_{way}": OwnDayFilter(field_name=name, lookup_expr=way, label=_named(field, way))
                for way in SHORT
            }
        elif isinstance(field, DecimalField):
            made |= {
                f"{name}_{way}": OwnNumberFilter(field_name=name, lookup_expr=way, label=_named(field, way))
                for way in SHORT
            }
        else:
            made[name] = OwnTextFilter(field_name=name, label=field.verbose_name)
    return made


def _worded(field: Any) -> list[tuple[str, Any]]:
    """The choices of a field as an address says them."""
    words = {value: text for text, value in TRUTH.items()}
    return [(words[value] if isinstance(value, bool) else value, label) for value, label in field.flatchoices]


def _named(field: Any, lookup: str) -> Any:
    # Lazy: filters are made once and read in three languages.
    words = SHORT if isinstance(held_by(field), DateField) else OF_NUMBERS
    return format_lazy("{}, {}", field.verbose_name, words[lookup])


def choices_of(field: Any) -> list[tuple[Any, Any]]:
    """The values that a field may have: its choices, the rows it points at, or the levels 1 to 5."""
    if field.is_relation:
        return [(row.pk, str(row)) for row in field.related_model.objects.all()]
    if field.choices:
        return list(field.choices)
    return [(level, str(level)) for level in range(1, 6)]
