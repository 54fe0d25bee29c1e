"""Choosing a record to be published; taking that back."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.publishing import rules
from kivijalka.publishing.models import Publication
from kivijalka.publishing.queries import PUBLISHES
from kivijalka.register.command import Ask, Command, command
from kivijalka.register.models import Record
from kivijalka.register.refusal import refuse
from kivijalka.register.ties import join

PUBLISHED = Q(state=Publication.State.PUBLISHED)


def publishing(when: Q) -> Command[Any]:
    """The verb of a register whose records may be published: in which state of them. Its right is the model's own to name."""
    says = _(
        "The record comes into the public extract, with those of its fields alone that are fit for everybody. It stays there "
        "until this is withdrawn, or the record becomes confidential."
    )
    made: Command[Any] = command(_("Publish"), when=when, says=says, final=True)(publish)
    return made


def publish(
    actor: Actor,
    record: Record,
    *,
    reason: Annotated[str, Ask(_("Why it is published"), rows=2)],
    case_number: Annotated[str, Ask(_("Case number"), _("For example HEL 2026-001234"))] = "",
) -> Publication:
    """Choose that this record is published. Refused of a confidential one."""
    refuse(rules.why_not_publish(record.confidentiality))
    made = Publication(
        unit_id=record.unit_id, confidentiality=record.confidentiality, title=str(record), subject_id=record.pk,
        reason=reason, case_number=case_number, published_on=timezone.localdate(), published_by_id=str(actor.principal),
    )  # fmt: skip
    made.save(force_insert=True)
    join(PUBLISHES.kind, made, record)
    return made


@command(_("Withdraw"), when=PUBLISHED, primary=True, final=True)
def withdraw(
    actor: Actor, publication: Publication, *, reason: Annotated[str, Ask(_("Reason"), rows=2, of_many=True)]
) -> Publication:
    """The record is not published any more."""
    publication.state, publication.ended_on = Publication.State.WITHDRAWN, timezone.localdate()
    publication.end_reason = reason
    publication.save(update_fields=["state", "ended_on", "end_reason"])
    return publication
