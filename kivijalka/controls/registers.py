"""The register of controls."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.actions.queries import TREATS
from kivijalka.controls import commands
from kivijalka.controls.models import Control, ControlTest
from kivijalka.register.declare import Column, Part, Register, View, Waits
from kivijalka.register.registry import register

controls = register(
    Register(
        Control,
        key="control",
        path="controls",
        chain="what we do",
        names=(_("Control"), _("Controls")),
        title="title",
        columns=["code", Column("title", sort=False), "unit", "owner", "kind", "result", "next_test", "state"],
        more=["tested_on"],
        fields={
            None: ["title", "description", "kind"],
            _("Belongs to"): ["unit", "owner", "confidentiality"],
        },
        filters={
            "state": ["in"],
            "unit": ["under"],
            "owner": ["is", "me", "empty"],
            "kind": ["in"],
            "result": ["in"],
            "next_test": ["lt", "gte"],
        },
        search=["title", "description"],
        told=["state", "result", "tested_on"],
        commands=[commands.record_test, commands.treat, commands.end, commands.resume],
        links_back=[TREATS],
        imports=[commands.record_test],
        parts=[
            Part(
                ControlTest,
                key="tests",
                parent="control",
                names=(_("Test of a control"), _("Tests of the control")),
                columns=["on", "result", "tester", "evidence"],
                order=("-on", "-id"),
                at="at",
                told=["on", "result", "evidence"],
            )
        ],
        views=[
            View("mine", _("My controls"), "owner=me&state=in_use"),
            View("failed", _("Do not work"), "result=failed&state=in_use", agenda=True),
            View("late", _("Test overdue"), "next_test_lt=today&state=in_use"),
        ],
        waits=[Waits(_("Test the control"), lambda: Q(state="in_use"), "next_test", "record_test")],
        over=Q(state="ended"),
        examples={"result": ""},  # a result has its day, and a new control has neither
        upsert=["code", "title"],
        empty=_("No controls yet. A control keeps a risk at its level: a rule, a lock, a check, a backup."),
    )
)
