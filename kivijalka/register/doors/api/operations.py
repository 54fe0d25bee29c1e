"""What can be done with a register, as functions of a request: each reads, asks the house, and answers plainly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path
from ninja.responses import Status
from pydantic import WithJsonSchema

from kivijalka.access.request import ActingRequest
from kivijalka.register import command as commands
from kivijalka.register.command import Command
from kivijalka.register.declare import Part, Register
from kivijalka.register.doors import links, rows
from kivijalka.register.doors.api import query, shapes
from kivijalka.register.doors.api.reading import Body, changed_values, command_inputs, new_values
from kivijalka.register.doors.filters import in_the_past
from kivijalka.register.doors.history import raw_versions
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.search import find
from kivijalka.register.doors.values import plain
from kivijalka.register.models import Node
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS

# Read as text: an id that is none is answered as one that is not there.
AnyId = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
RECORD: Any = _("Id of the record")
LINK: Any = _("Id of the link")
Id = Annotated[AnyId, Path(description=RECORD)]
LinkId = Annotated[AnyId, Path(description=LINK)]
Operation = Callable[..., Any]


def listing(register: Register[Any]) -> Operation:
    def view(request: ActingRequest) -> dict[str, Any]:
        size = query.check_list(request, register)
        page = rows.page(register, request.GET, size=size, verbs=True)
        items = [item(register, row) for row in page.rows]
        return {"items": items, "total": page.total, "sort": page.sort, "before": page.before, "after": page.after}

    return view


def reading(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        return item(register, rows.one(register, id))

    return named(view, id=Id)


def adding(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, response: HttpResponse) -> Status[dict[str, Any]]:
        query.check(request)
        if not rows.may_add(register, request.actor):
            raise Refused(_("You do not have the right to do this here."), code="no_right")
        values = new_values(register, Body(request, shapes.new_shape(register.key)))
        made = rows.one(register, commands.add(register, request.actor, **values).pk)
        response["Location"] = f"{request.path}/{made.pk}"
        return Status(201, item(register, made))

    return named(view, response=HttpResponse)


def editing(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        command = register.all_commands["edit"]
        record = _ready(register, id, command)
        body = Body(request, shapes.edit_shape(register.key))
        values = changed_values(register, record, body)
        command(request.actor, record, version=body.version, **values)
        return item(register, rows.one(register, id))

    return named(view, id=Id)


def doing(register: Register[Any], command: Command[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        record = _ready(register, id, command)
        body = Body(request, shapes.command_shape(register.key, command.name))
        inputs = command_inputs(command, body)
        command(request.actor, record, version=body.version, **inputs)
        return item(register, rows.one(register, id))

    return named(view, id=Id)


def history(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        return {"items": versions(register, rows.one(register, id))}

    return named(view, id=Id)


def parts(register: Register[Any], part: Part) -> Operation:
    related = [name for name in part.columns if part.field(name).is_relation]

    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        found = relate(rows.of_part(part, rows.one(register, id)), related)
        return {"items": [{"id": row.pk, **{name: plain(row, name) for name in part.columns}} for row in found]}

    return named(view, id=Id)


def ties(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        return {"items": [_tie(tie) for tie in links.links_of(rows.one(register, id))]}

    return named(view, id=Id)


def tying(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> Status[dict[str, Any]]:
        query.check(request)
        record = rows.one(register, id)
        shape = shapes.kinds_shape(register)
        assert shape is not None, "offered only where a kind of link reaches the register"
        body = Body(request, shape)
        form = links.LinkForm(register, body.values)
        body.fitting(form)
        made = form.save(request.actor, record)
        return Status(201, _tie(links.tie_of(made, record)))

    return named(view, id=Id)


def untying(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str, link: str) -> Status[None]:
        query.check(request)
        links.end_link(rows.one(register, id), link)
        return Status(204, None)

    return named(view, id=Id, link=LinkId)


def searching(request: ActingRequest) -> dict[str, Any]:
    """Records of every register that the words find, the best first."""
    query.check(request, "q", required=("q",))
    return {"items": [node_shown(node) for node in find(request.GET["q"])]}


def item(register: Register[Any], record: Any) -> dict[str, Any]:
    """A record as a program reads it. In the past nothing can be done."""
    past = in_the_past()
    can = {verb: not past and bool(getattr(record, f"can_{verb}")) for verb in register.all_commands}
    return {"id": record.pk, **_values(register, record), "can": can}


def versions(register: Register[Any], record: Any) -> list[dict[str, Any]]:
    """Every version of a record, with the records that it named as far as this person may see them."""
    raw = raw_versions(register, record.pk)
    fields = register.model._meta.concrete_fields
    names = [field.attname for field in fields]
    past = [register.model.from_db("default", names, [row[field.column] for field in fields]) for row in raw]
    persons = persons_shown({row[column] for row in raw for column in ("kept_by", "kept_for")} - {None})
    return [
        {
            **{name: row[name] for name in ("kept_from", "kept_to")},
            **{name: row[f"kept_{name}"] for name in ("door", "command", "seed")},
            "by": persons.get(row["kept_by"]),
            "on_behalf_of": persons.get(row["kept_for"]),
            "values": _values(register, version),
        }
        for row, version in zip(raw, relate(past, register.related), strict=True)
    ]


def _values(register: Register[Any], record: Any) -> dict[str, Any]:
    return {name: plain(record, name) for name in register.readable}


def persons_shown(wanted: set[Any]) -> dict[Any, dict[str, Any]]:
    """Persons by id, as far as they are seen."""
    if not wanted:
        return {}
    found = REGISTERS["person"].model._default_manager.filter(pk__in=wanted)
    return {person.pk: {"id": person.pk, "code": person.code, "title": str(person)} for person in found}


def _ready(register: Register[Any], pk: str, command: Command[Any]) -> Any:
    """The record, when this person may do the command on it in its present state."""
    record = rows.one(register, pk)
    refused = rows.why_not(record, command.name)
    if refused is not None:
        raise refused
    return record


def _tie(tie: links.Tie) -> dict[str, Any]:
    return {"id": tie.id, "kind": tie.kind, "words": str(tie.words), "other": node_shown(tie.other)}


def node_shown(node: Node) -> dict[str, Any]:
    """A record of any register, named."""
    return {"register": node.register, "id": node.pk, "code": node.code, "title": node.title}


def named(view: Operation, **annotations: Any) -> Operation:
    """The view with the types of its parameters as ninja reads them."""
    view.__annotations__ |= annotations
    return view
