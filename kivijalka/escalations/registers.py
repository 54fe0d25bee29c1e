"""The register of escalations."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import owner
from kivijalka.escalations import commands
from kivijalka.escalations.models import Escalation
from kivijalka.register.declare import Column, Register, View, Waits
from kivijalka.register.registry import register

escalations = register(
    Register(
        Escalation,
        key="escalation",
        path="escalations",
        chain="what we do",
        names=(_("Escalation"), _("Escalations")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "asked_of", "answer_due", "state"],
        more=["rule", "came_to", "answer", "answered_on", "cause_gone_on"],
        fields={None: ["title", "reason", "answer_due"]},
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "asked_of": ["is", "me"],
            "answer_due": ["lt", "gte"],
        },
        search=["title", "reason"],
        told=["state", "answer"],
        commands=[commands.answer, commands.pass_on, commands.withdraw],
        views=[
            View("asked", _("Asked of me"), "asked_of=me&state=asked"),
            View("open", _("Waits for an answer"), "state=asked", agenda=True),
            View("late", _("Answer overdue"), "answer_due_lt=today&state=asked"),
        ],
        waits=[
            Waits(
                _("Answer what is asked"), lambda: Q(state="asked"), "answer_due", "answer", lambda: owner("asked_of")
            ),
        ],
        # A record is taken to the next level by a verb of its own.
        adds=False,
        edits=Q(state="asked"),
        over=~Q(state="asked"),
        empty=_("Nothing was taken to the next level. A risk, an action or a finding has a verb for it."),
    )
)
