"""Files of records for programs: listed, attached as a form with a file, read as they came, withdrawn."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path
from ninja.responses import Status
from pydantic import BaseModel

from kivijalka.access.request import ActingRequest
from kivijalka.register import attachments
from kivijalka.register.declare import Register
from kivijalka.register.doors import rows
from kivijalka.register.doors.api import query, shapes
from kivijalka.register.doors.api.operations import AnyId, Id, Operation, named
from kivijalka.register.doors.api.problems import Unfit
from kivijalka.register.doors.attachments import file_form
from kivijalka.register.doors.downloads import download
from kivijalka.register.doors.once import is_form
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.values import plain
from kivijalka.register.kinds import KINDS
from kivijalka.register.models.attachments import Attachment
from kivijalka.register.refusal import NotThere, Refused

FILE: Any = _("Id of the file")
FileId = Annotated[AnyId, Path(description=FILE)]


class File(BaseModel):
    """A file on a record. One that was withdrawn opens only to whoever may change the record, and after a year to nobody."""

    id: UUID
    name: str
    description: str
    kind: str = shapes.described(_("Told by its content"), words=[(kind.key, kind.label) for kind in KINDS.values()])
    size: int = shapes.described(_("Bytes"))
    sha256: str
    person: shapes.Ref | None = shapes.described(_("Who attached it"))
    at: shapes.Moment
    withdrawn_by: shapes.Ref | None
    withdrawn_at: shapes.Moment | None


class Files(BaseModel):
    """The files of a record, the latest first."""

    items: list[File]


class NewFile(shapes.Given):
    """What is attached: a form of the type multipart/form-data."""

    file: bytes = shapes.described(_("The file, with its name; 50 MB at most"), format="binary")
    description: str = shapes.described(_("In a few words, what it shows"), "", maxLength=200)


def listing(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        record = rows.one(register, id)
        return {"items": shown(list(attachments.attachments_of(record.pk)))}

    return named(view, id=Id)


def attaching(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, response: HttpResponse, id: str) -> Status[dict[str, Any]]:
        query.check(request)
        record = rows.one(register, id)
        if not is_form(request):
            raise Refused(_("Send a form with the file, of the type multipart/form-data."), code="no_form")
        form = file_form(request.POST, request.FILES)
        unknown = {*request.POST, *request.FILES} - set(form.fields)
        told = _("There is no such field here. There are: %s.") % ", ".join(sorted(form.fields))
        mistakes = {name: [(told, "unknown_field")] for name in unknown}
        if mistakes or not form.is_valid():
            found = {n: [(e["message"], e["code"]) for e in told] for n, told in form.errors.get_json_data().items()}
            raise Unfit(found | mistakes)
        file = form.cleaned_data["file"]
        description = form.cleaned_data["description"]
        made = attachments.attach(request.actor, record, name=file.name, data=file.read(), description=description)
        made.refresh_from_db()
        response["Location"] = f"{request.path}/{made.pk}"
        return Status(201, shown([made])[0])

    return named(view, response=HttpResponse, id=Id)


def reading(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str, file: str) -> HttpResponse:
        query.check(request)
        found = attachment_of(rows.one(register, id), file)
        return download(attachments.bytes_attached(found), found.name)

    return named(view, id=Id, file=FileId)


def withdrawing(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str, file: str) -> Status[None]:
        query.check(request)
        record = rows.one(register, id)
        attachments.withdraw(request.actor, attachment_of(record, file))
        return Status(204, None)

    return named(view, id=Id, file=FileId)


def attachment_of(record: Any, pk: str) -> Attachment:
    try:
        return attachments.attachment_of(record.pk, UUID(pk))
    except ValueError:
        raise NotThere from None


def shown(files: list[Attachment]) -> list[dict[str, Any]]:
    """Files as a program reads them."""
    names = ("id", "name", "description", "kind", "size", "sha256", "at", "withdrawn_at")
    return [
        {name: getattr(file, name) for name in names} | {name: plain(file, name) for name in ("person", "withdrawn_by")}
        for file in relate(files, ["person", "withdrawn_by"])
    ]
