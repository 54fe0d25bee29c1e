"""The registers of findings and of exceptions."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import owner
from kivijalka.actions.queries import TREATS
from kivijalka.escalations.queries import ESCALATES
from kivijalka.findings import commands
from kivijalka.findings.models import Finding, RequirementException
from kivijalka.register.declare import Column, LinkKind, Register, View, Waits
from kivijalka.register.registry import register

findings = register(
    Register(
        Finding,
        key="finding",
        path="findings",
        chain="what did happen",
        names=(_("Finding"), _("Findings")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "source", "due", "state"],
        more=["remedy", "answer", "closed_on"],
        fields={
            None: ["title", "description", "source", "raised_by", "raised_on", "due"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "raised_by": ["is", "me"],
            "source": ["in"],
            "due": ["lt", "gte"],
        },
        search=["title", "description"],
        told=["state", "remedy", "answer"],
        sort="due",
        commands=[
            commands.remedy,
            commands.treat_finding,
            commands.escalate_finding,
            commands.close,
            commands.send_back,
        ],
        links_back=[TREATS, ESCALATES],
        links=[LinkKind("concerns", _("concerns"), _("is concerned by"), to=["risk", "control"])],
        views=[
            View("mine", _("My findings"), "owner=me&state=open&state=remedied"),
            View("raised", _("Raised by me"), "raised_by=me"),
            View("late", _("Overdue"), "due_lt=today&state=open", agenda=True),
            View("soon", _("Due soon"), "due_gte=today&due_lt=soon&state=open", agenda=True),
        ],
        waits=[
            Waits(_("Remedy the finding"), lambda: Q(state="open"), "due", "remedy"),
            Waits(
                _("Say whether the finding is remedied"),
                lambda: Q(state="remedied"),
                None,
                "close",
                lambda: owner("raised_by"),
            ),
        ],
        edits=~Q(state="closed"),
        over=Q(state="closed"),
        upsert=["code", "title"],
        empty=_("No findings yet. They come from audits, inspections, tests and your own look."),
    )
)

exceptions = register(
    Register(
        RequirementException,
        key="exception",
        path="exceptions",
        chain="what we do",
        names=(_("Exception"), _("Exceptions")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "until", "state"],
        more=["decided_by", "decided_on", "decision_reason"],
        fields={
            None: ["title", "requirement", "reason", "instead", "until", "asked_of"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "asked_of": ["is", "me"],
            "until": ["lt", "gte"],
        },
        search=["title", "requirement", "reason"],
        told=["state", "until", "decision_reason"],
        sort="until",
        commands=[
            commands.grant,
            commands.refuse_exception,
            commands.treat_exception,
            commands.ask_anew,
            commands.end,
        ],
        links_back=[TREATS],
        links=[LinkKind("concerns", _("concerns"), _("is concerned by"), to=["risk", "control"])],
        views=[
            View("mine", _("My exceptions"), "owner=me&state=asked&state=granted"),
            View("asked", _("Waits for a decision"), "state=asked", agenda=True),
            View("past", _("Past their end"), "until_lt=today&state=granted", agenda=True),
            View("soon", _("Ends soon"), "until_gte=today&until_lt=soon&state=granted", agenda=True),
        ],
        waits=[
            Waits(_("The exception ends"), lambda: Q(state="granted"), "until", "ask_anew"),
            Waits(_("Decide on the exception"), lambda: Q(state="asked"), None, "grant", lambda: owner("asked_of")),
        ],
        # What was decided stands as it was asked for.
        edits=Q(state="asked"),
        over=Q(state__in=RequirementException.OVER),
        upsert=["code", "title"],
        empty=_("No exceptions. One is asked for where a requirement cannot be met for a time."),
    )
)
