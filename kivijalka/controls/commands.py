"""Verbs of a control: record a test, treat, take out of use, take back into use."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.actions import commands as actions
from kivijalka.controls import rules
from kivijalka.controls.models import Control, ControlTest
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import refuse

IN_USE = Q(state=Control.State.IN_USE)


@command(
    _("Record a test"),
    when=IN_USE,
    primary=True,
    says=_("The level of each risk that this control keeps rests on its latest test."),
    final=True,
)
def record_test(
    actor: Actor,
    control: Control,
    *,
    result: Annotated[str, Ask(_("Result"), choices=Control.Result)],
    evidence: Annotated[str, Ask(_("What shows it"), rows=3)],
    on: Annotated[date | None, Ask(_("Tested on"), _("Empty means today."))] = None,
    next_test: Annotated[date | None, Ask(_("Next test"))] = None,
) -> ControlTest:
    """Say whether the control works, and what shows it."""
    today = timezone.localdate()
    day = on or today
    refuse(rules.why_not_tested(day, next_test, today=today, last=control.tested_on))
    control.result, control.tested_on, control.next_test = Control.Result(result), day, next_test
    control.save(update_fields=["result", "tested_on", "next_test"])
    return ControlTest.objects.create(
        control=control, on=day, tester_id=str(actor.principal), result=result, evidence=evidence
    )


treat = actions.treating(IN_USE)


@command(_("Take out of use"), when=IN_USE, says=_("What it kept at its level is kept by it no more."), final=True)
def end(actor: Actor, control: Control) -> Control:
    """The control is used no more."""
    control.state, control.next_test = Control.State.ENDED, None
    control.save(update_fields=["state", "next_test"])
    return control


@command(_("Take back into use"), when=Q(state=Control.State.ENDED), final=True)
def resume(actor: Actor, control: Control) -> Control:
    """The control is used again, as well as its last test showed."""
    control.state = Control.State.IN_USE
    control.save(update_fields=["state"])
    return control
