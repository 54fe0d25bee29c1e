"""The registers of priorities, programmes, workstreams, milestones and choices."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.programmes import choice_commands, commands, queries
from kivijalka.programmes.models import Choice, LoggedDecision, Milestone, Priority, Programme, Workstream
from kivijalka.publishing.queries import PUBLISHES
from kivijalka.register.declare import NOBODYS, Column, Part, Register, View, Waits
from kivijalka.register.registry import register

priorities = register(
    Register(
        Priority,
        key="priority",
        path="priorities",
        chain="what must keep running",
        names=(_("Strategic priority"), _("Strategic priorities")),
        title="name_fi",
        columns=[
            "code",
            Column("name_fi", sort=False, called=_("name")),
            "number",
            Column("meant_share", percent=True, sort=False),
            Column("strategy", sort=False),
            "valid_from",
            "valid_to",
        ],
        fields={
            None: ["name_fi", "name_sv", "name_en", "number", "meant_share"],
            _("Where it stands"): ["strategy", "source", "valid_from", "valid_to"],
            _("Belongs to"): ["unit", "confidentiality"],
        },
        filters={"valid_from": ["lt", "gte"], "valid_to": ["lt", "gte", "empty"]},
        search=["name_fi", "name_sv", "name_en", "strategy"],
        sort="number",
        views=[View("now", _("In force"), "valid_to=empty")],
        over=NOBODYS,
        empty=_("No priorities yet. The strategy names a few; programmes serve them."),
    )
)

programmes = register(
    Register(
        Programme,
        key="programme",
        path="programmes",
        chain="what we do",
        names=(_("Change programme"), _("Change programmes")),
        title="title",
        columns=[
            "code", Column("title", sort=False), "unit", "owner", "priority", "budget_eur", "ends_on", "state",
        ],
        more=["outcome", "lessons", "reached_maturity", "closed_on"],
        fields={
            None: ["title", "description"],
            _("Who leads it"): ["chair", "steering_group"],
            _("Money and time"): ["budget_eur", "starts_on", "ends_on"],
            _("What it should change"): [
                "priority", "baseline", "target", "baseline_maturity", "target_maturity",
            ],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "chair": ["is", "me"],
            "priority": ["is", "empty"],
            "starts_on": ["lt", "gte"],
            "ends_on": ["lt", "gte"],
        },
        search=["title", "description", "target"],
        told=["state", "ends_on", "budget_eur", "outcome"],
        sort="ends_on",
        commands=[
            commands.start, commands.lay_out, commands.decide, commands.close, commands.reopen, commands.publish,
        ],
        links_back=[PUBLISHES],
        public=["code", "title", "unit", "priority", "budget_eur", "ends_on", "state", "target"],
        parts=[
            Part(
                LoggedDecision,
                key="decisions",
                parent="programme",
                names=(_("Decision"), _("Decisions")),
                columns=["on", "text", "reason", "writer"],
                order=("-on", "-id"),
                at="at",
                told=["text", "reason"],
            )
        ],
        views=[
            View("mine", _("My programmes"), "owner=me&state=planned&state=running"),
            View("running", _("Under way"), "state=running"),
            View("late", _("Past their end"), "ends_on_lt=today&state=running", agenda=True),
            View("aimless", _("Without a priority"), "priority=empty&state=planned&state=running"),
        ],
        waits=[
            Waits(_("Start the programme"), lambda: Q(state="planned"), "starts_on", "start"),
            Waits(_("Close the programme, or give it a new end"), lambda: Q(state="running"), "ends_on", "close"),
            Waits(
                _("A milestone of the programme is overdue: decide what follows"),
                lambda: Q(state="running") & queries.has_overdue(),
                None,
                "decide",
            ),
        ],
        edits=~Q(state="closed"),
        over=Q(state="closed"),
        upsert=["code", "title"],
        empty=_("No programmes yet. A programme leads many actions as one change."),
        begins=("programme-begin", _("Begin a programme from a template")),
    )
)  # fmt: skip

workstreams = register(
    Register(
        Workstream,
        key="workstream",
        path="workstreams",
        chain="what we do",
        names=(_("Workstream"), _("Workstreams")),
        title="title",
        columns=["code", Column("title", sort=False), "programme", "unit", "owner"],
        fields={
            None: ["title", "description"],
            _("Belongs to"): ["unit", "owner", "programme", "confidentiality"],
        },
        filters={"unit": ["under"], "owner": ["is", "me", "empty"], "programme": ["is"]},
        search=["title", "description"],
        links=[queries.GATHERS],
        views=[View("mine", _("My workstreams"), "owner=me")],
        over=queries.of_closed(),
        upsert=["code", "title"],
        empty=_("No workstreams yet. A workstream gathers actions of a programme under one lead."),
    )
)

milestones = register(
    Register(
        Milestone,
        key="milestone",
        path="milestones",
        chain="what we do",
        names=(_("Milestone"), _("Milestones")),
        title="title",
        columns=[
            "code", Column("title", sort=False), "workstream", "unit", "owner", "due", "slipped_days", "state",
        ],
        more=["first_due", "reached_on", "reason"],
        fields={
            None: ["title", "shows", "due", "workstream"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "workstream": ["is"],
            "due": ["lt", "gte"],
            "slipped_days": ["gte", "lt"],
        },
        search=["title", "shows"],
        told=["state", "due", "reason"],
        sort="due",
        commands=[commands.reach, commands.move, commands.give_up, commands.open_again],
        links=[queries.NEEDS],
        views=[
            View("mine", _("My milestones"), "owner=me&state=open"),
            View("late", _("Overdue"), "due_lt=today&state=open", agenda=True),
            View("moved", _("Moved to a later day"), "slipped_days_gte=1&state=open", agenda=True),
            View("soon", _("Due soon"), "due_gte=today&due_lt=soon&state=open", agenda=True),
        ],
        waits=[
            Waits(_("Reach the milestone"), lambda: queries.OPEN, "due", "reach"),
            Waits(
                _("What the milestone needs is late: agree on what follows"),
                lambda: queries.held_up(),
                None,
                "move",
            ),
        ],
        edits=queries.OPEN,
        over=~queries.OPEN,
        upsert=["code", "title"],
        empty=_("No milestones yet. A milestone is what a workstream has reached by a day."),
    )
)  # fmt: skip

choices = register(
    Register(
        Choice,
        key="choice",
        path="choices",
        chain="what we do",
        names=(_("Choice"), _("Choices")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "budget_eur", "decided_on", "state"],
        more=["decided_by", "decision_reason", "policy_version", "gap_percent"],
        fields={
            None: ["title", "description"],
            _("Budget"): ["budget_eur", "budget_days"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "decided_on": ["lt", "gte"],
        },
        search=["title", "description"],
        told=["state", "decision_reason"],
        commands=[choice_commands.work_out, choice_commands.decide, choice_commands.ask_for],
        views=[
            View("mine", _("My choices"), "owner=me&state=draft"),
            View("decided", _("Decided"), "state=decided"),
        ],
        edits=Q(state="draft"),
        over=Q(state="decided"),
        empty=_("No choices yet. A choice finds which planned actions take off most under a budget."),
    )
)
