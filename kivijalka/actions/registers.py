"""The register of actions."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.actions import commands
from kivijalka.actions.models import Action
from kivijalka.actions.queries import EXCLUDES, REQUIRES
from kivijalka.escalations.queries import ESCALATES
from kivijalka.register.declare import Column, Register, View, Waits
from kivijalka.register.registry import register

actions = register(
    Register(
        Action,
        key="action",
        path="actions",
        chain="what we do",
        names=(_("Action"), _("Actions")),
        title="title",
        columns=[
            "code",
            Column("title", sort=False),
            "unit",
            "owner",
            "due",
            Column("progress", percent=True),
            "state",
        ],
        more=["completed_on", "effect_asked_on", "measured_effect", "effect_measured_on", "postponements"],
        fields={
            _("What is done"): ["title", "description", "due", "cost_eur", "work_days"],
            _("What it should change"): ["expected_effect", "expected_cut", "how_measured", "effect_due"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under", "alone"],
            "owner": ["is", "me", "empty"],
            "due": ["lt", "gte"],
            "postponements": ["gte"],
            "effect_asked_on": ["lt", "gte"],
        },
        search=["title", "description", "expected_effect"],
        told=["state", "due", "measured_effect"],
        sort="due",
        commands=[
            commands.start,
            commands.report_progress,
            commands.complete,
            commands.postpone,
            commands.measure_effect,
            commands.cancel,
            commands.escalate,
        ],
        links=[EXCLUDES, REQUIRES],
        links_back=[ESCALATES],
        views=[
            View("mine", _("My actions"), "owner=me&state=planned&state=started"),
            View("late", _("Overdue"), "due_lt=today&state=planned&state=started", agenda=True),
            View(
                "slipping",
                _("Postponed more than once"),
                "postponements_gte=2&state=planned&state=started",
                agenda=True,
            ),
        ],
        waits=[
            Waits(_("Finish the action"), lambda: Q(state__in=Action.OPEN), "due", "complete"),
            Waits(
                _("Measure the effect"),
                lambda: Q(state=Action.State.DONE),
                "effect_asked_on",
                "measure_effect",
            ),
        ],
        over=Q(state__in=Action.OVER),
        upsert=["code", "title"],
        empty=_("No actions yet. They come from risks, tests, observations and exercises."),
    )
)
