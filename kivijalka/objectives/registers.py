"""The register of objectives."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.objectives import commands
from kivijalka.objectives.models import Objective
from kivijalka.register.declare import Column, Register, View, Waits
from kivijalka.register.registry import register

objectives = register(
    Register(
        Objective,
        key="objective",
        path="objectives",
        chain="what must keep running",
        names=(_("Objective"), _("Objectives")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "due", "state"],
        more=["outcome"],
        fields={
            None: ["title", "description", "measure", "due"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={"state": ["in"], "unit": ["under"], "owner": ["is", "me", "empty"], "due": ["lt", "gte"]},
        search=["title", "description", "measure"],
        told=["state", "outcome"],
        commands=[commands.reach, commands.give_up, commands.pursue],
        views=[
            View("mine", _("My objectives"), "owner=me&state=pursued"),
            View("late", _("Overdue"), "due_lt=today&state=pursued", agenda=True),
        ],
        waits=[Waits(_("Say whether it is reached"), lambda: Q(state="pursued"), "due", "reach")],
        over=~Q(state="pursued"),
        upsert=["code", "title"],
        empty=_("No objectives yet. Risks are effects on what the city wants to reach."),
    )
)
