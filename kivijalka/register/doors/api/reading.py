"""Reads what a program sends: JSON of the declared types, then through the forms that the pages use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from kivijalka.register.command import Command
from kivijalka.register.declare import Register
from kivijalka.register.doors.api.problems import Mistakes, Unfit
from kivijalka.register.doors.api.shapes import Given
from kivijalka.register.doors.forms import RegisterForm, command_form, inputs_of, record_form
from kivijalka.register.doors.once import is_form
from kivijalka.register.fields import NOT_IN_EURO
from kivijalka.register.numbers import foreign
from kivijalka.register.refusal import Refused

JSON, FORM = "application/json", "multipart/form-data"


class Body:
    """What was sent: the values of the right type, and the mistakes in the others."""

    def __init__(self, request: HttpRequest, shape: type[Given]) -> None:
        text = text_of(request)
        self.mistakes: Mistakes = {}
        try:
            shape.model_validate_json(text)
        except ValidationError as error:
            self.mistakes = mistakes_in(error, shape)
        sent = from_json(text)
        self.values: dict[str, Any] = {}
        for name in shape.model_fields:
            if name in sent and name not in self.mistakes:
                self._take(name, sent[name])

    @property
    def version(self) -> int | None:
        return self.values.get("version")

    def fitting(self, form: RegisterForm) -> dict[str, Any]:
        """The form's values. Raises Unfit with everything that is wrong, whoever noticed it."""
        found = {name: [(e["message"], e["code"]) for e in told] for name, told in form.errors.get_json_data().items()}
        mistakes = {("" if name == "__all__" else name): told for name, told in found.items()} | self.mistakes
        if mistakes:
            raise Unfit(mistakes)
        return form.cleaned_data

    def _take(self, name: str, value: Any) -> None:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\x00" in text for text in texts):
            told = _("The text holds a character that cannot be stored. Remove it.")
            self.mistakes[name] = [(told, "null_characters_not_allowed")]
        else:
            self.values[name] = value


def new_values(register: Register[Any], body: Body) -> dict[str, Any]:
    """Values of a new record: what was sent, and the defaults of what was not."""
    fields = {name: register.field(name) for name in register.writable}
    defaults = {name: field.get_default() for name, field in fields.items() if field.has_default()}
    return body.fitting(record_form(register, _as_typed({**defaults, **body.values})))


def changed_values(register: Register[Any], record: Any, body: Body) -> dict[str, Any]:
    """The fields that were sent, and no other."""
    names = [name for name in register.writable if name in body.values]
    return body.fitting(record_form(register, _as_typed(body.values), record, only=names))


def command_inputs(command: Command[Any], body: Body) -> dict[str, Any]:
    """Inputs of a command, by name."""
    switches = {name: given.default for name, given in command.inputs.items() if given.type is bool}
    values = body.fitting(command_form(command, _as_typed({**switches, **body.values})))
    return inputs_of(command, values)


def mistakes_in(error: ValidationError, shape: type[Given]) -> Mistakes:
    """What the types found, in words of ours. Raises the refusal of a body that is no JSON object at all."""
    mistakes: Mistakes = {}
    for detail in error.errors(include_url=False, include_context=True):
        if detail["type"] == "json_invalid":
            raise Refused(_("The body is not valid JSON in UTF-8."), code="malformed")
        if not detail["loc"]:
            raise Unfit({"": [(_("The body must be a JSON object, in braces."), "wrong_type")]})
        mistakes.setdefault(str(detail["loc"][0]), [_mistake(detail, shape)])
    return mistakes


def _mistake(detail: ErrorDetails, shape: type[Given]) -> tuple[Any, str]:
    kind = detail["type"]
    if kind == "missing":
        return _("This field is required."), "required"
    if kind == "extra_forbidden":
        return _("There is no such field here. There are: %s.") % ", ".join(sorted(shape.model_fields)), "unknown_field"
    if kind == "literal_error":
        return _("Choose one of: %s.") % detail.get("ctx", {}).get("expected", ""), "invalid_choice"
    if kind.startswith("decimal") and foreign(str(detail["input"])):
        return NOT_IN_EURO, "currency"
    wanted = _wanted()
    return wanted.get(kind.split("_")[0], _("This value is not understood.")), "wrong_type"


def _wanted() -> dict[str, str]:
    """What should stand there, by the beginning of the type's error."""
    return {
        "string": _("Write a text here, in quotation marks."),
        "int": _("Write a whole number here, without quotation marks."),
        "decimal": _("Write a number here."),
        "date": _("Write a day as 2026-12-31, in quotation marks."),
        "bool": _("Write true or false here."),
        "list": _("Write a list here, in square brackets."),
        "uuid": _("Write an id here, in quotation marks."),
        "greater": _("This number is too small."),
        "less": _("This number is too large."),
    }


def text_of(request: HttpRequest, *more: str) -> bytes:
    """The body as it came; `more` are media types that are JSON too."""
    not_json = Refused(_("Send the body as JSON, with the header Content-Type: application/json."), code="not_json")
    if is_form(request):  # which is read already
        raise not_json
    try:
        text = request.body
    except RequestDataTooBig:
        raise Refused(_("The body is too large. Send less at once."), code="too_large") from None
    if text and request.content_type not in (JSON, *more):
        raise not_json
    return text or b"{}"


def _as_typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values as a form reads them: as if they had been typed."""
    return {name: _typed(value) for name, value in values.items() if value is not None}


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return value if isinstance(value, bool) else str(value)
