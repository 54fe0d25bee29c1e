"""The registers of indicators and signals."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.monitoring import commands
from kivijalka.monitoring.models import Indicator, IndicatorValue, Signal
from kivijalka.register.declare import Column, LinkKind, Part, Register, View, Waits
from kivijalka.register.registry import register

indicators = register(
    Register(
        Indicator,
        key="indicator",
        path="indicators",
        chain="what may happen",
        names=(_("Indicator"), _("Indicators")),
        title="title",
        columns=[
            "code",
            Column("title", sort=False),
            "unit",
            "owner",
            Column("value", sort=False),
            Column("limit", sort=False),
            "standing",
            "next_value",
        ],
        more=["measured_in", "value_on", "state"],
        fields={
            None: ["title", "description", "source", "measured_in", "direction", "warning", "limit", "every_days"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "standing": ["in"],
            "next_value": ["lt", "gte"],
        },
        search=["title", "description", "source"],
        told=["state", "standing", "value"],
        commands=[commands.record_value, commands.end, commands.resume],
        imports=[commands.record_value],
        parts=[
            Part(
                IndicatorValue,
                key="values",
                parent="indicator",
                names=(_("Value"), _("Values")),
                columns=["on", "value", "giver", "note"],
                order=("-on", "-id"),
                at="at",
                told=["on", "value", "note"],
            )
        ],
        links=[LinkKind("watches", _("watches"), _("is watched by"), to=["risk"])],
        views=[
            View("mine", _("My indicators"), "owner=me&state=followed"),
            View("past", _("Past their limit"), "standing=past&state=followed", agenda=True),
            View("late", _("Value overdue"), "next_value_lt=today&state=followed"),
        ],
        waits=[Waits(_("Record a value"), lambda: Q(state="followed"), "next_value", "record_value")],
        over=Q(state="ended"),
        examples={"warning": 8, "limit": 10},
        upsert=["code", "title"],
        empty=_("No indicators yet. An indicator tells of a risk before it comes true."),
    )
)

signals = register(
    Register(
        Signal,
        key="signal",
        path="signals",
        chain="what may happen",
        names=(_("Signal"), _("Signals")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "kind", "seen_on", "state"],
        more=["outcome"],
        fields={
            None: ["title", "description", "kind", "source", "seen_on"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "kind": ["in"],
            "seen_on": ["lt", "gte"],
        },
        search=["title", "description", "source"],
        told=["state", "outcome"],
        sort="-seen_on",
        commands=[commands.handle, commands.open_again],
        # The risk is flagged when it is tied to the signal.
        links=[LinkKind("touches", _("touches"), _("is touched by"), to=["risk"])],
        views=[View("open", _("Open"), "state=open"), View("mine", _("My signals"), "owner=me&state=open")],
        waits=[Waits(_("Say what the signal means"), lambda: Q(state="open"), "seen_on", "handle")],
        over=Q(state="handled"),
        upsert=["code", "title"],
        empty=_("No signals yet. A new law, an incident elsewhere: what asks for a new look at risks."),
    )
)
