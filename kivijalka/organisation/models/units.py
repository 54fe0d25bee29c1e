"""A unit: a part of the organisation."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, FinnishOrder, Kept, Named, indexes, record_address


class Unit(Named, Kept):
    """A part of the organisation. Its number never changes, wherever it is moved."""

    class Kind(models.TextChoices):
        GROUP = "group", _("city group")
        SECTOR = "sector", _("sector")
        CENTRAL = "central", _("central administration")
        SERVICE_ENTITY = "service_entity", _("service entity")
        SERVICE = "service", _("service")
        UNIT = "unit", _("unit")
        ENTERPRISE = "enterprise", _("municipal enterprise")
        SUBSIDIARY = "subsidiary", _("subsidiary")
        PARTNER = "partner", _("partner organisation")

    unit_column = "number"
    names_to_pick = (*Named.names_to_pick, "external_id")

    # Given by the database, near the parent's, so that a subtree stays a short list of ranges.
    number = models.IntegerField(_("number"), unique=True, editable=False, db_default=0)
    code = CodeField("U")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        to_field="number",
        null=True,
        blank=True,
        verbose_name=_("upper unit"),
        related_name="children",
    )
    external_id = models.CharField(_("id in the source system"), max_length=200, unique=True, null=True, blank=True)
    start = models.DateField(_("start"))
    end = models.DateField(_("end"), null=True, blank=True)
    key = models.GeneratedField(expression=F("number") + 0, output_field=models.IntegerField(), db_persist=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            Access(
                name="unit_access",
                see=at_unit("unit.view"),
                add=at_unit("unit.reorganise", "parent"),
                edit=at_unit("unit.reorganise"),
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="unit_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end, or leave it empty."),
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("number")),
                name="unit_not_under_itself",
                violation_error_message=_("A unit cannot be under itself. Choose another upper unit."),
            ),
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(parent__isnull=True),
                name="unit_one_root",
                violation_error_message=_("There is a topmost unit already. Choose the upper unit of this one."),
            ),
            Guard(
                name="unit_moved_under_nobodys_own",
                holds="new.parent_id is not distinct from old.parent_id or not exists ("
                "select from kj.held() h join organisation_grant g on g.kind_id = h.kind and g.reach = 'below'"
                " where new.parent_id <@ h.numbers and not old.parent_id <@ h.numbers)",
                on="update",
                of_site=True,
                violation_error_message=_(
                    "You hold a role there, and the move would widen what it reaches. Ask somebody else to move the unit."
                ),
            ),
        ]
        indexes = [
            *indexes("unit", "kind", "number", "parent", "start", "end"),
            models.Index(FinnishOrder("name_fi"), "id", name="unit_by_name"),
        ]

    def get_absolute_url(self) -> str:
        return record_address("units", self.pk)
