"""Shapes of what goes in and out, made from the declarations. They type and document; the forms decide what fits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema, create_model

from kivijalka.register.command import Command
from kivijalka.register.declare import Part, Register
from kivijalka.register.doors.forms import command_form, form_field
from kivijalka.register.fields import RecordField
from kivijalka.register.models import Kept, held_by
from kivijalka.register.offered import OfferedChoice, OfferedField
from kivijalka.register.own.fields import anew
from kivijalka.register.registry import register_by_key

MOST_VERSION = 2**31 - 1
# With its microseconds: a program that hands `kept_from` back as `as_of` sees that very version.
Moment = Annotated[
    datetime,
    PlainSerializer(lambda moment: moment.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Ref(BaseModel):
    """Another record, named."""

    id: UUID
    code: str
    title: str


class NodeRef(Ref):
    """A record of any register, named."""

    register_key: str = Field(alias="register")


class Found(BaseModel):
    """What a search found, the best first."""

    items: list[NodeRef]


class Tie(BaseModel):
    """A link as seen from one of its ends."""

    id: UUID
    kind: str
    words: str
    other: NodeRef


class Ties(BaseModel):
    """The links of a record that are in force."""

    items: list[Tie]


class Mistake(BaseModel):
    """What is wrong with a value; `code` is the same in every language."""

    message: str
    code: str


class Problem(BaseModel):
    """Why something was not done (RFC 9457), with the mistakes by field."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: dict[str, list[Mistake]]


def described(text: Any, default: Any = ..., words: Any = (), **extra: Any) -> Any:
    """A field with its text and the words of its values, both lazy: the document speaks the reader's language."""

    def tell(schema: dict[str, Any]) -> None:
        schema |= extra
        if words:
            schema["x-words"] = {str(value): str(word) for value, word in words}

    return Field(default, description=text, json_schema_extra=tell)


def version(default: Any = ...) -> Any:
    """The field of the version that was read."""
    text: Any = _("The version that was read; refused when the record has changed since")
    return Field(default, description=text, ge=1, le=MOST_VERSION)


OPEN = ConfigDict(extra="allow")


class Given(BaseModel):
    """What a program sends: types as declared, no field beyond."""

    model_config = ConfigDict(extra="forbid", strict=True)


@anew
def item_shape(key: str) -> type[BaseModel]:
    """A record as it is answered: its readable fields and what may be done with it.

    Open to more, as the city may add fields while the house runs; the document names those that it has added.
    """
    register = register_by_key(key)
    name = register.model.__name__
    verbs: dict[str, Any] = {verb: (bool, described(c.label)) for verb, c in register.all_commands.items()}
    can = create_model(f"{name}Can", **verbs)
    fields = {field: _readable(register.field(field)) for field in register.readable}
    extra: dict[str, Any] = {"id": (UUID, ...), **fields, "can": (can, described(_("What you may do now")))}
    return create_model(name, __config__=OPEN, **extra)


@cache
def page_shape(key: str) -> type[BaseModel]:
    """A page of records with the positions of its neighbours."""
    cursor: Any = (str | None, described(_("Position for the next or previous page; empty at the end")))
    fields: dict[str, Any] = {"items": (list[item_shape(key)], ...)}  # type: ignore[misc]  # a shape made at run time
    fields |= {"total": (int, ...), "sort": (str, ...), "before": cursor, "after": cursor}
    return create_model(f"{register_by_key(key).model.__name__}Page", **fields)


@anew
def history_shape(key: str) -> type[BaseModel]:
    """Versions of a record, the latest first."""
    register = register_by_key(key)
    name = register.model.__name__
    fields = {field: _readable(register.field(field), always_null=True) for field in register.readable}
    made: dict[str, Any] = {
        "kept_from": (Moment, ...),
        "kept_to": (Moment | None, described(_("Empty while this version is in force"))),
        "by": (Ref | None, described(_("Who changed it"))),
        "on_behalf_of": (Ref | None, described(_("On whose behalf"))),
        "door": (str, ...),
        "command": (str, ...),
        "seed": (bool, described(_("Written by the loader of example data"))),
        "values": (create_model(f"{name}Values", __config__=OPEN, **fields), ...),
    }
    version = create_model(f"{name}Version", **made)
    return create_model(f"{name}History", items=(list[version], ...))  # type: ignore[valid-type]  # made at run time


def parts_shape(part: Part) -> type[BaseModel]:
    """The rows of a part."""
    name = part.model.__name__
    made: dict[str, Any] = {"id": (UUID, ...), **{column: _readable(part.field(column)) for column in part.columns}}
    items = create_model(name, **made)
    return create_model(f"{name}List", items=(list[items], ...))  # type: ignore[valid-type]  # made at run time


@anew
def new_shape(key: str) -> type[Given]:
    """What adding reads. A field with a default may be left out."""
    register = register_by_key(key)
    fields = {name: _writable(register, name) for name in register.writable}
    return create_model(f"{register.model.__name__}New", __base__=Given, **fields)


@anew
def edit_shape(key: str) -> type[Given]:
    """What editing reads: the fields to change, and the version that they were read from."""
    register = register_by_key(key)
    fields = {name: _writable(register, name, may_lack=True) for name in register.writable}
    return create_model(f"{register.model.__name__}Edit", __base__=Given, version=(int, version()), **fields)


