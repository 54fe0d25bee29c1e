"""Priorities of the city's strategy; programmes, their workstreams and milestones, and what was decided in them."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, nobody, owner, part_of, writes_node
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Kept, Named, Record, indexes

MATURITY = [MinValueValidator(1), MaxValueValidator(5)]
# What nobody sees counts as well: whoever closes a programme is told that something is open, not what.
NOTHING_OPEN = (
    "new.state <> 'closed' or old.state = 'closed' or not ("
    "exists (select 1 from programmes_milestone m join programmes_workstream w on w.id = m.workstream_id"
    " where w.programme_id = new.id and m.state = 'open')"
    " or exists (select 1 from register_link l join programmes_workstream w on w.id = l.a_id"
    " join actions_action a on a.id = l.b_id"
    " where w.programme_id = new.id and l.kind = 'gathers' and l.until is null and a.state in ('planned', 'started')))"
)
# The lock makes whoever closes the programme wait for what comes to it meanwhile.
OF_ONE_UNDER_WAY = (
    "new.state <> 'open' or exists (select 1 from programmes_workstream w join programmes_programme p"
    " on p.id = w.programme_id where w.id = new.workstream_id and p.state <> 'closed' for share of p)"
)


class Days(Func):
    """How many days lie between two columns of days."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = models.IntegerField()


