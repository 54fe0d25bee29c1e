"""Forms made from a declaration. Page, API and import read their input through them: one set of rules and texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db.models import DateField, DecimalField, Field, ForeignKey
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from kivijalka.register.command import Command, Option
from kivijalka.register.declare import Register
from kivijalka.register.doors.related import value_of
from kivijalka.register.doors.values import text_of
from kivijalka.register.fields import DayField, LocalDecimalField, RecordField, ScaleInput
from kivijalka.register.models import Kept
from kivijalka.register.offered import OfferedChoice, OfferedField
from kivijalka.register.own.fields import field_of
from kivijalka.register.plain import plain
from kivijalka.register.refusal import Invalid, Refused


class RegisterForm(forms.Form):
    """A form whose fields come from a declaration."""

    required_css_class = "kj-required"

    def __init__(self, data: Any = None, *given: Any, **named: Any) -> None:
        super().__init__(None if data is None else _plain(data), *given, **named)

    def refuse(self, refused: Refused) -> None:
        """Show a command's refusal where it belongs: at the field, or above the form."""
        for name, texts in refused.errors.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)


def _plain(data: Any) -> Any:
    """What was sent, each text as people see it."""
    if isinstance(data, QueryDict):
        made = QueryDict(mutable=True)
        for name, texts in data.lists():
            made.setlist(name, [plain(str(text)) for text in texts])
        return made
    return {name: _plain_value(value) for name, value in data.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return plain(value) if isinstance(value, str) else value


def record_form(
    register: Register[Any], data: Any = None, record: Any = None, only: list[str] | None = None
) -> RegisterForm:
    """The form of adding and editing: the declared fields and no other.

    A relation to something that this person may not see is left out, so that saving keeps it.
    """
    names = only if only is not None else [name for name in register.writable if not is_hidden(record, name)]
    form = RegisterForm(data, initial={name: value_of(record, name) for name in names} if record else None)
    form.fields.update({name: form_field(register.field(name), record) for name in names})
    return form


def is_hidden(record: Any, name: str) -> bool:
    """Whether a field points at a record that the reader may not see."""
    if record is None or not field_of(type(record), name).is_relation:
        return False
    return value_of(record, name) is None and getattr(record, record._meta.get_field(name).attname) is not None


def command_form(command: Command[Any], data: Any = None, record: Any = None) -> RegisterForm:
    """The form of a command's inputs; for a record, with what the command proposes."""
    form = RegisterForm(data, initial=command.initial(record) if command.initial and record and data is None else None)
    form.fields.update({name: given.form_field() for name, given in command.inputs.items()})
    return form


def say_meanings(form: RegisterForm, command: Command[Any]) -> None:
    """Show the choices that only data can explain, as scales with their meanings."""
    for name, options in (command.meanings() if command.meanings else {}).items():
        field = form.fields[name]
        none = [] if field.required else [("", Option(_("no impact")))]
        field.widget = ScaleInput(choices=[*none, *options.items()])
        field.widget.is_required = field.required


def offer_fitting(form: RegisterForm, command: Command[Any], record: Any) -> None:
    """Leave out the choices that do not fit the record."""
    for name, values in (command.fitting(record) if command.fitting else {}).items():
        field: Any = form.fields[name]
        field.choices = [(value, label) for value, label in field.choices if value == "" or value in values]


def form_field(field: Field[Any, Any], record: Any = None) -> forms.Field:
    """The form field of a model field, for a record where there is one: records as search-as-you-type, days and numbers
    as people write them.

    It asks the model field's own validators too, which Django leaves to the model: that would be a second round.
    """
    made = _form_field(field, record)
    if not isinstance(made, forms.ChoiceField):
        made.validators += [validator for validator in field.validators if validator not in made.validators]
    return made


def _may_name_any(field: Field[Any, Any]) -> bool:
    return field.name in getattr(field.model, "may_name", ())


def _form_field(field: Field[Any, Any], record: Any) -> forms.Field:
    choices: Any
    common: dict[str, Any] = {
        "label": _capital(field.verbose_name),
        "required": not field.blank,
        "help_text": field.help_text,
    }
    if isinstance(field, ForeignKey) and issubclass(field.related_model, Kept):
        to_field = field.to_fields[0]
        return RecordField(field.related_model, to_field=to_field, whole=_may_name_any(field), **common)
    if isinstance(field, ArrayField):
        choices = field.base_field.choices
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    if isinstance(field, OfferedField):
        held = [(value, text_of(record, field.name))] if record and (value := value_of(record, field.name)) else []
        return OfferedChoice(field.offers, held=held, **common)
    if isinstance(field, DecimalField):
        return LocalDecimalField(max_digits=field.max_digits, decimal_places=field.decimal_places, **common)
    if isinstance(field, DateField):
        return DayField(**common)
    made = field.formfield()
    assert made is not None, f"{field} has no form field"
    if isinstance(made, forms.TypedChoiceField):
        choices = made.choices
        made.choices = [(key, "–" if key == "" else label) for key, label in choices]
    made.label = common["label"]
    return made


def _capital(words: Any) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]


def cleaned(form: RegisterForm) -> dict[str, Any]:
    """The form's values; raises Invalid with the texts by field. Inputs left out keep the command's default."""
    if not form.is_valid():
        raise Invalid({("" if name == "__all__" else name): list(texts) for name, texts in form.errors.items()})
    return form.cleaned_data


def inputs_of(command: Command[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Cleaned values as the command's keyword arguments: what is empty and may be left out is left out."""
    return {
        name: values[name]
        for name, given in command.inputs.items()
        if given.required or values.get(name) not in (None, "")
    }
