"""The API: what a person can do, a program can, with the same filters, commands and refusals.

One operation per register and verb, made from the declaration. Input is read by the forms of the pages; the schemas
here only type and document it.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db.models import BooleanField as BooleanColumn
from django.db.models import DateField, DateTimeField, DecimalField, IntegerField
from django.http import HttpRequest, HttpResponse, QueryDict
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie
from pydantic import Field as Described
from pydantic import create_model

from kivijalka.register import command as commands
from kivijalka.register.command import Command, Input
from kivijalka.register.declare import Register
from kivijalka.register.doors import forms, rows
from kivijalka.register.doors.filters import filters_of
from kivijalka.register.doors.history import versions_of
from kivijalka.register.doors.links import links_of
from kivijalka.register.doors.search import find
from kivijalka.register.doors.values import plain
from kivijalka.register.models import Kept
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS

STATUS = {"not_there": 404, "no_right": 403, "state": 409, "conflict": 409}
MOST = 200


class Session(APIKeyCookie):
    """The site's own session, with its CSRF token on whatever changes something."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None


class Reference(Schema):
    """Another record."""

    id: UUID
    code: str
    title: str


class Problem(Schema):
    """A refusal (RFC 9457): what, where, how to mend it."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: dict[str, list[str]] = {}


class Found(Schema):
    """A record that the search found."""

    id: UUID
    register_: str = Described(alias="register")
    code: str
    title: str


class Tie(Schema):
    """A link in words, and the record at its other end."""

    id: UUID
    words: str
    other: Reference


class Change(Schema):
    """One field of a version."""

    field: str
    before: str
    after: str


class Version(Schema):
    """One version of a record."""

    start: datetime
    end: datetime | None
    command: str
    by: str
    on_behalf_of: str
    door: str
    changes: list[Change]


def problem(refused: Refused) -> HttpResponse:
    """A refusal as application/problem+json."""
    status = STATUS.get(refused.code, 422)
    errors = {name or "record": [str(text) for text in texts] for name, texts in refused.errors.items()}
    return problem_response(status, refused.code, str(refused), errors)


def problem_response(status: int, code: str, detail: str, errors: dict[str, list[str]] | None = None) -> HttpResponse:
    told = Problem(
        title=code.replace("_", " ").capitalize(), status=status, code=code, detail=detail, errors=errors or {}
    )
    return HttpResponse(told.model_dump_json(), status=status, content_type="application/problem+json")


def make_api() -> NinjaAPI:
    """The whole API, from all registers."""
    api = NinjaAPI(title="Kivijalka", version="1", docs_url=None, auth=Session(), urls_namespace="api")
    handlers: dict[Any, Any] = {
        Refused: _refused,
        AuthenticationError: lambda request, error: problem_response(401, "not_signed_in", "Sign in first."),
        ValidationError: _unreadable,
        HttpError: lambda request, error: problem_response(error.status_code, "unreadable", str(error)),
    }
    for error, handler in handlers.items():
        api.add_exception_handler(error, handler)
    for register in REGISTERS.values():
        _reading(api, register)
        _writing(api, register)
    _search(api)
    return api


def _refused(request: Any, error: Refused) -> HttpResponse:
    from django.db import transaction

    transaction.set_rollback(True)
    return problem(error)


def _unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for one in error.errors:
        errors.setdefault(str(one["loc"][-1]), []).append(str(one["msg"]))
    return problem_response(422, "invalid", "The request could not be read as described.", errors)


def _answers(schema: Any, *statuses: int) -> dict[int, Any]:
    return {200: schema, **dict.fromkeys([401, *statuses], Problem)}


def _reading(api: NinjaAPI, register: Register[Any]) -> None:
    schema = row_schema(register)
    listed = create_model(
        f"{schema.__name__}Page", __base__=Schema, rows=(list[schema], ...), total=(int, ...),  # type: ignore[valid-type]
        before=(str | None, None), after=(str | None, None),
    )  # fmt: skip
    name, tag = register.key, [register.path]
    filters = sorted(filters_of(register.key).base_filters)
    words = f"Filters: {', '.join(filters)}. `sort`, `after`, `before`, `size` (at most {MOST}), `as_of`."

    @api.get(
        f"/{register.path}", response=_answers(listed, 422), operation_id=f"list_{name}", tags=tag, description=words
    )
    def list_rows(request: HttpRequest, size: int = rows.PAGE) -> Any:
        found = rows.page(register, request.GET, size=max(1, min(size, MOST)))
        shown = [row_of(register, row) for row in found.rows]
        return {"rows": shown, "total": found.total, "before": found.before, "after": found.after}

    @api.get(f"/{register.path}/{{uuid:pk}}", response=_answers(schema, 404), operation_id=f"get_{name}", tags=tag)
    def get_row(request: HttpRequest, pk: UUID) -> Any:
        return row_of(register, rows.one(register, pk))

    @api.get(
        f"/{register.path}/{{uuid:pk}}/history",
        response=_answers(list[Version], 404),
        operation_id=f"history_{name}",
        tags=tag,
    )
    def history(request: HttpRequest, pk: UUID) -> Any:
        return [_version(version) for version in versions_of(register, rows.one(register, pk))]

    @api.get(
        f"/{register.path}/{{uuid:pk}}/links", response=_answers(list[Tie], 404), operation_id=f"links_{name}", tags=tag
    )
    def links(request: HttpRequest, pk: UUID) -> Any:
        ties = links_of(register, rows.one(register, pk))
        return [
            {
                "id": tie.id,
                "words": str(tie.words),
                "other": {"id": tie.other.pk, "code": tie.other.code, "title": tie.other.title},
            }
            for tie in ties
        ]


def _writing(api: NinjaAPI, register: Register[Any]) -> None:
    schema, tag = row_schema(register), [register.path]
    if register.adds:
        body = body_schema(f"Add{register.key.title()}", {name: register.field(name) for name in register.writable})

        @api.post(
            f"/{register.path}",
            response=_answers(schema, 403, 404, 409, 422),
            operation_id=f"add_{register.key}",
            tags=tag,
        )
        def add(request: Any, data: body) -> Any:  # type: ignore[valid-type]
            form = forms.record_form(register, data_of(data))
            made = commands.add(register, request.actor, **forms.cleaned(form))
            return row_of(register, rows.one(register, made.pk))

    changed = body_schema(
        f"Edit{register.key.title()}", {name: register.field(name) for name in register.writable}, partly=True
    )

    @api.patch(
        f"/{register.path}/{{uuid:pk}}",
        response=_answers(schema, 403, 404, 409, 422),
        operation_id=f"edit_{register.key}",
        tags=tag,
    )
    def edit(request: Any, pk: UUID, data: changed) -> Any:  # type: ignore[valid-type]
        record = rows.one(register, pk)
        given = data.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
        version = given.pop("version")
        form = forms.record_form(register, _query(given), only=list(given))
        register.all_commands["edit"](request.actor, record, version=version, **forms.cleaned(form))
        return row_of(register, rows.one(register, pk))

    for verb in register.all_commands.values():
        if verb.name != "edit":
            _verb(api, register, verb, schema, tag)


def _verb(api: NinjaAPI, register: Register[Any], verb: Command[Any], schema: Any, tag: list[str]) -> None:
    body = command_schema(register, verb)

    @api.post(
        f"/{register.path}/{{uuid:pk}}/{verb.name}",
        response=_answers(schema, 403, 404, 409, 422),
        operation_id=f"{verb.name}_{register.key}",
        summary=str(verb.label),
        description=(verb.function.__doc__ or "").strip(),
        tags=tag,
    )
    def do(request: Any, pk: UUID, data: body) -> Any:  # type: ignore[valid-type]
        record = rows.one(register, pk)
        form = forms.command_form(verb, data_of(data))
        inputs = forms.inputs_of(verb, forms.cleaned(form))
        verb(request.actor, record, version=data.version, **inputs)  # type: ignore[attr-defined]
        return row_of(register, rows.one(register, pk))


def _search(api: NinjaAPI) -> None:
    @api.get("/search", response=_answers(list[Found]), operation_id="search", tags=["search"])
    def search(request: HttpRequest, q: str = "") -> Any:
        return [{"id": node.pk, "register": node.register, "code": node.code, "title": node.title} for node in find(q)]


def row_schema(register: Register[Any]) -> Any:
    """What a record looks like: its readable fields, and which verbs can be done on it now."""
    fields: dict[str, Any] = {"id": (UUID, ...)}
    for name in register.readable:
        field = register.field(name)
        fields[name] = (_read_type(field) | None, Described(None, description=str(field.verbose_name)))
    fields["can"] = (dict[str, bool], {})
    return create_model(register.key.title(), __base__=Schema, **fields)


def _read_type(field: Any) -> Any:
    if field.is_relation:
        return Reference if issubclass(field.related_model, Kept) else str
    simple = [
        (BooleanColumn, bool),
        (DateTimeField, datetime),
        (DateField, date),
        (DecimalField, Decimal),
        (IntegerField, int),
    ]
    for column, kind in simple:
        if isinstance(field, column):
            return kind
    return list[str] if field.get_internal_type() == "ArrayField" else str


def row_of(register: Register[Any], row: Any) -> dict[str, Any]:
    values = {name: plain(row, name) for name in register.readable}
    can = {name: getattr(row, f"can_{name}") for name in register.all_commands}
    return {"id": row.pk, **values, "can": can}


class Body(Schema):
    """Only what is described is accepted."""

    model_config = {"extra": "forbid"}


def body_schema(name: str, fields: dict[str, Any], *, partly: bool = False) -> Any:
    """A body that writes model fields; `partly` for editing, where what is left out stays as it is."""
    made: dict[str, Any] = {}
    for key, field in fields.items():
        required = not partly and not field.blank and not field.has_default()
        kind = _choice_type(field.flatchoices) if field.choices else _write_type(field)
        default = ... if required else field.get_default() if field.has_default() and not partly else None
        made[key] = (kind if required else kind | None, Described(default, description=str(field.verbose_name)))
    if partly:
        made["version"] = (int, Described(..., description="The version that was read", ge=0, le=2**31 - 1))
    return create_model(name, __base__=Body, **made)


def _write_type(field: Any) -> Any:
    if field.is_relation:
        return str
    return _read_type(field)


def command_schema(register: Register[Any], verb: Command[Any]) -> Any:
    """A body from the signature of a command."""
    made: dict[str, Any] = {name: _input_type(given) for name, given in verb.inputs.items()}
    made["version"] = (int | None, Described(None, description="The version that was read", ge=0, le=2**31 - 1))
    return create_model(f"{verb.name.title()}{register.key.title()}", __base__=Body, **made)


def _input_type(given: Input) -> Any:
    if given.ask.choices is not None:
        kind = _choice_type(getattr(given.ask.choices, "choices", given.ask.choices))
    else:
        kind = given.type if given.type in (int, str, bool, date, Decimal) else str
    described = Described(... if given.required else given.default, description=str(given.ask.label))
    return (kind if given.required else kind | None, described)


def _choice_type(choices: Any) -> Any:
    return Literal[tuple(value for value, _label in choices)]


def data_of(data: Any) -> QueryDict:
    """A body as a form reads it."""
    return _query(data.model_dump())


def _query(values: dict[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in values.items():
        if isinstance(value, list):
            query.setlist(name, [str(item) for item in value])
        elif value is not None:
            query[name] = value.isoformat() if isinstance(value, date) else str(value)
    return query


def _version(version: Any) -> dict[str, Any]:
    changes = [{"field": str(c.label), "before": c.before, "after": c.after} for c in version.changes]
    names = ("start", "end", "by", "on_behalf_of", "door")
    return {**{name: getattr(version, name) for name in names}, "command": str(version.command), "changes": changes}
