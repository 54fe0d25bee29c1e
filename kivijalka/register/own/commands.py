"""Verbs of a field that the city added."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.register.command import command
from kivijalka.register.own import rules
from kivijalka.register.own.models import OwnField
from kivijalka.register.refusal import refuse

State = OwnField.State
IS_ASKED = Q(state=State.ASKED)


@command(
    _("Ask no longer"),
    when=IS_ASKED,
    says=_("Forms, lists and files leave it out. What records hold of it stays, and is shown as no longer asked."),
)
def end(actor: Actor, field: OwnField) -> OwnField:
    """The field is asked no longer. Nothing that records hold is lost."""
    field.state = State.ENDED
    field.save(update_fields=["state"])
    return field


@command(_("Ask again"), when=Q(state=State.ENDED), says=_("Forms, lists and files have it again."))
def resume(actor: Actor, field: OwnField) -> OwnField:
    """The field is asked again, with what records held of it."""
    refuse(rules.why_not_resumed(field))
    field.state = State.ASKED
    field.save(update_fields=["state"])
    return field
