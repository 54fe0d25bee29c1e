"""The one API of the house: an operation per register and command, and the document that describes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.security.apikey import APIKeyCookie
from ninja.utils import check_csrf
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from kivijalka.access import for_all
from kivijalka.register.declare import Register
from kivijalka.register.doors.api import attachments, discussion, operations, query, shapes
from kivijalka.register.doors.api.problems import MEDIA_TYPE, STATUS, TITLES, problem, refuse, unstorable
from kivijalka.register.doors.api.reading import FORM, JSON
from kivijalka.register.doors.downloads import ANY_KIND
from kivijalka.register.own.fields import own_of
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS

REFERENCE = "#/components/schemas/{model}"
NO_SUCH_ADDRESS = Refused(
    _("There is nothing at this address. /api/openapi.json lists what there is."), code="no_such_address"
)
NO_SUCH_METHOD = Refused(
    _("This cannot be done at this address. The header Allow says what can."), code="no_such_method"
)


# What an upper room adds that is of no register: each is called with the API.
OPENINGS: list[Callable[[Any], None]] = []


class Session(APIKeyCookie):
    """Whoever is signed in on the pages, or acts by a token. A request that changes something needs the header X-CSRFToken too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: Any) -> Any:
        if request.actor.person is None:
            raise Refused(_("Sign in first."), code="not_signed_in")
        # A token is sent on purpose; a cookie goes along with whatever another site makes a browser send.
        if request.actor.token is None and check_csrf(request) is not None:
            raise Refused(_("Send the value of the cookie csrftoken as the header X-CSRFToken."), code="csrf")
        return request.actor

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Never asked: `__call__` decides."""
        raise NotImplementedError


class Api(NinjaAPI):
    """Adds to ninja: every refusal as a problem, and bodies and parameters described from the declarations."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # Shapes that the document names beside those of the answers.
        self.bodies: list[type[BaseModel]] = [shapes.Problem]

    def add(
        self, method: str, path: str, view: operations.Operation, answers: dict[int, Any], name: str, label: Any,
        *, tag: Any, body: type[BaseModel] | None = None, sent_as: str = JSON, given_as: str = "",
        says: Any = "",
    ) -> None:  # fmt: skip
        """Add one operation, its refusals and its body described; and of an answer that is no JSON, its type."""
        view.__name__ = name
        self.bodies += [body] if body else []
        self.default_router.add_api_operation(
            path, [method.upper()], view, auth=self.auth, response=answers, operation_id=name,
            summary=label, description=says or None, tags=[tag], by_alias=True,
            openapi_extra=_extra(method, path, body, sent_as, given_as),
        )  # fmt: skip

    @cached_property
    def urls(self) -> Any:
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _told(pattern.callback)
        return [*patterns, re_path("", csrf_exempt(_nothing_here))], app, namespace

    def get_openapi_schema(self, **given: Any) -> Any:
        document = super().get_openapi_schema(**given)
        document["components"]["schemas"] |= _schemas(self.bodies) | _with_own_fields()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                more = _parameters_at(path) if method == "get" else [query.once()]
                operation["parameters"] = [*operation.get("parameters", []), *more]
        return document


@for_all()
def make_api() -> Api:
    """The whole API, from all registers."""
    api = Api(
        title="Kivijalka",
        version="1",
        urls_namespace="api",
        docs_url=None,
        auth=Session(),
        openapi_extra={
            "info": {"description": _("Every register, with the filters, commands and texts of the pages.")}
        },
    )
    api.add_exception_handler(Refused, refuse)
    api.add_exception_handler(DataError, lambda request, error: refuse(request, unstorable()))
    api.add_exception_handler(Http404, lambda request, error: refuse(request, NO_SUCH_ADDRESS))
    for register in REGISTERS.values():
        _open(api, register)
        _open_links(api, register)
        _open_files(api, register)
        _open_discussion(api, register)
    found = {200: shapes.Found}
    everywhere = partial(api.add, tag=_("All registers"))
    everywhere("get", "/search", operations.searching, found, "search", _("Search"))
    everywhere("get", "/following", discussion.followed, found, "following", _("What I follow"))
    for opening in OPENINGS:
        opening(api)
    return api


def _open(api: Api, register: Register[Any]) -> None:
    """Operations on the records of one register."""
    key, root, one = register.key, f"/{register.path}", f"/{register.path}/{{id}}"
    item, page, history = shapes.item_shape(key), shapes.page_shape(key), shapes.history_shape(key)
    add = partial(api.add, tag=register.names[1])
    add("get", root, operations.listing(register), {200: page}, f"{key}_list", register.names[1])
    if register.adds:
        made = operations.adding(register)
        add("post", root, made, {201: item}, f"{key}_add", _("Add"), body=shapes.new_shape(key))
    add("get", one, operations.reading(register), {200: item}, f"{key}_get", register.names[0])
    edit = operations.editing(register)
    add("patch", one, edit, {200: item}, f"{key}_edit", _("Edit"), body=shapes.edit_shape(key))
    add("get", f"{one}/history", operations.history(register), {200: history}, f"{key}_history", _("History"))
    for part in register.parts:
        answer = {200: shapes.parts_shape(part)}
        add("get", f"{one}/{part.key}", operations.parts(register, part), answer, f"{key}_{part.key}", part.names[1])
    for command in register.commands:
        verb, body = operations.doing(register, command), shapes.command_shape(key, command.name)
        name = f"{key}_do_{command.name}"
        add("post", f"{one}/{command.name}", verb, {200: item}, name, command.label, body=body, says=command.says)


