"""The registers of meetings and of what they decided."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.meetings import commands
from kivijalka.meetings.models import Decision, Entry, Item, Meeting, StillOpen
from kivijalka.register.declare import Column, Part, Register, View, Waits
from kivijalka.register.registry import register

meetings = register(
    Register(
        Meeting,
        key="meeting",
        path="meetings",
        chain="what we do",
        names=(_("Meeting"), _("Meetings")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "day", "chair", "owner", "state"],
        more=["closed_at", "matters"],
        fields={
            None: ["title", "day", "chair", "owner", "present"],
            _("Belongs to"): ["unit", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me"],
            "chair": ["is", "me"],
            "day": ["lt", "gte"],
        },
        search=["title"],
        sort="-day",
        commands=[
            commands.draw_up,
            commands.put_on,
            commands.arrange,
            commands.decide,
            commands.note,
            commands.close,
        ],
        parts=[
            Part(
                Item,
                key="items",
                parent="meeting",
                names=(_("Item of the agenda"), _("Items of the agenda")),
                columns=["number", "title", "day"],
                order=("number", "id"),
            ),
            Part(
                Entry,
                key="entries",
                parent="meeting",
                names=(_("Entry of the minutes"), _("Entries of the minutes")),
                columns=["at", "writer", "text"],
                order=("at", "id"),
                at="at",
                told=["text"],
            ),
        ],
        views=[
            View("planned", _("Coming"), "state=planned"),
            View("mine", _("Where I am the secretary"), "owner=me"),
        ],
        waits=[
            Waits(_("Draw up the agenda"), lambda: Q(state="planned", matters=0), "day", "draw_up"),
            Waits(_("Close the meeting"), lambda: Q(state="planned", matters__gt=0), "day", "close"),
        ],
        edits=commands.OPEN,
        over=Q(state="closed"),
        empty=_("No meetings yet. Add one: its agenda is made of what has changed since the last."),
    )
)

decisions = register(
    Register(
        Decision,
        key="decision",
        path="decisions",
        chain="what we do",
        names=(_("Decision"), _("Decisions")),
        title="text",
        columns=["code", Column("text", sort=False), "unit", "meeting", "owner", "due", "state"],
        more=["outcome", "recorded_by"],
        fields={None: ["text", "owner", "due"]},
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "meeting": ["is"],
            "due": ["lt", "gte"],
        },
        search=["text"],
        sort="due",
        commands=[commands.carry_out, commands.strike],
        views=[
            View("mine", _("Mine to carry out"), "owner=me&state=to_do"),
            View("late", _("Overdue"), "due_lt=today&state=to_do", agenda=True),
        ],
        waits=[Waits(_("Carry out what was decided"), lambda: Q(state="to_do"), "due", "carry_out")],
        # A meeting decides by a verb of its own.
        adds=False,
        edits=Q(StillOpen()),
        over=~Q(state="to_do"),
        empty=_("No decisions yet. They are recorded in a meeting."),
    )
)
