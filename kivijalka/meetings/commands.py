"""Verbs of a meeting: draw up, put on, arrange, decide, note, close; of a decision: carry out, strike out."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.db.models import Func, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.meetings import rules
from kivijalka.meetings.agenda import proposals, record_by_code
from kivijalka.meetings.models import Decision, Entry, Item, Meeting, StillOpen
from kivijalka.organisation.grants import PRIVATE
from kivijalka.organisation.models import Person
from kivijalka.register.command import Ask, Worded, command
from kivijalka.register.models import Node
from kivijalka.register.refusal import Refused, refuse

State = Meeting.State
OPEN = Q(state=State.PLANNED)
OF_ITEM = _("The number of the item on the agenda. Empty: of the meeting as a whole.")


@command(
    _("Draw up the agenda"),
    when=OPEN,
    primary=True,
    says=_("What changed, is late or was taken to this unit since its last meeting comes to the agenda."),
)
def draw_up(actor: Actor, meeting: Meeting) -> Meeting:
    """Put on the agenda what is proposed and neither on it yet nor taken out of it."""
    found = proposals(actor, meeting)
    known = set(_items(meeting).values_list("record", flat=True))
    new = [one for section in found for one in section.proposals if one.node.pk not in known]
    for number, one in enumerate(new, start=_next(meeting)):
        _put(meeting, number, one.node, why=one.why, was=one.was, now=one.now, day=one.day)
    return meeting


@command(_("Put on the agenda"), when=OPEN)
def put_on(
    actor: Actor,
    meeting: Meeting,
    *,
    what: Annotated[
        str, Ask(_("What is taken up"), _("A matter in words, or the code of a record, such as R-012345."))
    ],
) -> Meeting:
    """A matter of the meeting's own comes to the agenda, or a record; one that was taken out comes back."""
    node = record_by_code(what)
    number = _next(meeting)
    if node is None:
        refuse(rules.why_not_matter(what))
        Item.objects.create(meeting=meeting, number=number, title=what)
    elif node.register in PRIVATE:
        raise Refused(_("This concerns few persons, and is not taken up in a meeting."), code="private", field="what")
    elif not _items(meeting).filter(record=node.pk, number__isnull=True).update(number=number):
        if _items(meeting).filter(record=node.pk).exists():
            raise Refused(_("This is on the agenda already."), code="there", field="what")
        _put(meeting, number, node, why=f"{node.register}.")
    return meeting


@command(_("Arrange the agenda"), when=OPEN)
def arrange(
    actor: Actor,
    meeting: Meeting,
    *,
    order: Annotated[
        str,
        Ask(_("Order"), _("Numbers of the items as they are to follow. What is left out is taken off."), example=""),
    ] = "",
) -> Meeting:
    """Put the items into an order, and take out those not named."""
    on = {item.number or 0: item for item in _items(meeting).filter(number__isnull=False)}
    words = order.replace(",", " ").split()
    refuse(rules.why_not_order(words, list(on)))
    wanted = [on.pop(int(word)) for word in words]
    places = sorted([*on, *(item.number or 0 for item in wanted)])
    for item, number in [*zip(wanted, places, strict=False), *((item, None) for item in on.values())]:
        if item.number != number:
            item.number = number
            item.save(update_fields=["number"])
    return meeting


@command(_("Record a decision"), when=OPEN)
def decide(
    actor: Actor,
    meeting: Meeting,
    *,
    text: Annotated[str, Ask(_("Decision"), rows=3)],
    owner: Annotated[Person | None, Ask(_("Who does it"))] = None,
    due: Annotated[date | None, Ask(_("Due date"))] = None,
    item: Annotated[int | None, Ask(_("Item"), OF_ITEM, example=0)] = None,
) -> Decision:
    """What was decided, who does it, and by when."""
    refuse(rules.why_not_decide(owner, due))
    found = _item(meeting, item)
    record = found.record if found is not None else None
    # Whoever does not see the record is not told by a decision what was thought of it.
    unit, level = (record.unit_number, record.confidentiality) if record is not None else (meeting.unit_id, 0)
    made = Decision(
        unit_id=unit, confidentiality=max(meeting.confidentiality, level), meeting=meeting, item=found,
        text=text, owner=owner, due=due, recorded_by_id=str(actor.principal),
        state=Decision.State.TO_DO if owner else Decision.State.NOTED,
    )  # fmt: skip
    made.save(force_insert=True)
    return made


@command(
    _("Write into the minutes"),
    says=_("It stands in the minutes as it is written, under your name."),
    worded=[
        Worded(
            "state", State.CLOSED, _("Correct the minutes"), _("The minutes stay as they are; this stands below them.")
        )
    ],
)
def note(
    actor: Actor,
    meeting: Meeting,
    *,
    text: Annotated[str, Ask(_("Text"), rows=3)],
    item: Annotated[int | None, Ask(_("Item"), OF_ITEM, example=0)] = None,
) -> Entry:
    """What was said; of a closed meeting, what the minutes have wrong."""
    return Entry.objects.create(
        meeting=meeting,
        item=_item(meeting, item),
        writer_id=str(actor.principal),
        text=text,
        is_correction=meeting.state == State.CLOSED,
    )


@command(
    _("Close the meeting"),
    when=OPEN,
    says=_("Its minutes stay as they are from now on. What they have wrong is corrected by an entry below them."),
    final=True,
)
def close(actor: Actor, meeting: Meeting) -> Meeting:
    """The meeting is over: agenda, decisions and those present stay as they are."""
    meeting.state, meeting.closed_at = State.CLOSED, Func(function="now")
    meeting.save(update_fields=["state", "closed_at"])
    return meeting


@command(_("Mark as carried out"), when=Q(state=Decision.State.TO_DO), primary=True)
def carry_out(
    actor: Actor, decision: Decision, *, outcome: Annotated[str, Ask(_("What was done"), rows=3)] = ""
) -> Decision:
    """What was decided is done."""
    decision.state, decision.outcome = Decision.State.DONE, outcome
    decision.save(update_fields=["state", "outcome"])
    return decision


@command(_("Strike out"), when=Q(StillOpen()) & ~Q(state=Decision.State.STRUCK))
def strike(actor: Actor, decision: Decision) -> Decision:
    """It was not decided so: it leaves the minutes while the meeting goes on."""
    decision.state = Decision.State.STRUCK
    decision.save(update_fields=["state"])
    return decision


def _items(meeting: Meeting) -> QuerySet[Item]:
    return Item.objects.seen().filter(meeting=meeting.pk)


def _item(meeting: Meeting, number: int | None) -> Item | None:
    """The item of a number; none for no number."""
    if not number:
        return None
    found = _items(meeting).filter(number=number).select_related("record").first()
    if found is None:
        raise Refused(_("There is no item %s on the agenda.") % number, code="no_item", field="item")
    return found


def _next(meeting: Meeting) -> int:
    """A number after all others, also after those that the acting person may not see."""
    last = _items(meeting).filter(number__isnull=False).order_by("-number").values_list("number", flat=True).first()
    return max(last or 0, meeting.matters) + 1


def _put(meeting: Meeting, number: int, node: Node, **told: Any) -> None:
    Item.objects.create(meeting=meeting, number=number, title=str(node)[:300], record=node, **told)
