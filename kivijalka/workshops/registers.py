"""The register of workshops."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.register.declare import Column, LinkKind, Part, Register, View, Waits
from kivijalka.register.registry import register
from kivijalka.workshops import commands
from kivijalka.workshops.models import Participant, Workshop

workshops = register(
    Register(
        Workshop,
        key="workshop",
        path="workshops",
        chain="what may happen",
        names=(_("Workshop"), _("Workshops")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "held_on", "state"],
        more=["policy_version"],
        fields={
            None: ["title", "description", "held_on"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me"],
            "held_on": ["lt", "gte"],
        },
        search=["title", "description"],
        sort="-held_on",
        commands=[
            commands.open_answers,
            commands.close_answers,
            commands.take_up,
            commands.agree,
            commands.end,
        ],
        parts=[
            Part(
                Participant,
                key="participants",
                parent="workshop",
                names=(_("Participant"), _("Participants")),
                columns=["person", "joined_at"],
                order=("joined_at",),
            )
        ],
        links=[LinkKind(commands.ASKS_ABOUT, _("assesses"), _("is assessed in"), to=["risk"])],
        views=[
            View("mine", _("Led by me"), "owner=me&state=planned&state=open&state=closed"),
            View("open", _("Open for answers"), "state=open"),
        ],
        waits=[
            Waits(_("Hold the workshop"), lambda: Q(state="planned"), "held_on", "open_answers"),
            Waits(_("Close the answers of the workshop"), lambda: Q(state="open"), "held_on", "close_answers"),
            Waits(_("Record what the workshop agreed on"), lambda: Q(state="closed"), "held_on", "agree"),
        ],
        edits=~Q(state="ended"),
        over=Q(state="ended"),
        empty=_("No workshops yet. In one, many assess the same risks by themselves, see how they differ, and agree."),
    )
)
