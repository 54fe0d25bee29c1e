"""What people say about a record of any register; and which records a person follows."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, oneself, seen_node
from kivijalka.register.constraints import Guard
from kivijalka.register.models.records import Kept, NewId, Node


class Comment(Kept):
    """Words about a record, seen by whoever sees it. Only the writer rewords them; every wording stays in the history."""

    record = models.ForeignKey(Node, models.PROTECT, verbose_name=_("record"), related_name="+", db_constraint=False)
    person = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("person"), related_name="+")
    at = models.DateTimeField(_("since"), db_default=Func(function="now"))
    text = models.TextField(_("comment"))
    # Who is asked to look, by id, and since when.
    mentions = ArrayField(models.UUIDField(), blank=True, default=list)
    told_at = models.DateTimeField(db_default=Func(function="now"))

    no_register = "shown with the record that it is about"

    class Meta:
        constraints = [
            Access(
                name="comment_access",
                see=seen_node("record"),
                add=oneself() & seen_node("record"),
                edit=oneself() & seen_node("record"),
            ),
            Guard(
                name="comment_stays_where_it_is",
                holds="row(new.record_id, new.person_id, new.at) = row(old.record_id, old.person_id, old.at)",
                on="update",
                violation_error_message=_("A comment stays with its record and its writer."),
            ),
        ]
        indexes = [
            models.Index(fields=["record", "id"], name="comment_by_record"),
            GinIndex(fields=["mentions"], name="comment_by_mention"),
        ]


class Follow(models.Model):
    """What a person has to do with a record: whether they follow it, and until when they have read what was said."""

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    record = models.UUIDField()
    follows = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)

    no_register = "each person's own, until they follow no more"
    site_may = "select, insert, update"

    class Meta:
        constraints = [
            Access(name="follow_access", see=oneself(), add=oneself(), edit=oneself()),
            models.UniqueConstraint(fields=["person", "record"], name="follow_once"),
        ]
