"""Units, persons, the roles that persons hold at units, delegations, and responsibilities for any record."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner, seen_node, writes_node
from kivijalka.register.constraints import Guard
from kivijalka.register.models import (
    CodeField,
    Confidentiality,
    FinnishOrder,
    Kept,
    Node,
    Record,
    indexes,
    record_address,
)

# Whether a guarded row is not of the acting person, nor of whom they act for. True where nobody acts.
OF_ANOTHER = "coalesce(new.{} not in (kj.person(), kj.actor()), true)"
NO_LATER_END = """coalesce(new."end", 'infinity') <= coalesce(old."end", 'infinity')"""


class Concatenated(Func):
    """Texts joined by ||, which PostgreSQL knows to be immutable (concat is not)."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = models.CharField()


class DateRange(Func):
    """From `start` to `end`, both days included; without an end, open."""

    function = "daterange"
    output_field = DateRangeField()

    @classmethod
    def of_days(cls) -> DateRange:
        return cls(F("start"), F("end"), RangeBoundary(inclusive_lower=True, inclusive_upper=True))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        """PostgreSQL has no range from a later day to an earlier one: that is refused by a check, in words of its own."""
        (start, first), (end, last), (bounds, marks) = map(compiler.compile, self.get_source_expressions())
        days = f"{start}, CASE WHEN {end} < {start} THEN {start} ELSE {end} END"
        return f"daterange({days}, {bounds})", [*first, *last, *first, *first, *last, *marks]


class Unit(Kept):
    """A part of the organisation. Its number never changes, wherever it is moved."""

    class Kind(models.TextChoices):
        GROUP = "group", _("city group")
        SECTOR = "sector", _("sector")
        CENTRAL = "central", _("central administration")
        SERVICE_ENTITY = "service_entity", _("service entity")
        SERVICE = "service", _("service")
        UNIT = "unit", _("unit")
        ENTERPRISE = "enterprise", _("municipal enterprise")
        SUBSIDIARY = "subsidiary", _("subsidiary")
        PARTNER = "partner", _("partner organisation")

    unit_column = "number"
    names_to_pick = ("name_fi", "name_sv", "name_en")

    # Given by the database, near the parent's, so that a subtree stays a short list of ranges.
    number = models.IntegerField(_("number"), unique=True, editable=False, db_default=0)
    code = CodeField("U")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        to_field="number",
        null=True,
        blank=True,
        verbose_name=_("upper unit"),
        related_name="children",
    )
    name_fi = models.CharField(_("name in Finnish"), max_length=200)
    name_sv = models.CharField(_("name in Swedish"), max_length=200, blank=True, default="")
    name_en = models.CharField(_("name in English"), max_length=200, blank=True, default="")
    start = models.DateField(_("start"))
    end = models.DateField(_("end"), null=True, blank=True)
    key = models.GeneratedField(expression=F("number") + 0, output_field=models.IntegerField(), db_persist=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            Access(
                name="unit_access",
                see=at_unit("unit.view"),
                add=at_unit("unit.reorganise", "parent"),
                edit=at_unit("unit.reorganise"),
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="unit_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end, or leave it empty."),
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("number")),
                name="unit_not_under_itself",
                violation_error_message=_("A unit cannot be under itself. Choose another upper unit."),
            ),
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(parent__isnull=True),
                name="unit_one_root",
                violation_error_message=_("There is a topmost unit already. Choose the upper unit of this one."),
            ),
            Guard(
                name="unit_moved_under_nobodys_own",
                holds="new.parent_id is not distinct from old.parent_id or not exists ("
                "select from kj.held() h join organisation_grant g on g.kind_id = h.kind and g.reach = 'below'"
                " where new.parent_id <@ h.numbers and not old.parent_id <@ h.numbers)",
                on="update",
                of_site=True,
                violation_error_message=_(
                    "You hold a role there, and the move would widen what it reaches. Ask somebody else to move the unit."
                ),
            ),
        ]
        indexes = [
            *indexes("unit", "kind", "number", "parent", "start", "end"),
            models.Index(FinnishOrder("name_fi"), "id", name="unit_by_name"),
        ]

    def __str__(self) -> str:
        return str(getattr(self, f"name_{get_language() or 'fi'}"[:7], "") or self.name_fi)

    def get_absolute_url(self) -> str:
        return record_address("units", self.pk)


