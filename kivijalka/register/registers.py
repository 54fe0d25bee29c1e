"""The register of the fields that the city adds to the other registers."""

from django.utils.translation import gettext_lazy as _

from kivijalka.register.declare import NOBODYS, Column, Register, View
from kivijalka.register.own import commands
from kivijalka.register.own.models import OwnField
from kivijalka.register.registry import register

own_fields = register(
    Register(
        OwnField,
        key="own_field",
        path="own-fields",
        chain="organisation",
        names=(_("Own field"), _("Own fields")),
        title="name_fi",
        columns=["code", Column("name_fi", sort=False, called=_("name")), "asked_in", "kind", "state", "unit"],
        more=["name"],
        fields={
            None: ["name_fi", "name_sv", "name_en", "asked_in", "kind", "options", "required"],
            _("Explanation on the form"): ["help_fi", "help_sv", "help_en"],
            _("Belongs to"): ["unit", "confidentiality"],
        },
        edits=commands.IS_ASKED,
        filters={"asked_in": ["in"], "kind": ["in"], "state": ["in"]},
        search=["name_fi", "name_sv", "name_en", "name"],
        commands=[commands.end, commands.resume],
        views=[View("asked", _("Asked now"), "state=asked")],
        over=NOBODYS,
        own=False,
        # The kind that the example has asks for no choices.
        examples={"options": "", "required": False},
        empty=_("No own fields yet. Add one, and the register's form, list, files and programs have it at once."),
    )
)
