"""Files that people attach to a record of any register."""

from __future__ import annotations

from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, oneself, seen_node, writes_node
from kivijalka.register.constraints import Guard
from kivijalka.register.models.files import Content
from kivijalka.register.models.records import Kept, Node

SAME = ("record_id", "person_id", "at", "name", "description", "kind", "size", "sha256")


def _row(row: str, names: tuple[str, ...]) -> str:
    return f"row({', '.join(f'{row}.{name}' for name in names)})"


class Attachment(Kept):
    """A file on a record, seen by whoever sees that; attached and withdrawn by whoever may change it.

    It never changes: another version is another file. A withdrawn one opens to those alone who may change the record;
    after a year its content is forgotten (`kj.forget`), and its name, size and hash stay.
    """

    record = models.ForeignKey(Node, models.PROTECT, verbose_name=_("record"), related_name="+", db_constraint=False)
    person = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("person"), related_name="+")
    at = models.DateTimeField(_("since"), db_default=Func(function="now"))
    name = models.CharField(_("name"), max_length=200)
    description = models.CharField(_("description"), max_length=200, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=20)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    content = models.ForeignKey(Content, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)
    withdrawn_by = models.ForeignKey("organisation.Person", models.PROTECT, null=True, related_name="+")

    no_register = "shown with the record that it is attached to"

    class Meta:
        constraints = [
            Access(
                name="attachment_access",
                see=seen_node("record"),
                add=oneself() & writes_node("record"),
                edit=writes_node("record"),
            ),
            # Else whoever may change one record could attach to it what somebody else has sent, and read it there.
            Guard(
                name="attachment_is_ones_own",
                holds="exists (select from register_content c where c.id = new.content_id and c.person_id = kj.actor()"
                " and c.sha256 = new.sha256 and octet_length(c.content) = new.size) and new.withdrawn_at is null",
                on="insert",
                of_site=True,
                violation_error_message=_("Attach a file that you send yourself."),
            ),
            Guard(
                name="attachment_stays_as_it_is",
                holds=f"{_row('new', SAME)} = {_row('old', SAME)} and (new.content_id is not distinct from old.content_id"
                " or new.content_id is null and old.withdrawn_at < now() - interval '1 year')"
                " and case when old.withdrawn_at is null"
                " then new.withdrawn_at is null or new.withdrawn_by_id = kj.person()"
                " else row(new.withdrawn_at, new.withdrawn_by_id) = row(old.withdrawn_at, old.withdrawn_by_id) end",
                on="update",
                violation_error_message=_("An attached file stays as it is. Withdraw it, and attach another one."),
            ),
        ]
        indexes = [
            models.Index(fields=["record", "id"], name="attachment_by_record"),
            models.Index(fields=["content"], name="attachment_by_content"),
        ]

    def __str__(self) -> str:
        return self.name
