"""Verbs of an indicator (record a value, end, follow again) and of a signal (handle, open again)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.monitoring import rules
from kivijalka.monitoring.models import Indicator, IndicatorValue, Signal
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import refuse

FOLLOWED = Q(state=Indicator.State.FOLLOWED)
OPEN = Q(state=Signal.State.OPEN)


@command(
    _("Record a value"),
    when=FOLLOWED,
    primary=True,
    says=_("Past the limit, the risks that this indicator watches are to be looked at again."),
)
def record_value(
    actor: Actor,
    indicator: Indicator,
    *,
    value: Annotated[Decimal, Ask(_("Value"), example=3)],
    on: Annotated[date | None, Ask(_("Measured on"), _("Empty means today."))] = None,
    note: Annotated[str, Ask(_("Note"), rows=2)] = "",
) -> IndicatorValue:
    """Say what was measured. The value of the latest day is the one that the indicator stands by."""
    today = timezone.localdate()
    day = on or today
    refuse(rules.why_not_value(day, today=today))
    if indicator.value_on is None or day >= indicator.value_on:
        indicator.value, indicator.value_on = value, day
        indicator.next_value = day + timedelta(days=indicator.every_days)
        indicator.save(update_fields=["value", "value_on", "next_value", "standing"])
    return IndicatorValue.objects.create(
        indicator=indicator, on=day, value=value, giver_id=str(actor.principal), note=note
    )


@command(_("Stop following"), when=FOLLOWED)
def end(actor: Actor, indicator: Indicator) -> Indicator:
    """No value is asked for any more."""
    indicator.state, indicator.next_value = Indicator.State.ENDED, None
    indicator.save(update_fields=["state", "next_value"])
    return indicator


@command(_("Follow again"), when=~FOLLOWED)
def resume(actor: Actor, indicator: Indicator) -> Indicator:
    """Values are asked for again, from today."""
    indicator.state, indicator.next_value = Indicator.State.FOLLOWED, timezone.localdate()
    indicator.save(update_fields=["state", "next_value"])
    return indicator


@command(_("Mark as handled"), when=OPEN, primary=True)
def handle(actor: Actor, signal: Signal, *, outcome: Annotated[str, Ask(_("What it means for us"), rows=3)]) -> Signal:
    """What the signal means is known, and what had to be done is under way."""
    signal.state, signal.outcome = Signal.State.HANDLED, outcome
    signal.save(update_fields=["state", "outcome"])
    return signal


@command(_("Open again"), when=~OPEN)
def open_again(actor: Actor, signal: Signal) -> Signal:
    """It is not handled after all."""
    signal.state = Signal.State.OPEN
    signal.save(update_fields=["state"])
    return signal
