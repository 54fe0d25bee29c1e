"""Publications: each is the choice that one record is published."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit
from kivijalka.publishing.rules import AT_MOST
from kivijalka.register.constraints import Guard
from kivijalka.register.models import SPAN, CodeField, Node, Record, indexes

# The level stands in the lower half of a node's key.
OF_AN_OPEN_RECORD = (
    "new.state <> 'published' or new.subject_id is null or exists (select from register_node n where n.id = new.subject_id"
    f" and n.unit_number = new.unit_id and n.key % 4294967296 / {SPAN} <= {AT_MOST.value})"
)


class Publication(Record):
    """Somebody with the right to it chose to publish a record. It stands at the record's unit and is as confidential as that;
    both follow. The database ends it when the record becomes confidential (`kj.publications_follow`)."""

    class State(models.TextChoices):
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")
        LAPSED = "lapsed", _("lapsed: the record became confidential")

    names_to_pick = ("title",)
    untold = ("subject_id",)

    code = CodeField("PB")
    title = models.CharField(_("title"), max_length=300)
    subject = models.ForeignKey(
        Node, models.PROTECT, null=True, blank=True, editable=False, related_name="+", db_constraint=False
    )
    reason = models.TextField(_("why it is published"))
    case_number = models.CharField(_("case number"), max_length=60, blank=True, default="")
    published_on = models.DateField(_("published on"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        "organisation.Person",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("published by"),
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PUBLISHED, editable=False)
    ended_on = models.DateField(_("ended on"), null=True, blank=True, editable=False)
    end_reason = models.TextField(_("why it ended"), blank=True, default="", editable=False)

    class Meta:
        constraints = [
            Access(
                name="publication_access",
                see=at_unit("publication.view"),
                add=at_unit("publication.publish"),
                edit=at_unit("publication.publish"),
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(state="published"),
                name="published_once",
                violation_error_message=_("This record is published already."),
            ),
            Guard(
                name="publication_of_an_open_record",
                holds=OF_AN_OPEN_RECORD,
                of_site=True,
                violation_error_message=_("A confidential record is not published. Nothing was saved."),
            ),
        ]
        indexes = indexes("publication", "unit", "state", "published_on", "published_by")

    def __str__(self) -> str:
        return self.title