def _open_links(api: Api, register: Register[Any]) -> None:
    """Operations on the links of one register's records."""
    key, path = register.key, f"/{register.path}/{{id}}/links"
    add = partial(api.add, tag=register.names[1])
    add("get", path, operations.ties(register), {200: shapes.Ties}, f"{key}_links", _("Links"))
    body = shapes.kinds_shape(register)
    if body is not None:
        add("post", path, operations.tying(register), {201: shapes.Tie}, f"{key}_link", _("Link"), body=body)
        end = operations.untying(register)
        add("delete", f"{path}/{{link}}", end, {204: None}, f"{key}_unlink", _("End the link"))


def _open_files(api: Api, register: Register[Any]) -> None:
    """Operations on the files of one register's records."""
    key, path = register.key, f"/{register.path}/{{id}}/files"
    add, one = partial(api.add, tag=register.names[1]), f"{path}/{{file}}"
    add("get", path, attachments.listing(register), {200: attachments.Files}, f"{key}_files", _("Files"))
    attach, new = attachments.attaching(register), attachments.NewFile
    add("post", path, attach, {201: attachments.File}, f"{key}_attach", _("Attach"), body=new, sent_as=FORM)
    add("get", one, attachments.reading(register), {200: None}, f"{key}_file", _("The file itself"), given_as=ANY_KIND)
    add("delete", one, attachments.withdrawing(register), {204: None}, f"{key}_withdraw_file", _("Withdraw the file"))


def _open_discussion(api: Api, register: Register[Any]) -> None:
    """What is said about one register's records, and following them."""
    key, one = register.key, f"/{register.path}/{{id}}"
    add, comments, following = partial(api.add, tag=register.names[1]), f"{one}/comments", f"{one}/following"
    add("get", comments, discussion.listing(register), {200: discussion.Comments}, f"{key}_comments", _("Discussion"))
    say, words = discussion.saying(register), discussion.NewComment
    add("post", comments, say, {201: discussion.Comment}, f"{key}_comment", _("Comment"), body=words)
    begin, end = (discussion.following(register, follows=follows) for follows in (True, False))
    add("put", following, begin, {204: None}, f"{key}_follow", _("Follow this record"))
    add("delete", following, end, {204: None}, f"{key}_follow_no_longer", _("Follow no longer"))


def _extra(method: str, path: str, body: type[BaseModel] | None, sent_as: str, given_as: str) -> dict[str, Any]:
    """What the document says of an operation beyond its answer: refusals, and the body."""
    expected = {401, 422, 429, 500, 503} | ({404} if "{id}" in path else set())
    if method != "get":
        expected |= {400, 403, 409, 413, 415}
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    extra: dict[str, Any] = {
        "responses": {status: {"description": TITLES[status], "content": content} for status in sorted(expected)}
    }
    if given_as:
        answer = {"schema": {"type": "string", "format": "binary"}}
        extra["responses"][200] = {"description": "OK", "content": {given_as: answer}}
    if body is not None:
        required = any(field.is_required() for field in body.model_fields.values())
        schema = {"$ref": REFERENCE.format(model=body.__name__)}
        extra["requestBody"] = {"required": required, "content": {sent_as: {"schema": schema}}}
    return extra


def _schemas(models: Sequence[type[BaseModel]], mode: JsonSchemaMode = "validation") -> dict[str, Any]:
    _map, document = models_json_schema([(model, mode) for model in models], ref_template=REFERENCE)
    return dict(document["$defs"])


def _with_own_fields() -> dict[str, Any]:
    """Shapes of the registers that the city has added fields to, for who acts: the document names those fields too."""
    keys = [register.key for register in REGISTERS.values() if own_of(register.model).fields]
    if not keys:
        return {}
    answered = [shape(key) for key in keys for shape in (shapes.item_shape, shapes.history_shape)]
    read = [shape(key) for key in keys for shape in (shapes.new_shape, shapes.edit_shape)]
    return _schemas(answered, "serialization") | _schemas(read)


def _parameters_at(path: str) -> list[query.Parameter]:
    if path.endswith("/search"):
        return [query.words(), query.as_of()]
    for register in REGISTERS.values():
        if path.endswith(f"/{register.path}"):
            return query.parameters_of(register)
    return [query.as_of()]


def _told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, its bare refusals turned into problems."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return problem(NO_SUCH_ADDRESS)
        if response.status_code != STATUS["no_such_method"]:
            return response
        refused = problem(NO_SUCH_METHOD)
        refused["Allow"] = response["Allow"]
        return refused

    return told


def _nothing_here(request: HttpRequest) -> HttpResponse:
    return problem(NO_SUCH_ADDRESS)