class Person(Record):
    """Somebody who works for the city or a partner. Whether they can sign in is their account's business."""

    names_to_pick = ("email", "full_name")

    class Language(models.TextChoices):
        FI = "fi", "suomi"
        SV = "sv", "svenska"
        EN = "en", "English"

    code = CodeField("P")
    given_name = models.CharField(_("given name"), max_length=100)
    family_name = models.CharField(_("family name"), max_length=100)
    full_name = models.GeneratedField(
        expression=Concatenated("given_name", models.Value(" "), "family_name"),
        output_field=models.CharField(max_length=201),
        db_persist=True,
        verbose_name=_("name"),
    )
    email = models.EmailField(_("e-mail"), unique=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FI)
    work_title = models.CharField(_("work title"), max_length=200, blank=True, default="")
    start = models.DateField(_("start"))
    end = models.DateField(_("end"), null=True, blank=True)

    class Meta:
        constraints = [
            Access(
                name="person_access",
                see=at_unit("person.view"),
                add=at_unit("person.edit"),
                edit=at_unit("person.edit"),
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="person_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end, or leave it empty."),
            ),
            Guard(
                name="person_stays_by_another",
                holds=f"{OF_ANOTHER.format('id')} or {NO_LATER_END}",
                on="update",
                of_site=True,
                violation_error_message=_("Nobody moves their own last day to later. Ask somebody else to."),
            ),
        ]
        indexes = [
            *indexes("person", "unit", "language", "start", "end", "email"),
            models.Index(FinnishOrder("family_name"), "id", name="person_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"


class RoleKind(models.Model):
    """A kind of role, such as head of unit. What it grants stands in `Grant`."""

    key = models.CharField(max_length=40, primary_key=True)
    name_fi = models.CharField(max_length=100)
    name_sv = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    # Held in person: a deputy of its holder does not act with it.
    personal = models.BooleanField(default=False)

    no_register = "data of the policy, edited with it"

    def __str__(self) -> str:
        return str(getattr(self, f"name_{get_language() or 'fi'}"[:7], "") or self.name_fi)


class Grant(models.Model):
    """A right that a kind of role gives, up to a level of confidentiality, as far as its reach goes."""

    class Reach(models.TextChoices):
        UNIT = "unit"
        BELOW = "below"
        EVERYWHERE = "everywhere"

    kind = models.ForeignKey(RoleKind, models.CASCADE)
    right = models.CharField(max_length=60)
    confidentiality = models.PositiveSmallIntegerField(choices=Confidentiality)
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.BELOW)

    no_register = "written from the role kinds' patterns"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "right"], name="grant_once")]


class Role(Record):
    """A role that a person holds at a unit for a time; it reaches down the tree."""

    owner_column = "person_id"
    names_to_pick = ("code",)

    code = CodeField("T")
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"), related_name="roles")
    kind = models.ForeignKey(RoleKind, models.PROTECT, verbose_name=_("role"))
    start = models.DateField(_("start"))
    end = models.DateField(_("end"), null=True, blank=True)

    class Meta:
        constraints = [
            Access(
                name="role_access",
                see=at_unit("role.view") | owner("person"),
                add=at_unit("role.edit"),
                edit=at_unit("role.edit"),
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="role_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end, or leave it empty."),
            ),
            Guard(
                name="role_given_by_another",
                # One's own may be ended sooner, and nothing else.
                holds=f"{OF_ANOTHER.format('person_id')} or (new.start >= old.start and {NO_LATER_END}"
                " and row(new.person_id, new.kind_id, new.unit_id) = row(old.person_id, old.kind_id, old.unit_id))",
                of_site=True,
                violation_error_message=_(
                    "Nobody gives a role to themselves or widens their own. Ask somebody else who may."
                ),
            ),
            ExclusionConstraint(
                name="role_held_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (DateRange.of_days(), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_(
                    "This person holds the role at this unit during that time already. End the earlier one first."
                ),
            ),
        ]
        indexes = indexes("role", "person", "kind", "unit", "start", "end")

    def __str__(self) -> str:
        return f"{self.kind}, {self.person}"


