"""Meetings, what is on their agenda, what was decided, and what was written into the minutes."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import BooleanField, F, Field, Func, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, nobody, owner, part_of, seen_node, writes_node
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Kept, Record, indexes

# What reorganising and handing over move; the words of the minutes stay.
FROZEN = (
    "old.state <> 'closed' or"
    " to_jsonb(new) - array['unit_id', 'owner_id', 'confidentiality', 'key', 'version']"
    " = to_jsonb(old) - array['unit_id', 'owner_id', 'confidentiality', 'key', 'version']"
)
WHILE_OPEN = "exists (select 1 from meetings_meeting m where m.id = new.meeting_id and m.state <> 'closed')"
DECISION_STANDS = (
    f"{WHILE_OPEN} or (old.id is not null and"
    " row(new.text, new.due, new.meeting_id, new.item_id) is not distinct from"
    " row(old.text, old.due, old.meeting_id, old.item_id) and (new.state = 'struck') = (old.state = 'struck'))"
)
FREEZES = _("The meeting is closed: its minutes are corrected by an entry, not edited.")


class StillOpen(Func):
    """Whether the meeting that a row belongs to is not closed yet."""

    output_field: Field[Any, Any] = BooleanField()

    def __init__(self) -> None:
        super().__init__(F("meeting_id"))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        column, params = compiler.compile(self.get_source_expressions()[0])
        return f"EXISTS (SELECT 1 FROM meetings_meeting m WHERE m.id = {column} AND m.state <> 'closed')", list(params)


class Meeting(Record):
    """A meeting of those who lead a unit. Its secretary owns it; closed, it is what the minutes say."""

    class State(models.TextChoices):
        PLANNED = "planned", _("coming")
        CLOSED = "closed", _("held")

    owner_column = "owner_id"
    names_to_pick = ("title",)
    untold = ("arranged",)

    code = CodeField("M")
    title = models.CharField(_("title"), max_length=200)
    day = models.DateField(_("day"))
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("secretary"), related_name="+")
    chair = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("chair"), related_name="+")
    present = models.TextField(
        _("present"), blank=True, default="", help_text=_("One name on each line, also of guests.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    # Counted by the database, over all readers: how many items there are, and how often they were arranged.
    matters = models.PositiveIntegerField(_("items on the agenda"), default=0, editable=False)
    arranged = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            Access(
                name="meeting_access",
                see=at_unit("meeting.view") | owner() | owner("chair"),
                add=at_unit("meeting.edit"),
                edit=at_unit("meeting.edit") | owner(),
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | Q(state="planned", closed_at__isnull=True),
                name="meeting_closed_has_its_moment",
            ),
            Guard(name="meeting_is_frozen", on="update", holds=FROZEN, violation_error_message=FREEZES),
        ]
        indexes = indexes("meeting", "unit", "owner", "chair", "day", "state")

    def __str__(self) -> str:
        return self.title


class Item(Kept):
    """What a meeting takes up: a record, and why; or a matter of its own. Without a number it was taken out."""

    belongs_to = "meeting"

    meeting = models.ForeignKey(Meeting, models.PROTECT, verbose_name=_("meeting"), related_name="items")
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    # As it was called when it came to the agenda.
    title = models.CharField(_("title"), max_length=300)
    record = models.ForeignKey(
        "register.Node", models.PROTECT, null=True, db_constraint=False, verbose_name=_("record"), related_name="+"
    )
    # The section of the agenda that it came from: a register and one of its views, or what became of its class.
    why = models.CharField(_("why"), max_length=60, blank=True, default="")
    was = models.CharField(_("before"), max_length=20, blank=True, default="")
    now = models.CharField(_("now"), max_length=20, blank=True, default="")
    day = models.DateField(_("day"), null=True, blank=True)

    no_register = "part of a meeting, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="item_access",
                # What a reader may not see is not on their agenda.
                see=part_of("meeting", "meetings_meeting") & (Q(record__isnull=True) | seen_node("record")),
                add=writes_node("meeting"),
                edit=writes_node("meeting"),
            ),
            Guard(name="agenda_is_frozen", holds=WHILE_OPEN, violation_error_message=FREEZES),
            models.UniqueConstraint(fields=["meeting", "record"], name="item_once"),
        ]
        indexes = [models.Index(fields=["meeting", "number"], name="item_by_meeting")]

    def __str__(self) -> str:
        return self.title


class Decision(Record):
    """What a meeting decided, who does it and by when. It stands where its record stands, and is as confidential."""

    class State(models.TextChoices):
        TO_DO = "to_do", _("to be carried out")
        NOTED = "noted", _("decided")
        DONE = "done", _("carried out")
        STRUCK = "struck", _("struck out")

    owner_column = "owner_id"
    names_to_pick = ("text",)

    code = CodeField("MD")
    text = models.TextField(_("decision"))
    owner = models.ForeignKey(
        "organisation.Person", models.PROTECT, null=True, blank=True, verbose_name=_("who does it"), related_name="+"
    )
    due = models.DateField(_("due date"), null=True, blank=True)
    meeting = models.ForeignKey(Meeting, models.PROTECT, verbose_name=_("meeting"), related_name="decisions")
    item = models.ForeignKey(Item, models.PROTECT, null=True, verbose_name=_("item of the agenda"), related_name="+")
    recorded_by = models.ForeignKey(
        "organisation.Person", models.PROTECT, verbose_name=_("recorded by"), related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NOTED, editable=False)
    outcome = models.TextField(_("what was done"), blank=True, default="", editable=False)

    class Meta:
        constraints = [
            Access(
                name="decision_access",
                see=at_unit("decision.view") | owner() | owner("recorded_by"),
                add=owner("recorded_by"),
                edit=at_unit("decision.edit") | owner("recorded_by"),
                verbs={"carry_out": at_unit("decision.edit") | owner()},
            ),
            Guard(name="decision_stands", holds=DECISION_STANDS, violation_error_message=FREEZES),
        ]
        indexes = indexes("decision", "unit", "owner", "meeting", "recorded_by", "state", "due")

    def __str__(self) -> str:
        return self.text if len(self.text) <= 120 else f"{self.text[:119]}…"


class Entry(Kept):
    """What was written into the minutes beside decisions: said in the meeting, or put right after it. Never edited."""

    belongs_to = "meeting"

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="entries")
    item = models.ForeignKey(Item, models.PROTECT, null=True, verbose_name=_("item of the agenda"), related_name="+")
    at = models.DateTimeField(_("written at"), db_default=Func(function="now"))
    writer = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("written by"), related_name="+")
    text = models.TextField(_("text"))
    is_correction = models.BooleanField(_("correction"), default=False, editable=False)

    no_register = "part of a meeting, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="entry_access",
                see=part_of("meeting", "meetings_meeting") & (Q(item__isnull=True) | part_of("item", "meetings_item")),
                add=writes_node("meeting") & owner("writer"),
                edit=nobody(),
            ),
            Guard(
                name="entry_after_closing_corrects",
                holds=f"new.is_correction <> {WHILE_OPEN}",
                violation_error_message=FREEZES,
            ),
        ]
        indexes = [models.Index(fields=["meeting", "at"], name="entry_by_meeting")]

    def __str__(self) -> str:
        return self.text
