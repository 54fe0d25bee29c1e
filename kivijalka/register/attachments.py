"""Attaching a file to a record, withdrawing it, and having it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import writes_node
from kivijalka.access.actor import say_command
from kivijalka.register.command import no_right, translated
from kivijalka.register.contents import bytes_of, keep_content
from kivijalka.register.kinds import ending_of, kind_of, named_as
from kivijalka.register.models import Node
from kivijalka.register.models.attachments import Attachment
from kivijalka.register.plain import plain_name
from kivijalka.register.refusal import NotThere, Reason, Refused, refuse
from kivijalka.register.turns import wait_for_turn

# Of the files in force on one record.
MOST_FILES, MOST_TOGETHER = 100, 500 * 2**20


def attachments_of(record: UUID) -> QuerySet[Attachment]:
    """The files of a record, the latest first, those withdrawn among them."""
    found: QuerySet[Attachment] = Attachment.objects.seen().filter(record=record).order_by("-id")
    return found


def attachment_of(record: UUID, pk: UUID | str) -> Attachment:
    """One of them."""
    found = attachments_of(record).filter(pk=pk).first()
    if found is None:
        raise NotThere
    return found


def may_attach(record: UUID) -> bool:
    """Whether the acting person may change the record, and so attach files to it and withdraw them."""
    return Node.objects.filter(writes_node("id"), pk=record).exists()


def refuse_unless_may(record: UUID) -> None:
    """Refuse whoever may not change the record."""
    if not may_attach(record):
        raise no_right()


def attach(actor: Any, record: Any, *, name: str, data: bytes, description: str = "") -> Attachment:
    """Attach a file to a record, after looking at what it is."""
    refuse_unless_may(record.pk)
    name = plain_name(name)
    kind = kind_of(data, ending_of(name))
    name = named_as(kind, name)
    # Two files at once are counted one after another.
    wait_for_turn(f"attach {record.pk}")
    refuse(why_no_room(record.pk, len(data)))
    content = keep_content(actor.principal, data)
    say_command("attach")
    made: Attachment = translated(
        lambda: Attachment.objects.create(
            record_id=record.pk, person_id=actor.person, name=name, description=description, kind=kind.key,
            size=len(data), sha256=content.sha256, content=content,
        )
    )  # fmt: skip
    return made


def why_no_room(record: UUID, size: int) -> Reason | None:
    """Why a file of this size is one too many for its record."""
    in_force = attachments_of(record).filter(withdrawn_at__isnull=True).order_by()
    there = in_force.aggregate(count=Count("pk"), size=Sum("size", default=0))
    if there["count"] >= MOST_FILES:
        return Reason("too_many", _("A record holds 100 files at most. Withdraw one that is out of date."), "file")
    if there["size"] + size > MOST_TOGETHER:
        return Reason(
            "no_room", _("The files of a record are 500 MB at most. Withdraw one that is out of date."), "file"
        )
    return None


def withdraw(actor: Any, attachment: Attachment) -> None:
    """Take a file back. Its line stays; it opens to those alone who may change the record."""
    refuse_unless_may(attachment.record_id)
    say_command("withdraw")
    done = {"withdrawn_at": timezone.now(), "withdrawn_by": actor.person}
    in_force = Attachment.objects.may("edit").filter(pk=attachment.pk, withdrawn_at__isnull=True)
    if not translated(lambda: in_force.update(**done)):
        raise Refused(_("This file was withdrawn already."), code="state")


def bytes_attached(attachment: Attachment) -> bytes:
    """The file itself, where it still opens to the acting person."""
    content = bytes_of(attachment.content_id)
    if content is None:
        told = _("This file no longer opens: it was withdrawn, or its record is out of your reach today.")
        raise Refused(told, code="state")
    return content