class Delegation(Record):
    """While somebody is away, a deputy acts on their behalf: with one of their roles, or with all but personal ones.

    It stands at the absent person's unit, by trigger. Named by another where they could not do it themselves.
    """

    owner_column = "principal_id"
    names_to_pick = ("code",)

    code = CodeField("D")
    principal = models.ForeignKey(Person, models.PROTECT, verbose_name=_("absent"), related_name="delegations")
    deputy = models.ForeignKey(Person, models.PROTECT, verbose_name=_("deputy"), related_name="deputised")
    role = models.ForeignKey(
        Role,
        models.PROTECT,
        verbose_name=_("role"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: all that can be given."),
    )
    start = models.DateField(_("start"))
    end = models.DateField(_("end"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)
    # By trigger: whoever wrote it for the absent person, and since when that person knows.
    named_by = models.ForeignKey(
        Person, models.PROTECT, verbose_name=_("named by"), null=True, editable=False, related_name="+"
    )
    known_at = models.DateTimeField(_("known to the absent person"), null=True, editable=False)

    class Meta:
        constraints = [
            Access(
                name="delegation_access",
                see=owner("principal") | owner("deputy") | at_unit("delegation.view"),
                add=owner("principal") | at_unit("delegation.edit"),
                edit=owner("principal") | at_unit("delegation.edit"),
                verbs={"know": owner("principal")},
            ),
            models.CheckConstraint(
                condition=Q(end__gte=F("start")),
                name="delegation_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end."),
            ),
            models.CheckConstraint(
                condition=~Q(principal=F("deputy")),
                name="delegation_to_another",
                violation_error_message=_("One cannot be one's own deputy. Choose another person."),
            ),
            Guard(
                name="delegation_not_to_whoever_names",
                holds=f"{OF_ANOTHER.format('deputy_id')} or new.ended_at is not null",
                of_site=True,
                violation_error_message=_("Nobody makes themselves a deputy. Ask somebody else who leads the unit."),
            ),
            Guard(
                name="delegation_within_reach",
                # What another names is no more than what they lead.
                holds="new.principal_id = kj.actor() or new.ended_at is not null or not exists (select from"
                " organisation_role r join organisation_rolekind k on k.key = r.kind_id where not k.personal"
                " and r.person_id = new.principal_id and coalesce(r.id = new.role_id, true)"
                """ and coalesce(r."end" >= kj.today(), true) and not r.unit_id <@ kj.reach('delegation.edit'))""",
                of_site=True,
                violation_error_message=_(
                    "They hold a role beyond your reach. Choose one role that is within it, or ask whoever leads above."
                ),
            ),
            ExclusionConstraint(
                name="delegation_once",
                expressions=[
                    ("principal", RangeOperators.EQUAL),
                    (Coalesce("role", "principal"), RangeOperators.EQUAL),
                    (DateRange.of_days(), RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at__isnull=True),
                violation_error_message=_("Somebody stands in for you during that time already. End that first."),
            ),
        ]
        indexes = indexes("delegation", "unit", "principal", "deputy", "start", "end")

    def __str__(self) -> str:
        return f"{self.code} {self.principal}: {self.deputy}"

    def clean_fields(self, exclude: Any = None) -> None:
        """The unit is the database's to give."""
        super().clean_fields({*(exclude or ()), "unit"})

    def clean(self) -> None:
        """What a delegation must be, whoever gives it."""
        from kivijalka.organisation.delegation import refuse_delegation

        refuse_delegation(self)


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


class Accounts(BaseUserManager):  # type: ignore[type-arg]  # generic in the stubs only
    """Finds an account by the address that a person signs in with, in any spelling of its letters."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(email__iexact=(username or "").strip())


class Account(AbstractBaseUser):
    """What somebody signs in with. Apart from Person, so that no list, history or export can hold a password's hash."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="account", db_constraint=True)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    objects = Accounts()

    no_register = "sign-in only"
    site_may = "select, update"


# Django finds a room's models in this module; these stand in a file of their own.
from kivijalka.organisation.token_models import Token, TokenKey  # noqa: E402, F401
