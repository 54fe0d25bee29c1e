"""Verbs of a programme (lay out, start, decide, close, reopen) and of a milestone (reach, move, give up, open again)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.programmes import queries, rules
from kivijalka.programmes.models import LoggedDecision, Milestone, Programme, Workstream
from kivijalka.programmes.templates import Stream, choices, templates
from kivijalka.publishing.commands import publishing
from kivijalka.register.batch import together
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import refuse
from kivijalka.register.ties import join

State, Reached = Programme.State, Milestone.State
UNDER_WAY = ~Q(state=State.CLOSED)
OPEN = queries.OPEN
publish = publishing(Q())


@command(
    _("Lay out from a template"),
    when=Q(state=State.PLANNED),
    says=_(
        "Workstreams and milestones are made at the programme's unit, under its owner, with days counted from the start."
    ),
)
def lay_out(
    actor: Actor,
    programme: Programme,
    *,
    template: Annotated[str, Ask(_("Template"), choices=choices())],
    start: Annotated[date | None, Ask(_("Days are counted from"), _("Empty means the day on which it starts."))] = None,
) -> Programme:
    """Make the workstreams and milestones of a template, in the words of whoever does it, to be changed."""
    refuse(rules.why_not_lay_out(Workstream.objects.filter(programme=programme.pk).count()))
    found, begins = templates()[template], start or programme.starts_on
    with together():
        made = {key: one for stream in found.streams for key, one in _laid_out(programme, stream, begins).items()}
        for goal in (goal for stream in found.streams for goal in stream.goals):
            for needed in goal.needs:
                join(queries.NEEDS.kind, made[goal.key], made[needed])
    programme.starts_on, programme.ends_on = begins, begins + timedelta(days=found.days)
    for name in ("description", "baseline", "target"):
        setattr(programme, name, getattr(programme, name) or str(getattr(found, name)))
    programme.save(update_fields=["starts_on", "ends_on", "description", "baseline", "target"])
    return programme


def _laid_out(programme: Programme, stream: Stream, begins: date) -> dict[str, Milestone]:
    common = {
        "unit_id": programme.unit_id,
        "confidentiality": programme.confidentiality,
        "owner_id": programme.owner_id,
    }
    workstream = Workstream(programme=programme, title=str(stream.title), description=str(stream.description), **common)
    workstream.save(force_insert=True)
    made = {}
    for goal in stream.goals:
        due = begins + timedelta(days=goal.after_days)
        made[goal.key] = Milestone(
            workstream=workstream, title=str(goal.title), shows=str(goal.shows), due=due, **common
        )
        made[goal.key].save(force_insert=True)
    return made


@command(_("Start the programme"), when=Q(state=State.PLANNED), primary=True)
def start(actor: Actor, programme: Programme) -> Programme:
    """The work begins."""
    programme.state = State.RUNNING
    programme.save(update_fields=["state"])
    return programme


@command(_("Record a decision"), when=UNDER_WAY, says=_("It stands in the log under your name, and is never edited."))
def decide(
    actor: Actor,
    programme: Programme,
    *,
    text: Annotated[str, Ask(_("Decision"), rows=3)],
    reason: Annotated[str, Ask(_("Reason"), rows=2)] = "",
    on: Annotated[date | None, Ask(_("Decided on"), _("Empty means today."))] = None,
) -> LoggedDecision:
    """What the steering group, or who leads the programme, decided."""
    today = timezone.localdate()
    refuse(rules.why_not_on(on or today, today))
    return LoggedDecision.objects.create(
        programme=programme, on=on or today, text=text, reason=reason, writer_id=str(actor.principal)
    )


@command(
    _("Close the programme"),
    when=Q(state=State.RUNNING),
    primary=True,
    says=_("The closing review. It is refused while milestones or actions of the programme are open."),
)
def close(
    actor: Actor,
    programme: Programme,
    *,
    outcome: Annotated[str, Ask(_("What came of it"), _("Against the target, and what was measured."), rows=4)],
    lessons: Annotated[str, Ask(_("What was learned"), rows=3)] = "",
    maturity: Annotated[int | None, Ask(_("Maturity reached, 1–5"), example=3)] = None,
) -> Programme:
    """Say what came of the programme, and end it."""
    refuse(rules.why_not_maturity(maturity))
    refuse(rules.why_not_close(*queries.open_work(programme)))
    programme.state, programme.closed_on = State.CLOSED, timezone.localdate()
    programme.outcome, programme.lessons, programme.reached_maturity = outcome, lessons, maturity
    programme.save(update_fields=["state", "closed_on", "outcome", "lessons", "reached_maturity"])
    return programme


@command(_("Reopen"), when=Q(state=State.CLOSED))
def reopen(actor: Actor, programme: Programme) -> Programme:
    """The programme goes on; what was said at its closing stays until it is closed again."""
    programme.state, programme.closed_on = State.RUNNING, None
    programme.save(update_fields=["state", "closed_on"])
    return programme


@command(_("Mark as reached"), when=OPEN, primary=True)
def reach(
    actor: Actor,
    milestone: Milestone,
    *,
    on: Annotated[date | None, Ask(_("Reached on"), _("Empty means today."))] = None,
) -> Milestone:
    """What was to be reached is there."""
    today = timezone.localdate()
    refuse(rules.why_not_on(on or today, today))
    milestone.state, milestone.reached_on = Reached.REACHED, on or today
    milestone.save(update_fields=["state", "reached_on"])
    return milestone


@command(_("Move the due date"), when=OPEN, says=_("The day first agreed on stays beside it."))
def move(
    actor: Actor,
    milestone: Milestone,
    *,
    to: Annotated[date, Ask(_("New due date"))],
    reason: Annotated[str, Ask(_("Reason"), rows=2, of_many=True)],
) -> Milestone:
    """Agree on another day, and say why."""
    refuse(rules.why_not_move(to, milestone.due))
    milestone.due, milestone.reason = to, reason
    milestone.save(update_fields=["due", "reason"])
    return milestone


@command(_("Give up the milestone"), when=OPEN)
def give_up(
    actor: Actor, milestone: Milestone, *, reason: Annotated[str, Ask(_("Reason"), rows=2, of_many=True)]
) -> Milestone:
    """It will not be reached."""
    milestone.state, milestone.reason = Reached.GIVEN_UP, reason
    milestone.save(update_fields=["state", "reason"])
    return milestone


@command(_("Open again"), when=~OPEN)
def open_again(actor: Actor, milestone: Milestone) -> Milestone:
    """It is to be reached after all."""
    milestone.state, milestone.reached_on = Reached.OPEN, None
    milestone.save(update_fields=["state", "reached_on"])
    return milestone
