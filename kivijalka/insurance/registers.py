"""The register of insurances."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.insurance import commands
from kivijalka.insurance.models import Insurance
from kivijalka.register.declare import Column, LinkKind, Register, View, Waits
from kivijalka.register.registry import register

insurances = register(
    Register(
        Insurance,
        key="insurance",
        path="insurances",
        chain="what we do",
        names=(_("Insurance"), _("Insurances")),
        title="title",
        columns=[
            "code",
            Column("title", sort=False),
            "unit",
            "owner",
            Column("insurer", sort=False),
            "premium_eur",
            "valid_to",
            "state",
        ],
        fields={
            None: ["title", "insurer", "contract_number", "covers", "excludes"],
            _("Money"): ["deductible_eur", "limit_eur", "aggregate_eur", "premium_eur"],
            _("In force"): ["valid_from", "valid_to"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={"state": ["in"], "unit": ["under"], "owner": ["is", "me", "empty"], "valid_to": ["lt", "gte"]},
        search=["title", "insurer", "contract_number", "covers"],
        told=["state", "valid_to", "deductible_eur", "limit_eur"],
        commands=[commands.renew, commands.end],
        links=[LinkKind("insures", _("covers"), _("is insured by"), to=["risk"])],
        views=[View("mine", _("My insurances"), "owner=me&state=in_force")],
        waits=[Waits(_("Renew or end the insurance"), lambda: Q(state="in_force"), "valid_to", "renew")],
        over=Q(state="ended"),
        examples={"deductible_eur": 1000, "limit_eur": 100000},
        empty=_("No insurances yet. An insurance shares what a risk costs."),
    )
)
