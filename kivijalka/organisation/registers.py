"""Registers of the organisation: units, persons, roles, delegations."""

from django.db.models import Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from kivijalka.access import owner
from kivijalka.organisation import commands, delegation
from kivijalka.organisation import tokens as of_tokens
from kivijalka.organisation.models import Delegation, Person, Role, ServiceAccount, Token, Unit
from kivijalka.register.declare import NOBODYS, Column, Register, View, Waits
from kivijalka.register.registry import register

units = register(
    Register(
        Unit,
        key="unit",
        path="units",
        chain="organisation",
        names=(_("Unit"), _("Units")),
        title="name_fi",
        columns=["code", Column("name_fi", called=_("name")), "kind", "parent", "start", "end"],
        more=["number", "name_sv", "name_en", "external_id"],
        fields={None: ["kind", "parent", "name_fi", "name_sv", "name_en", "start", "external_id"]},
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
        more=["language", "start", "end", "user_name", "external_id"],
        fields={
            None: ["given_name", "family_name", "email", "unit", "work_title", "language", "start", "end"],
            _("In other systems"): ["user_name", "external_id"],
        },
        filters={"unit": ["under"], "language": ["in"], "end": ["empty"]},
        search=["given_name", "family_name", "email", "work_title"],
        sort="family_name",
        commands=[commands.transfer, commands.leave],
        over=NOBODYS,
        upsert=["code", "external_id", "email"],
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

delegations = register(
    Register(
        Delegation,
        key="delegation",
        path="delegations",
        chain="organisation",
        names=(_("Delegation"), _("Delegations")),
        title="code",
        columns=["code", "principal", "deputy", "start", "end", Column("ended_at", sort=False)],
        more=["named_by", "known_at", "unit"],
        fields={None: ["principal", "deputy", "role", "start", "end", "reason"]},
        filters={"unit": ["under"], "principal": ["is", "me"], "deputy": ["is", "me"], "end": ["lt", "gte"]},
        search=["code"],
        sort="-start",
        commands=[delegation.end_now, delegation.know],
        views=[
            View("now", _("Not over"), "end_gte=today"),
            View("mine", _("For me"), "principal=me"),
            View("others", _("I stand in"), "deputy=me"),
        ],
        waits=[
            Waits(
                _("Somebody else named a deputy for you"),
                lambda: Q(named_by__isnull=False, known_at__isnull=True),
                None,
                "know",
                lambda: owner("principal"),
            )
        ],
        over=NOBODYS,
        edits=Q(ended_at__isnull=True),
        empty=_("Nobody stands in for anybody. Name a deputy for an absence."),
    )
)

service_accounts = register(
    Register(
        ServiceAccount,
        key="service_account",
        path="service-accounts",
        chain="organisation",
        names=(_("Service account"), _("Service accounts")),
        title="name",
        columns=["code", Column("name", sort=False), "owner", "unit", "end"],
        more=["acts_as", "start"],
        fields={None: ["name", "owner", "unit", "start", "end"]},
        filters={"unit": ["under"], "owner": ["is", "me"], "end": ["lt", "gte"]},
        search=["name"],
        sort="start",
        views=[View("now", _("Not over"), "end_gte=today"), View("mine", _("I answer for"), "owner=me")],
        over=Q(end__lt=TruncDate(Now())),
        empty=_("No program acts as itself here. Add one, have a role given to it, and make its token."),
    )
)

tokens = register(
    Register(
        Token,
        key="token",
        path="tokens",
        chain="organisation",
        names=(_("Token"), _("Tokens")),
        title="name",
        columns=[
            "code",
            Column("name", sort=False),
            "person",
            "end",
            Column("used_on", sort=False),
            Column("revoked_at", sort=False),
        ],
        more=["service", "unit", "start", "reads", "registers", "within"],
        fields={None: ["name"]},
        filters={"unit": ["under"], "person": ["is", "me"], "end": ["lt", "gte"]},
        search=["name"],
        sort="start",
        commands=[of_tokens.revoke],
        views=[View("now", _("Not over"), "end_gte=today"), View("mine", _("My tokens"), "person=me")],
        over=NOBODYS,
        # Made on a page of its own, which shows the secret once.
        adds=False,
        edits=Q(revoked_at__isnull=True),
        empty=_("No program acts for anybody here."),
    )
)