class Priority(Named, Record):
    """What the city's strategy puts first, and the share of the money that it is meant to get."""

    code = CodeField("SP")
    strategy = models.CharField(_("strategy that it is of"), max_length=200)
    source = models.CharField(_("source"), max_length=300, blank=True, default="")
    number = models.PositiveSmallIntegerField(_("number in the strategy"), default=1)
    valid_from = models.DateField(_("in force from"))
    valid_to = models.DateField(_("in force to"), null=True, blank=True)
    meant_share = models.PositiveSmallIntegerField(
        _("share of the money that it is meant to get, %"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
    )

    class Meta:
        constraints = [
            Access(
                name="priority_access",
                see=at_unit("priority.view"),
                add=at_unit("priority.edit"),
                edit=at_unit("priority.edit"),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="priority_ends_after_its_start",
                violation_error_message=_("The end is before the start."),
            ),
            models.CheckConstraint(
                condition=Q(meant_share__isnull=True) | Q(meant_share__lte=100),
                name="priority_share_at_most_100",
                violation_error_message=_("A share is a percentage. Write a number from 0 to 100."),
            ),
        ]
        indexes = indexes("priority", "unit", "number", "valid_from", "valid_to")


class Programme(Record):
    """A change that is led as one: with money, a steering group, a beginning and an end, from a baseline to a target."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        RUNNING = "running", _("under way")
        CLOSED = "closed", _("ended")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("PG")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    chair = models.ForeignKey(
        "organisation.Person", models.PROTECT, verbose_name=_("chair of the steering group"), related_name="+"
    )
    steering_group = models.TextField(
        _("steering group"), blank=True, default="", help_text=_("One name on each line, also of guests.")
    )
    priority = models.ForeignKey(
        Priority, models.PROTECT, null=True, blank=True, verbose_name=_("priority that it serves"), related_name="+"
    )
    budget_eur = models.DecimalField(
        _("budget, €"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    baseline = models.TextField(_("baseline: how it stands at the start"), blank=True, default="")
    target = models.TextField(_("target: how it stands at the end"), blank=True, default="")
    baseline_maturity = models.PositiveSmallIntegerField(
        _("maturity at the start, 1–5"), null=True, blank=True, validators=MATURITY
    )
    target_maturity = models.PositiveSmallIntegerField(
        _("maturity aimed at, 1–5"), null=True, blank=True, validators=MATURITY
    )
    reached_maturity = models.PositiveSmallIntegerField(
        _("maturity reached, 1–5"), null=True, blank=True, editable=False, validators=MATURITY
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED, editable=False)
    outcome = models.TextField(_("what came of it"), blank=True, default="", editable=False)
    lessons = models.TextField(_("what was learned"), blank=True, default="", editable=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            Access(
                name="programme_access",
                see=at_unit("programme.view") | owner() | owner("chair"),
                add=at_unit("programme.edit"),
                edit=at_unit("programme.edit") | owner(),
                # It adds workstreams and milestones at the unit.
                verbs={
                    "lay_out": at_unit("programme.edit") & at_unit("workstream.edit") & at_unit("milestone.edit"),
                    "publish": at_unit("publication.publish"),
                },
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="programme_ends_after_its_start",
                violation_error_message=_("The end is before the start."),
            ),
            Guard(
                name="closed_programme_says_what_came_of_it",
                holds="new.state <> 'closed' or (new.closed_on is not null and new.outcome <> '')",
                of_site=True,
                violation_error_message=_("A closed programme has its day, and says what came of it."),
            ),
            Guard(
                name="programme_closed_with_nothing_open",
                on="update",
                holds=NOTHING_OPEN,
                violation_error_message=_(
                    "Milestones or actions of the programme are still open, perhaps some that you do not see. Finish them,"
                    " or give them up, first."
                ),
            ),
        ]
        indexes = indexes(
            "programme", "unit", "owner", "chair", "state", "priority", "starts_on", "ends_on", "budget_eur"
        )

    def __str__(self) -> str:
        return self.title


class LoggedDecision(Kept):
    """What was decided in a programme. Never edited: a later decision takes its place."""

    belongs_to = "programme"

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="decisions")
    at = models.DateTimeField(_("recorded at"), db_default=Func(function="now"))
    on = models.DateField(_("decided on"))
    text = models.TextField(_("decision"))
    reason = models.TextField(_("reason"), blank=True, default="")
    writer = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("recorded by"), related_name="+")

    no_register = "part of a programme, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="loggeddecision_access",
                see=part_of("programme", "programmes_programme"),
                add=writes_node("programme") & owner("writer"),
                edit=nobody(),
            ),
        ]
        indexes = [models.Index(fields=["programme", "on"], name="decision_by_programme")]

    def __str__(self) -> str:
        return self.text


class Workstream(Record):
    """A part of a programme that one person leads: it gathers actions, and has milestones."""

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("WT")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name=_("programme"), related_name="+")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")

    class Meta:
        constraints = [
            Access(
                name="workstream_access",
                see=at_unit("workstream.view") | owner(),
                add=at_unit("workstream.edit"),
                edit=at_unit("workstream.edit") | owner(),
            ),
        ]
        indexes = indexes("workstream", "unit", "owner", "programme")

    def __str__(self) -> str:
        return self.title


class Milestone(Record):
    """What is to be reached by a day. The day first agreed on stays, however often it is moved."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        REACHED = "reached", _("reached")
        GIVEN_UP = "given_up", _("given up")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("MS")
    title = models.CharField(_("title"), max_length=200)
    shows = models.TextField(_("what shows that it is reached"), blank=True, default="")
    workstream = models.ForeignKey(Workstream, models.PROTECT, verbose_name=_("workstream"), related_name="+")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    due = models.DateField(_("due date"))
    first_due = models.DateField(_("first due date"), null=True, blank=True, editable=False)
    slipped_days = models.GeneratedField(
        verbose_name=_("moved by (days)"),
        expression=Days(F("due"), F("first_due")),
        output_field=models.IntegerField(),
        db_persist=True,
        null=True,
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, editable=False)
    reached_on = models.DateField(_("reached on"), null=True, blank=True, editable=False)
    reason = models.TextField(_("reason for moving or giving up"), blank=True, default="", editable=False)

    class Meta:
        constraints = [
            Access(
                name="milestone_access",
                see=at_unit("milestone.view") | owner(),
                add=at_unit("milestone.edit"),
                edit=at_unit("milestone.edit") | owner(),
            ),
            Guard(
                name="milestone_reached_has_its_day",
                holds="new.state <> 'reached' or new.reached_on is not null",
                of_site=True,
                violation_error_message=_("A milestone that is reached has the day on which it was."),
            ),
            Guard(
                name="milestone_of_a_programme_under_way",
                holds=OF_ONE_UNDER_WAY,
                violation_error_message=_("The programme is closed: nothing new is to be reached in it."),
            ),
            Guard(
                name="milestone_keeps_its_first_day",
                on="update",
                holds="new.first_due is not distinct from old.first_due",
                violation_error_message=_("The day first agreed on stays. Move the due date."),
            ),
        ]
        indexes = indexes("milestone", "unit", "owner", "workstream", "state", "due", "slipped_days")

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row; the first due date is the one that it begins with."""
        if self._state.adding:
            self.first_due = self.due
        super().save(*args, **kwargs)
