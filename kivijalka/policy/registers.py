"""The register of policy versions."""

from django.utils.translation import gettext_lazy as _

from kivijalka.policy import commands
from kivijalka.policy.models import PolicyVersion
from kivijalka.register.declare import Column, Register
from kivijalka.register.registry import register

policies = register(
    Register(
        PolicyVersion,
        key="policy",
        path="policies",
        chain="what may happen",
        names=(_("Risk policy"), _("Risk policies")),
        title="name_fi",
        columns=[
            "code",
            Column("name_fi", sort=False, called=_("name")),
            "state",
            "valid_from",
            "valid_to",
            "decided_on",
            "unit",
        ],
        more=["body", "section", "case_number"],
        fields={None: ["name_fi", "name_sv", "name_en"], _("Belongs to"): ["unit", "confidentiality"]},
        edits=commands.IS_DRAFT,
        filters={"state": ["in"], "valid_from": ["lt", "gte"]},
        search=["name_fi", "name_sv", "name_en", "case_number"],
        sort="-valid_from",
        commands=[commands.put_in_force, commands.replace, commands.draft],
        empty=_("No policy yet. Add one: it begins with the example's scales, for you to change."),
    )
)
