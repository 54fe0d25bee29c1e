"""A share of responsibility for a record of any register."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, owner, seen_node, writes_node
from kivijalka.organisation.models.persons import Person
from kivijalka.register.models import Kept, Node


class Responsibility(Kept):
    """Who is responsible, accountable, consulted or informed for a record: a handshake, offered and accepted."""

    class Share(models.TextChoices):
        RESPONSIBLE = "R", _("responsible")
        ACCOUNTABLE = "A", _("accountable")
        CONSULTED = "C", _("consulted")
        INFORMED = "I", _("informed")

    class State(models.TextChoices):
        OFFERED = "offered", _("offered")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        LAPSED = "lapsed", _("lapsed")

    owner_column = "person_id"

    record = models.ForeignKey(Node, models.PROTECT, related_name="responsibilities", db_constraint=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="responsibilities")
    share = models.CharField(_("share of responsibility"), max_length=1, choices=Share)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OFFERED)
    at = models.DateTimeField(_("since"), db_default=Func(function="now"))

    no_register = "shown on the record that it is for and on the person's page"

    class Meta:
        constraints = [
            Access(
                name="responsibility_access",
                see=seen_node("record") | owner("person"),
                add=writes_node("record"),
                edit=owner("person") | writes_node("record"),
                verbs={
                    **dict.fromkeys(("accept", "decline", "give_up"), owner("person")),
                    "withdraw": writes_node("record"),
                },
            ),
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(share="A", state="accepted"),
                name="one_accountable",
                violation_error_message=_("Somebody is accountable for this already. They must hand it over first."),
            ),
            models.UniqueConstraint(
                fields=["record", "person", "share"],
                condition=Q(state__in=["offered", "accepted"]),
                name="responsibility_once",
                violation_error_message=_("This has been offered to this person already."),
            ),
        ]
        indexes = [models.Index(fields=["person", "state"], name="responsibility_by_person")]
