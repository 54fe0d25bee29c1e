"""Fields that the city added, as fields like those that are declared: doors read and write both alike.

A value stands in the record's own row (`Record.own`), under the field's name for programs; so it is seen, kept, compared
and undone as the record is. Which fields there are, of all registers, is asked with who acts: no page pays a query for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache, wraps
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import connection, models
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from kivijalka.access import current_actor
from kivijalka.register.own import choices
from kivijalka.register.own.models import ASKED, MEMO, OwnField

# Before the name for programs, so that no declared field is ever called so.
PREFIX = "own_"
T = TypeVar("T")
Model = Any
# A field of the framework; its stubs know more of it than the class itself does.
AnyField = Any


@dataclass(frozen=True)
class Own:
    """What the city added to one register: definitions, their fields by name, and the names of those still asked."""

    definitions: list[OwnField] = field(default_factory=list)
    fields: dict[str, AnyField] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def state(self) -> tuple[str, ...]:
        """What distinguishes these from those of another moment."""
        return tuple(self.told)


NONE = Own()


def own_of(model: Model) -> Own:
    """What the city added to the register of a model, at the moment that is looked at."""
    actor = current_actor()
    if actor.person is None:
        return NONE
    if MEMO not in actor.memo:
        with connection.cursor() as cursor:
            cursor.execute(f"select {ASKED}")
            actor.memo[MEMO] = cursor.fetchone()[0]
    return _read(actor.memo[MEMO]).get(model, NONE)


def definitions_of(model: Model) -> list[OwnField]:
    return own_of(model).definitions


def field_of(model: Model, name: str) -> Any:
    """A field of a model by its name, whether it is declared or the city's own."""
    own = own_of(model).fields.get(name) if name.startswith(PREFIX) else None
    return own or model._meta.get_field(name)


def no_longer_asked(model: Model) -> list[str]:
    """Names of the fields that records may hold something of, but forms do not ask any more."""
    own = own_of(model)
    return [name for name in own.fields if name not in own.asked]


def value_of(record: Any, name: str) -> Any:
    """What a record holds in one of these fields."""
    return _typed(field_of(type(record), name), (record.own or {}).get(name.removeprefix(PREFIX)))


def fill(record: Any, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Put values into a record, and what does not fit into the answer: texts by field. A new one lacks nothing."""
    mistakes: dict[str, list[Any]] = {}
    fields, held = own_of(type(record)).fields, dict(record.own or {})
    asked = own_of(type(record)).asked if record._state.adding else ()
    for name in dict.fromkeys([*values, *asked]):
        value = values.get(name)
        try:
            fitting = fields[name].clean("" if value is None and not fields[name].null else value, record)
        except ValidationError as error:
            mistakes[name] = list(error.messages)
        else:
            held[name.removeprefix(PREFIX)] = _stored(fields[name], fitting)
    record.own = {key: value for key, value in held.items() if value is not None} or None
    return mistakes


def filled(model: Model, values: Mapping[str, Any]) -> Any:
    """A record that holds these values, judged by nobody."""
    fields = own_of(model).fields
    record = model(**{name: value for name, value in values.items() if name not in fields})
    fill(record, {name: value for name, value in values.items() if name in fields})
    return record


def spread(model: Model, held: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a row of the history holds of these fields, by name, as if each had a column of its own."""
    fields = own_of(model).fields
    return {name: _typed(one, (held or {}).get(name.removeprefix(PREFIX))) for name, one in fields.items()}


def anew(make: Callable[[str], T]) -> Callable[[str], T]:
    """What is made of a register, by its key: once, and once more when the city has changed the fields that it added."""

    @lru_cache(maxsize=256)
    def made(key: str, _state: tuple[str, ...]) -> T:
        return make(key)

    @wraps(make)
    def found(key: str) -> T:
        from kivijalka.register.registry import REGISTERS

        return made(key, own_of(REGISTERS[key].model).state)

    return found


@lru_cache(maxsize=16)
def _read(told: str) -> dict[Model, Own]:
    """The answer of the database, by model. It seldom changes: the same text is read once a process."""
    from kivijalka.register.registry import REGISTERS

    found: dict[Model, Own] = {}
    for row in json.loads(told):
        defined = OwnField(**{**row, "id": UUID(row["id"])})
        register = REGISTERS.get(defined.asked_in)
        if register is not None:
            own = found.setdefault(register.model, Own())
            name = PREFIX + defined.name
            own.definitions.append(defined)
            own.told.append(json.dumps(row))
            own.fields[name] = _field(defined, register.model, name)
            if defined.is_asked:
                own.asked.append(name)
    return found


def _field(defined: OwnField, model: Model, name: str) -> AnyField:
    given = {"verbose_name": defined.label, "help_text": lazystr(_Help(defined)), "blank": not defined.required}
    made = KINDS[defined.kind](defined, given)
    made.set_attributes_from_name(name)
    made.model = model
    return made


@dataclass(frozen=True)
class _Help:
    defined: OwnField

    def __str__(self) -> str:
        return self.defined.help


def _text(_defined: OwnField, given: dict[str, Any]) -> AnyField:
    return models.CharField(max_length=500, **given)


def _long(_defined: OwnField, given: dict[str, Any]) -> AnyField:
    return models.TextField(max_length=20_000, validators=[MaxLengthValidator(20_000)], **given)


def _number(_defined: OwnField, given: dict[str, Any]) -> AnyField:
    return models.DecimalField(max_digits=18, decimal_places=4, null=True, **given)


def _euro(_defined: OwnField, given: dict[str, Any]) -> AnyField:
    return models.DecimalField(max_digits=14, decimal_places=2, null=True, **given)


def _day(_defined: OwnField, given: dict[str, Any]) -> AnyField:
    return models.DateField(null=True, **given)


def _truth(_defined: OwnField, given: dict[str, Any]) -> AnyField:
    return models.BooleanField(null=True, choices=[(True, _("yes")), (False, _("no"))], **given)


def _choice(defined: OwnField, given: dict[str, Any]) -> AnyField:
    offered = [(choice.key, lazystr(choice)) for choice in choices.read(defined.options)]
    return models.CharField(max_length=40, choices=offered, **given)


KINDS: dict[str, Callable[[OwnField, dict[str, Any]], AnyField]] = {
    OwnField.Kind.TEXT: _text,
    OwnField.Kind.LONG: _long,
    OwnField.Kind.NUMBER: _number,
    OwnField.Kind.EURO: _euro,
    OwnField.Kind.DAY: _day,
    OwnField.Kind.TRUTH: _truth,
    OwnField.Kind.CHOICE: _choice,
}


def _typed(field: AnyField, stored: Any) -> Any:
    if stored is None:
        return None if field.null else ""
    return field.to_python(stored)


def _stored(field: Any, value: Any) -> Any:
    """A value as the record's row holds it: numbers and days as text that loses nothing, nothing where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return format(round(value, 2) if field.decimal_places == 2 else value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else value
