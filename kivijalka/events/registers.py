"""The register of loss events."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.events import commands, queries
from kivijalka.events.models import LOSSES, Claim, Event
from kivijalka.register.declare import Column, LinkKind, Part, Register, View, Waits
from kivijalka.register.registry import register

events = register(
    Register(
        Event,
        key="event",
        path="events",
        chain="what did happen",
        names=(_("Loss event"), _("Loss events")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "happened_on", "loss_eur", "state"],
        more=["claimed_eur", "recovered_eur", "unanswered_since", "outcome"],
        fields={
            _("What happened"): ["title", "description", "happened_on", "found_on"],
            _("What it cost"): [*LOSSES],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under", "alone"],
            "owner": ["is", "me", "empty"],
            "happened_on": ["lt", "gte"],
            "found_on": ["lt", "gte"],
            "loss_eur": ["lt", "gte"],
            "unanswered_since": ["lt", "gte", "empty"],
        },
        search=["title", "description"],
        told=["state", "loss_eur", "recovered_eur", "outcome"],
        sort="-happened_on",
        commands=[commands.realise, commands.receive, commands.claim, commands.close, commands.reopen],
        imports=[commands.claim, commands.realise],
        parts=[
            Part(
                Claim,
                key="claims",
                parent="event",
                names=(_("Claim"), _("Claims")),
                columns=["claimed_from", "insurance", "claimed_eur", "claimed_on", "paid_eur", "paid_on"],
                order=("-claimed_on", "-id"),
                at="at",
                told=["claimed_from", "claimed_eur", "claimed_on", "paid_eur", "paid_on"],
            )
        ],
        links=[
            LinkKind("realised", _("came true of the risk"), _("came true as"), to=["risk"]),
            LinkKind("claimed_from", _("is claimed from"), _("is asked to pay for"), to=["insurance"]),
        ],
        views=[
            View("mine", _("My events"), "owner=me&state=open"),
            View("claimed", _("Claim waits for an answer"), "unanswered_since=filled"),
            View("dear", _("Open, from 100 000 €"), "loss_eur_gte=100000&state=open", agenda=True),
        ],
        waits=[
            Waits(
                _("Say which risk came true"),
                lambda: Q(state="open") & queries.without_risk(),
                None,
                "realise",
            ),
            Waits(
                _("Ask for an answer to the claim"),
                lambda: Q(unanswered_since__isnull=False),
                "unanswered_since",
                "receive",
            ),
        ],
        edits=Q(state="open"),
        over=Q(state="closed"),
        upsert=["code", "title"],
        empty=_("No events yet. What did happen, and what it cost, corrects what is expected of risks."),
    )
)