@cache
def command_shape(key: str, name: str) -> type[Given]:
    """What a command reads: its inputs, and the version if the caller wants to be sure of it."""
    register = register_by_key(key)
    command: Command[Any] = register.all_commands[name]
    read = command_form(command).fields
    fields: dict[str, Any] = {"version": (int | None, version(None))}
    for given in command.inputs.values():
        default = ... if given.required else None
        fields[given.name] = _asked(read[given.name], given.ask.label, given.ask.help, default, given.ask.example)
    title = "".join(word.capitalize() for word in name.split("_"))
    return create_model(f"{register.model.__name__}Do{title}", __base__=Given, **fields)


def link_shape(key: str, kinds: tuple[str, ...]) -> type[Given]:
    """What linking reads: the kind of link, and the code of the other record."""
    fields: dict[str, Any] = {
        "kind": (Literal[kinds], described(_("Kind of link"))),
        "other": (str, described(_("Code of the other record"), minLength=1)),
    }
    return create_model(f"{register_by_key(key).model.__name__}Link", __base__=Given, **fields)


def kinds_shape(register: Register[Any]) -> type[Given] | None:
    """The shape of linking, or nothing where no kind of link reaches the register."""
    from kivijalka.register.doors.links import kinds_of

    kinds = tuple(kinds_of(register))
    return link_shape(register.key, kinds) if kinds else None


def _writable(register: Register[Any], name: str, *, may_lack: bool = False) -> Any:
    field = register.field(name)
    default = None if may_lack or field.blank or field.has_default() else ...
    return _asked(form_field(field), field.verbose_name, field.help_text, default, register.examples.get(name))


def _asked(field: forms.Field, label: Any, help_text: Any, default: Any, example: Any = None) -> Any:
    """Type and description of one value that goes in. Only what may be empty may be null."""
    kind, extra = _type_read_by(field)
    if not field.required:
        kind = kind | None
    if example is not None:
        extra |= {"examples": [example]}
    return kind, described(_sentence(label, help_text), default, **extra)


def _type_read_by(field: forms.Field) -> tuple[Any, dict[str, Any]]:
    """The JSON type that a form field reads, and what else the document says of it."""
    if isinstance(field, RecordField):
        return str, {"minLength": 1} if field.required else {}
    if isinstance(field, forms.ModelChoiceField):
        return str, {}
    if isinstance(field, forms.MultipleChoiceField):
        return list[_one_of(field.choices)], {"words": field.choices}  # type: ignore[misc]  # a type made at run time
    if isinstance(field, OfferedChoice):
        # What is offered may change while the house runs: a shape is made once.
        return str, {"words": field.offers}
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        choices = [choice for choice in choices if choice[0] != "" or not field.required]
        return _one_of(choices), {"words": choices}
    for kind_of_field, kind in TYPES.items():
        if isinstance(field, kind_of_field):
            return kind, _bounds(field)
    return str, _bounds(field)


# In this order: a decimal field is an integer field to Django.
TYPES: dict[type[forms.Field], Any] = {
    forms.DecimalField: Decimal,
    forms.IntegerField: int,
    forms.BooleanField: bool,
    forms.DateField: date,
    forms.UUIDField: UUID,
}


def _one_of(choices: Any) -> Any:
    return Literal[tuple(value for value, _label in choices)]


def _bounds(field: forms.Field) -> dict[str, Any]:
    bounds = {"maximum": "max_value", "minimum": "min_value", "maxLength": "max_length"}
    found = {name: getattr(field, source, None) for name, source in bounds.items()}
    if isinstance(field, forms.CharField) and field.required:
        found["minLength"] = 1
    return {name: value for name, value in found.items() if value is not None}


def _readable(field: models.Field[Any, Any], *, always_null: bool = False) -> Any:
    """Type and description of one value that goes out."""
    kind = _type_of(field)
    if field.null or always_null or field.is_relation:  # a record out of one's reach is not named
        kind = kind | None
    # What is offered is asked for when the document is read.
    choices: Any = field.choices if isinstance(field, OfferedField) else field.flatchoices if field.choices else ()
    return kind, described(capfirst(field.verbose_name), words=choices)


def _type_of(field: Any) -> Any:
    field = held_by(field)
    if isinstance(field, models.ForeignKey):
        return Ref if issubclass(field.related_model, Kept) else str
    if isinstance(field, ArrayField):
        return list[str]
    for kind_of_field, kind in OUT.items():
        if isinstance(field, kind_of_field):
            return kind
    return str


# In this order: a moment is a day to Django.
OUT: dict[type[models.Field[Any, Any]], Any] = {
    models.DateTimeField: Moment,
    models.DateField: date,
    models.BooleanField: bool,
    models.IntegerField: int,
    models.DecimalField: Decimal,
    models.FloatField: float,
    models.UUIDField: UUID,
}


def _sentence(label: Any, help_text: Any) -> Any:
    from django.utils.text import format_lazy

    return format_lazy("{}. {}", capfirst(label), help_text) if help_text else capfirst(label)
