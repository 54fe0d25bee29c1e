"""What the house keeps for a person while they work: each row is theirs alone, has no history, and is forgotten.

None of it is a fact of the city (decision 9). Rows are forgotten by `kj.forget`, which a job calls.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, of_unit, oneself
from kivijalka.register.models.records import DeclaredAccess, NewId, SeenQuerySet

# How long each is kept; `kj.forget` says the same, and a test holds the two together.
KEYS_KEPT, DRAFTS_KEPT = timedelta(hours=24), timedelta(days=30)


ALONE = models.Q(unit__isnull=True)


def _own(name: str) -> Access:
    return Access(name=name, see=oneself(), add=oneself(), edit=oneself())


class Sent(models.Model):
    """An action that was sent, by the key that came with it; and its answer, for whoever sends it again."""

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    # Of all that was sent: the same key with something else is a mistake.
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Func(function="now"))
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(null=True)
    body = models.TextField(null=True)  # none is not an empty one: the action is under way

    no_register = "each person's own, for a day"
    site_may = "select, insert, update"

    class Meta:
        constraints = [
            _own("sent_access"),
            models.UniqueConstraint(fields=["person", "key"], name="sent_once"),
        ]


class Draft(models.Model):
    """What somebody has typed into a form and not sent yet. `values` is None once it was sent or thrown away."""

    id = models.UUIDField(primary_key=True, editable=False)
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    address = models.CharField(max_length=300)
    values = models.JSONField(null=True)
    at = models.DateTimeField(db_default=Func(function="now"))

    no_register = "each person's own, until it is sent"
    site_may = "select, insert, update"

    class Meta:
        constraints = [_own("draft_access")]
        indexes = [models.Index(fields=["person", "address", "at"], name="draft_by_address")]


class SavedView(models.Model):
    """A list's address under a name: its filters, order, columns and density. `query` is None once it was removed.

    One's own; or, with a unit, of all who hold a role there or below it, given by whoever may edit lists for the unit.
    The one without a name is what the list opens with.
    """

    access = DeclaredAccess()

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    register = models.CharField(max_length=40)
    name = models.CharField(max_length=80, blank=True)
    query = models.CharField(max_length=2000, null=True)
    unit = models.ForeignKey(
        "organisation.Unit", models.PROTECT, to_field="number", verbose_name=_("unit"), null=True, related_name="+"
    )

    objects = SeenQuerySet.as_manager()

    no_register = "each person's own, or a unit's, until they remove it"
    site_may = "select, insert, update"

    class Meta:
        constraints = [
            Access(
                name="savedview_seen",
                see=oneself() | of_unit("unit"),
                add=oneself() & (ALONE | at_unit("list.edit", "unit")),
                edit=oneself() & ALONE | at_unit("list.edit", "unit"),
            ),
            models.UniqueConstraint(fields=["person", "register", "name"], name="savedview_once"),
        ]


class Snooze(models.Model):
    """A thing that waits and was put off: it comes back to the person's list of work on the day `until`."""

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    record = models.UUIDField()
    verb = models.CharField(max_length=40)
    until = models.DateField()
    reason = models.CharField(max_length=200)

    no_register = "each person's own, until its day"
    site_may = "select, insert, update"

    class Meta:
        constraints = [
            _own("snooze_access"),
            models.UniqueConstraint(fields=["person", "record", "verb"], name="snooze_once"),
        ]


class Digest(models.Model):
    """Letters of what waits for a person and of what they follow: whether they want any, and the last that was sent.

    `day` is taken before a letter of that day is handed over, so that none is sent twice, whatever breaks in between.
    """

    person = models.OneToOneField("organisation.Person", models.CASCADE, primary_key=True, related_name="+")
    wanted = models.BooleanField(default=True)
    day = models.DateField(null=True)
    sent_at = models.DateTimeField(null=True)

    no_register = "each person's own"
    site_may = "select, insert, update"

    class Meta:
        constraints = [_own("digest_access")]
