"""Example rows and inputs, made from the declarations alone: a new register or command needs no line here."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import NOT_PROVIDED, Model

from kivijalka.organisation.models import Person, Unit
from kivijalka.register.command import Command, Input
from kivijalka.register.models import Record
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.factories import LONG_AGO, fresh, in_days

_serial = count(1)
NUMBERS = (models.IntegerField, models.DecimalField)


class CannotRun(AssertionError):
    """A cell of the matrix that has no example: it fails, and says what is missing."""


def values_of(
    model: type[Model], *, unit: Unit, person: Person, level: int = 1, given: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A value for each field that a row may be given. Days that may be empty stay so; words are the first choice.

    The person stands in the first place for one; in any other, somebody else does.
    """
    values: dict[str, Any] = {}
    examples = next((register.examples for register in REGISTERS.values() if register.model is model), {})
    for field in model._meta.concrete_fields:
        if field.editable and not field.generated and field.db_default is NOT_PROVIDED:
            values[field.name] = examples.get(field.name, _value(field, unit, person))
            if values[field.name] == person:
                person = make.person(unit=Unit.objects.get(number=person.unit_id))
    if issubclass(model, Record):
        values |= {"unit": unit, "confidentiality": level}
    return values | (given or {})


def row_of(model: type[Model], **wishes: Any) -> Any:
    """An example row in the database."""
    return fresh(model._default_manager.create(**values_of(model, **wishes)))


def _value(field: Any, unit: Unit, person: Person) -> Any:
    if isinstance(field, models.ForeignKey):
        return _related(field, unit, person)
    if isinstance(field, ArrayField):
        return [next(iter(field.base_field.choices or []))[0]]
    if isinstance(field, models.DateField):
        return None if field.null else _day(field)
    if field.choices:
        return field.default if field.default is not NOT_PROVIDED and field.default else field.choices[0][0]
    if isinstance(field, NUMBERS):
        return 1
    return f"{field.name}-{next(_serial)}@esimerkki.example" if isinstance(field, models.EmailField) else _words(field)


def _day(field: Any) -> date:
    """Today; a start long ago; of what must begin and end, days of its own that are yet to come."""
    if field.name not in ("start", "end"):
        return in_days(0)
    return LONG_AGO if field.model._meta.get_field("end").null else in_days(next(_serial))


def _words(field: Any) -> str:
    return f"Esimerkki {next(_serial)}"[: field.max_length]


def _related(field: Any, unit: Unit, person: Person) -> Any:
    model = field.related_model
    if model is Unit:
        return unit
    if model is Person:
        return person
    if field.null:
        return None
    found = model._default_manager.order_by("pk").first()
    if found is None and issubclass(model, Record):
        return row_of(model, unit=unit, person=person)
    if found is None:
        raise CannotRun(f"There is no example of {model.__name__} for {field}.")
    return found


def in_state(model: type[Model], command: Command[Any], **wishes: Any) -> Any:
    """An example row in a state in which the command can be done: the first of its declared states that fits."""
    row = row_of(model, **wishes)
    rows = model._default_manager.filter(pk=row.pk)
    states = [field.choices or [] for field in model._meta.concrete_fields if field.name == "state"]
    for choice in [None, *(choice for choices in states for choice in choices)]:
        if choice is not None:
            rows.update(state=choice[0])
        if rows.filter(command.when).exists():
            return fresh(row)
    raise CannotRun(f"No state of {model.__name__} lets {command.name!r} be done; its `when` is {command.when}.")


def inputs_of(command: Command[Any], *, unit: Unit, person: Person, mine: Person) -> dict[str, Any]:
    """An example of every input that the command asks for; a record is the acting person's own, so that they see it."""
    # A day that may be left out is: it means today.
    asked = {name: given for name, given in command.inputs.items() if given.required or given.type is not date}
    return {name: _input(given, unit, person, mine) for name, given in asked.items()}


def _input(given: Input, unit: Unit, person: Person, mine: Person) -> Any:
    if given.ask.example is not None:
        return given.ask.example
    if given.ask.choices is not None:
        return next(iter(getattr(given.ask.choices, "choices", given.ask.choices)))[0]
    if given.type not in (Unit, Person) and issubclass(given.type, Record):
        return row_of(given.type, unit=unit, person=mine)
    simple: dict[Any, Any] = {Unit: unit, Person: person, date: in_days(1), int: 10, str: "Esimerkki", bool: True}
    if given.type not in simple:
        raise CannotRun(f"There is no example of an input of type {given.type}; add one to tests/doors/examples.py.")
    return simple[given.type]


def posted(values: dict[str, Any]) -> dict[str, Any]:
    """Values as a browser sends them: records by id, days as ISO, nothing for what is empty."""
    return {name: _posted(value) for name, value in values.items() if value is not None}


def _posted(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value.isoformat() if isinstance(value, date) else value
