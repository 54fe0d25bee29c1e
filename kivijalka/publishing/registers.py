"""The register of publications."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.publishing import commands
from kivijalka.publishing.models import Publication
from kivijalka.register.declare import NOBODYS, Column, Register, View
from kivijalka.register.registry import register

publications = register(
    Register(
        Publication,
        key="publication",
        path="publications",
        chain="what we do",
        names=(_("Publication"), _("Publications")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "published_on", "published_by", "state"],
        more=["ended_on", "end_reason"],
        fields={None: ["reason", "case_number"]},
        filters={
            "state": ["in"],
            "unit": ["under"],
            "published_by": ["is", "me"],
            "published_on": ["lt", "gte"],
        },
        search=["title", "reason", "case_number"],
        told=["state", "end_reason"],
        sort="-published_on",
        commands=[commands.withdraw],
        views=[View("now", _("Published"), "state=published")],
        # A record is published by a verb of its own.
        adds=False,
        edits=Q(state="published"),
        over=NOBODYS,
        empty=_("Nothing is published. A record that may be has a verb for it; none is by itself."),
    )
)
