"""The handshake for programs: shares of responsibility offered, listed and answered, by the commands of the pages."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from ninja.responses import Status
from pydantic import BaseModel

from kivijalka.access.request import ActingRequest
from kivijalka.organisation import queries, responsibility
from kivijalka.organisation.models import Responsibility
from kivijalka.organisation.views import offer_form
from kivijalka.register.doors.api import query, shapes
from kivijalka.register.doors.api.operations import Id, Operation, node_shown
from kivijalka.register.doors.api.reading import Body
from kivijalka.register.doors.api.site import Api
from kivijalka.register.doors.forms import RegisterForm
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.values import plain
from kivijalka.register.models import Node
from kivijalka.register.refusal import NotThere, Refused

ROOT = "/responsibilities"


class Share(BaseModel):
    """A share of responsibility: R, A, C or I, for a record. The record is empty where it may no longer be seen."""

    id: UUID
    record: shapes.NodeRef | None
    person: shapes.Ref | None
    share: str
    state: str
    at: shapes.Moment


class Shares(BaseModel):
    """Shares of responsibility."""

    items: list[Share]


class OfferOfShare(shapes.Given):
    """What is offered, for which record, to whom."""

    record: str = shapes.described(_("Code of the record"), minLength=1)
    person: str = shapes.described(_("Id or code of the person"), minLength=1)
    share: str = shapes.described(_("Share of responsibility"), words=Responsibility.Share.choices)


class Answer(shapes.Given):
    """Nothing more than the address says."""


def open_api(api: Api) -> None:
    """Add an operation per command, and the list."""
    add = partial(api.add, tag=_("Responsibility"))
    add("get", ROOT, listing, {200: Shares}, "responsibility_list", _("What you answer for, or who does for a record"))
    add("post", ROOT, offering, {201: Share}, "responsibility_offer", _("Offer"), body=OfferOfShare)
    for name, verb in responsibility.ANSWERS.items():
        says = str(verb.function.__doc__)
        path, view = f"{ROOT}/{{id}}/{name}", answering(name)
        add("post", path, view, {200: Share}, f"responsibility_{name}", verb.label, body=Answer, says=says)


def listing(request: ActingRequest, record: str = "") -> dict[str, Any]:
    """Of a record by its code: offered, accepted, or lapsed. Without one: what is offered to you or accepted by you."""
    query.check(request, "record")
    person = request.actor.principal
    rows = (
        queries.of_record(node_of(record).pk) if record else queries.offered_to(person) | queries.answered_for(person)
    )
    return {"items": shown(relate(rows, ["person"]))}


def offering(request: ActingRequest) -> Status[dict[str, Any]]:
    query.check(request)
    body = Body(request, OfferOfShare)
    form = offer_form(body.values)
    form.fields["record"] = forms.CharField()
    values = body.fitting(form)
    node = node_of(values["record"])
    made = responsibility.offer(request.actor, node, person=values["person"], share=values["share"])
    made.refresh_from_db()
    return Status(201, shown([made])[0])


def answering(name: str) -> Operation:
    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        try:
            pk = UUID(id)
        except ValueError:
            raise NotThere from None
        Body(request, Answer).fitting(RegisterForm({}))
        return shown([responsibility.answer(request.actor, pk, name)])[0]

    view.__annotations__ |= {"id": Id}
    return view


def node_of(code: str) -> Node:
    """The record with this code, where it is seen."""
    node = Node.objects.filter(code=code.strip().upper()).first()
    if node is None:
        told = _("There is no such record, or you may not see it.")
        raise Refused(told, code="not_there", field="record")
    return node


def shown(rows: list[Responsibility]) -> list[dict[str, Any]]:
    """Shares as a program reads them."""
    nodes = Node.objects.in_bulk([row.record_id for row in rows])
    named = {pk: node_shown(node) for pk, node in nodes.items()}
    return [
        {name: getattr(row, name) for name in ("id", "share", "state", "at")}
        | {"record": named.get(row.record_id), "person": plain(row, "person")}
        for row in rows
    ]
