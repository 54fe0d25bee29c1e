"""What is said about records, and following them, for programs: by the functions of the pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja.responses import Status
from pydantic import BaseModel

from kivijalka.access.request import ActingRequest
from kivijalka.register import discussion
from kivijalka.register.declare import Register
from kivijalka.register.doors import rows
from kivijalka.register.doors.api import query, shapes
from kivijalka.register.doors.api.operations import Id, Operation, named, node_shown, persons_shown
from kivijalka.register.doors.api.reading import Body
from kivijalka.register.doors.discussion import comment_form
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.values import plain
from kivijalka.register.models import discussion as kept


class Comment(BaseModel):
    """Words about a record, and whom they ask to look."""

    id: UUID
    person: shapes.Ref | None
    at: shapes.Moment
    text: str
    mentions: list[shapes.Ref]
    version: int = shapes.described(_("More than 1 where its writer has worded it anew"))


class Comments(BaseModel):
    """What was said, the latest first: a hundred at most."""

    items: list[Comment]


class NewComment(shapes.Given):
    """What to say."""

    text: str = shapes.described(
        _("@ and a name or code asks that person to look"), minLength=1, maxLength=discussion.LONGEST
    )


def listing(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> dict[str, Any]:
        query.check(request)
        return {"items": shown(discussion.comments_of(rows.one(register, id).pk)[: discussion.MOST_SHOWN])}

    return named(view, id=Id)


def saying(register: Register[Any]) -> Operation:
    def view(request: ActingRequest, id: str) -> Status[dict[str, Any]]:
        query.check(request)
        record = rows.one(register, id)
        body = Body(request, NewComment)
        made = discussion.say(request.actor, record, body.fitting(comment_form(body.values))["text"])
        made.refresh_from_db()
        return Status(201, shown([made])[0])

    return named(view, id=Id)


def following(register: Register[Any], *, follows: bool) -> Operation:
    def view(request: ActingRequest, id: str) -> Status[None]:
        query.check(request)
        discussion.follow(request.actor, rows.one(register, id).pk, follows=follows)
        return Status(204, None)

    return named(view, id=Id)


def followed(request: ActingRequest) -> dict[str, Any]:
    """Records of every register that one follows."""
    query.check(request)
    return {"items": [node_shown(node) for node in discussion.followed(request.actor.person)]}


def shown(comments: Iterable[kept.Comment]) -> list[dict[str, Any]]:
    """Comments as a program reads them."""
    found = relate(comments, ["person"])
    known = persons_shown({pk for comment in found for pk in comment.mentions})
    return [
        {name: getattr(comment, name) for name in ("id", "at", "text", "version")}
        | {"person": plain(comment, "person"), "mentions": [known[pk] for pk in comment.mentions if pk in known]}
        for comment in found
    ]
