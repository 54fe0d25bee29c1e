"""Registers of the organisation: units, persons, roles."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Role, Unit
from kivijalka.register.declare import NOBODYS, Column, Register, View
from kivijalka.register.registry import register

units = register(
    Register(
        Unit,
        key="unit",
        path="units",
        chain="organisation",
        names=(_("Unit"), _("Units")),
        title="name_fi",
        columns=["code", "name_fi", "kind", "parent", "start", "end"],
        more=["number", "name_sv", "name_en"],
        fields={None: ["kind", "parent", "name_fi", "name_sv", "name_en", "start"]},
        filters={"kind": ["in"], "parent": ["under"], "end": ["empty"]},
        search=["name_fi", "name_sv", "name_en"],
        sort="number",
        commands=[commands.rename, commands.move, commands.merge, commands.split, commands.end_unit],
        views=[View("now", _("In force"), "end=empty")],
        over=Q(end__isnull=False),
        upsert=["code"],
        empty=_("No units yet. Begin with the topmost one, or import the organisation from a file."),
    )
)

persons = register(
    Register(
        Person,
        key="person",
        path="persons",
        chain="organisation",
        names=(_("Person"), _("Persons")),
        title="given_name family_name",
        columns=[
            "code",
            Column("family_name"),
            Column("given_name", sort=False),
            "unit",
            Column("work_title", sort=False),
            "email",
        ],
        more=["language", "start", "end"],
        fields={None: ["given_name", "family_name", "email", "unit", "work_title", "language", "start", "end"]},
        filters={"unit": ["under"], "language": ["in"], "end": ["empty"]},
        search=["given_name", "family_name", "email", "work_title"],
        sort="family_name",
        commands=[commands.transfer, commands.leave],
        over=NOBODYS,
        upsert=["code", "email"],
        empty=_("No persons yet. Add one, or import them from a file."),
    )
)

roles = register(
    Register(
        Role,
        key="role",
        path="roles",
        chain="organisation",
        names=(_("Role"), _("Roles")),
        title="code",
        columns=["code", "person", "kind", "unit", "start", "end"],
        fields={None: ["person", "kind", "unit", "start", "end"]},
        filters={"unit": ["under"], "kind": ["in"], "person": ["is", "me"], "end": ["empty"]},
        search=["code"],
        sort="start",
        commands=[commands.end_role],
        views=[View("mine", _("My roles"), "person=me")],
        over=NOBODYS,
        upsert=["code"],
        empty=_("No roles yet. Give a person a role at a unit."),
    )
)
