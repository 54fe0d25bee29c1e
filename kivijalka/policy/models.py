"""Versions of the policy: what the council decided, as data."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit
from kivijalka.access.actor import current_actor
from kivijalka.policy.document import split
from kivijalka.policy.reading import read_scales
from kivijalka.policy.scales import Scales
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Named, Record, indexes

EXAMPLE = Path(__file__).resolve().parent / "data" / "example.json"
# A version that was decided changes in nothing but its end, and its end once. Computed columns say nothing new.
FROZEN = (
    "old.state = 'draft' or (new.state <> 'draft' and (old.valid_to is null or new.valid_to = old.valid_to)"
    " and to_jsonb(new) - array['state', 'valid_to', 'version'] = to_jsonb(old) - array['state', 'valid_to', 'version'])"
)


def example_content() -> dict[str, Any]:
    """The example policy: what a new draft begins with."""
    return split(json.loads(EXAMPLE.read_text(encoding="utf-8")))[1]


# Where a transaction remembers the decided versions.
DECIDED = "decided_policies"
# Asked along with who acts: which versions were decided, the latest first, each by what changes when it does.
STANDING = "standing_policies"


class PolicyVersion(Named, Record):
    """One version of the risk policy: drafted, decided by the council, in force from a day, never edited after."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_FORCE = "in_force", _("in force")
        SUPERSEDED = "superseded", _("superseded")

    code = CodeField("PV")
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DRAFT)
    body = models.CharField(_("decided by"), max_length=100, blank=True, default="")
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    section = models.CharField(_("section of the minutes"), max_length=40, blank=True, default="")
    case_number = models.CharField(_("case number"), max_length=60, blank=True, default="")
    valid_from = models.DateField(_("in force from"), null=True, blank=True)
    valid_to = models.DateField(_("in force to"), null=True, blank=True)
    content = models.JSONField(_("content"), default=example_content, editable=False)

    class Meta:
        db_table = "policy_version"
        constraints = [
            Access(
                name="policy_access",
                see=at_unit("policy.view"),
                add=at_unit("policy.edit"),
                edit=at_unit("policy.edit"),
                verbs={"put_in_force": at_unit("policy.put_in_force")},
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(valid_from__isnull=False),
                name="policy_in_force_has_beginning",
                violation_error_message=_("A policy in force has a day from which it is."),
            ),
            ExclusionConstraint(
                name="policy_one_in_force",
                expressions=[
                    (
                        Func(
                            "valid_from",
                            "valid_to",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
                condition=~Q(state="draft"),
                violation_error_message=_("Another policy is in force on these days. Choose a later beginning."),
            ),
            Guard(
                name="policy_in_force_is_not_edited",
                on="update",
                holds=FROZEN,
                violation_error_message=_(
                    "A policy that was put in force is never edited. Draft a new version from it and change that."
                ),
            ),
        ]
        indexes = indexes("policy", "unit", "state", "valid_from", "valid_to", "decided_on")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row; what the transaction knew of decided versions is asked anew."""
        super().save(*args, **kwargs)
        for known in (DECIDED, STANDING):
            current_actor().memo.pop(known, None)

    @cached_property
    def scales(self) -> Scales:
        """The content as typed data. What is stored was readable when it was stored."""
        return _read(json.dumps(self.content))

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


@lru_cache(maxsize=32)
def _read(content: str) -> Scales:
    """Every page with words of the policy needs it: the same text is read once a process."""
    return read_scales(json.loads(content))
