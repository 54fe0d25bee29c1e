"""The registers of risks, and of those offered to other units."""

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import owner
from kivijalka.actions.queries import TREATS
from kivijalka.escalations.queries import ESCALATES
from kivijalka.policy.queries import changed_between
from kivijalka.publishing.queries import PUBLISHES
from kivijalka.register.declare import Column, LinkKind, Part, Register, View, Waits
from kivijalka.register.registry import register
from kivijalka.risks import commands, offering, queries
from kivijalka.risks.models import Assessment, Offer, Risk

risks = register(
    Register(
        Risk,
        key="risk",
        path="risks",
        chain="what may happen",
        names=(_("Risk"), _("Risks")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "state", Column("level", badge=True), "review"],
        more=[
            "likelihood",
            "impact",
            "evidence",
            "flagged",
            "frequency_low",
            "frequency_high",
            "loss_low",
            "loss_high",
            "treatment",
            "treatment_reason",
            "controllability",
            "control_adequacy",
            "accepted_until",
            "accepted_by",
            "acceptance_reason",
            "state_reason",
            "starter",
        ],
        fields={
            _("Describe"): ["title", "sign", "kind", "areas", "objective", "cause", "event", "consequence"],
            _("Common causes"): ["common_causes"],
            _("Controlling the risk"): ["controllability", "control_adequacy"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under", "alone"],
            "owner": ["is", "me", "empty"],
            "kind": ["in"],
            "sign": ["in"],
            "areas": ["any"],
            "level": ["in"],
            "evidence": ["in"],
            "likelihood": ["in"],
            "impact": ["in"],
            "review": ["lt", "gte"],
            "objective": ["is", "empty"],
            "flagged": ["empty"],
            "treatment": ["in"],
            "controllability": ["in"],
            "control_adequacy": ["in"],
            "accepted_until": ["lt", "gte"],
        },
        search=["title", "cause", "event", "consequence"],
        told=["state", "level", "evidence"],
        sort="-level",
        commands=[
            commands.assess,
            commands.estimate,
            commands.decide,
            commands.name_control,
            commands.no_control,
            commands.treat,
            commands.accept,
            commands.confirm,
            commands.close,
            commands.reopen,
            commands.escalate,
            commands.publish,
            commands.adopt,
            offering.offer,
            offering.adopt_too,
            commands.merge,
            commands.split,
        ],
        imports=[commands.decide, commands.assess],
        parts=[
            Part(
                Assessment,
                key="assessments",
                parent="risk",
                names=(_("Assessment"), _("Assessments")),
                columns=["at", "stage", "level", "likelihood", "impact", "assessor", "policy_version", "note"],
                order=("-at",),
                at="at",
                told=["stage", "level", "likelihood", "impact", "note"],
            )
        ],
        links=[
            LinkKind("may_cause", _("may cause"), _("may be caused by"), to=["risk"]),
            LinkKind("bears_on", _("bears on"), _("is borne on by"), to=["objective"]),
            LinkKind("merged_into", _("was merged into"), _("has taken in"), to=["risk"]),
            LinkKind("split_from", _("was split off"), _("was split into"), to=["risk"]),
            offering.ADOPTED_FROM,
            LinkKind("rests_on", _("is kept at its level by"), _("keeps at its level"), to=["control"]),
        ],
        links_back=[TREATS, ESCALATES, PUBLISHES],
        # In general words: neither how a risk comes about nor who owns it.
        public=["code", "title", "unit", "level", "treatment"],
        views=[
            View("mine", _("My risks"), "owner=me&state=draft&state=assessed&state=accepted"),
            View("proposed", _("Waits for acceptance"), "state=assessed&treatment=accept", agenda=True),
            View("lapses", _("Acceptance ends soon"), "state=accepted&accepted_until_lt=soon", agenda=True),
            View("late", _("Review overdue"), "review_lt=today", agenda=True),
            View("flagged", _("To be looked at again"), "flagged=filled", agenda=True),
            View("aimless", _("Without an objective"), "kind=strategic&objective=empty"),
            View("claimed", _("Not shown by a test"), "evidence=claimed&evidence=unconfirmed", agenda=True),
        ],
        waits=[
            Waits(
                _("Something has changed: look at the risk again"),
                lambda: Q(flagged__isnull=False) & ~Q(state="closed"),
                "flagged",
                "assess",
            ),
            Waits(
                _("The acceptance has run out"),
                lambda: Q(state="accepted", accepted_until__lt=timezone.localdate()),
                "accepted_until",
                "assess",
            ),
            Waits(_("Assess the risk"), lambda: Q(state="draft"), None, "assess"),
            Waits(
                _("Decide what is done with the risk"),
                lambda: Q(state="assessed", treatment=""),
                None,
                "decide",
            ),
            Waits(_("Accept the risk, or have it treated"), queries.proposed, None, "accept", queries.asked_of_me),
            Waits(
                _("Name the action that treats the risk"),
                lambda: Q(state="assessed") & queries.without_action(),
                None,
                "treat",
            ),
            Waits(_("Review the risk"), lambda: Q(state__in=["assessed", "accepted"]), "review", "confirm"),
        ],
        over=Q(state="closed"),
        meanwhile=changed_between,
        words=queries.level_words,
        upsert=["code", "title"],
        empty=_("No risks yet. Describe one as cause, event and consequence."),
        begins=("first-steps", _("Begin with the typical ones")),
    )
)

offers = register(
    Register(
        Offer,
        key="offer",
        path="offers",
        chain="what may happen",
        names=(_("Offered risk"), _("Offered risks")),
        title="title",
        columns=[
            "code", Column("title", sort=False), Column("from_unit", sort=False), "unit", "asked_of", "answer_due", "state",
        ],
        more=["owner", "kind", "sign", "areas", "answer", "answered_on"],
        fields={None: ["title", "cause", "event", "consequence", "reason", "answer_due"]},
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me"],
            "asked_of": ["is", "me"],
            "answer_due": ["lt", "gte"],
        },
        search=["title", "cause", "event", "consequence", "reason"],
        told=["state", "answer"],
        commands=[offering.adopt, offering.decline, offering.withdraw],
        links=[offering.OFFERS],
        views=[
            View("asked", _("To be answered by me"), "asked_of=me&state=offered"),
            View("mine", _("Offered by me"), "owner=me"),
            View("late", _("Answer overdue"), "answer_due_lt=today&state=offered"),
        ],
        waits=[
            Waits(
                _("Is this risk yours too? Answer"),
                lambda: Q(state="offered"),
                "answer_due",
                "adopt", lambda: owner("asked_of")),
        ],
        # A risk is offered by a verb of its own.
        adds=False,
        edits=Q(state="offered"),
        over=~Q(state="offered"),
        empty=_("No risk has been offered to another unit. A risk has a verb for it."),
    )
)  # fmt: skip
