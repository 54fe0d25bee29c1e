"""What participants do: join by the code, and answer. Each as themselves, and unseen."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.access.actor import say_command
from kivijalka.register.command import translated
from kivijalka.register.refusal import NotThere, Refused, refuse
from kivijalka.workshops import codes, rules
from kivijalka.workshops.models import Answer, Participant, Question, Workshop


class WrongCode(Refused):
    """No workshop is joined by this code now."""

    def __init__(self) -> None:
        text = _("No open workshop has this code. Look at it again, or ask whoever leads the workshop.")
        super().__init__(text, code="wrong_code", field="code")


class NotJoined(Refused):
    """Whoever has not joined does not answer, whatever else they may do."""

    def __init__(self) -> None:
        super().__init__(_("You have not joined this workshop. Write its code first."), code="no_right")


def join(actor: Actor, code: str) -> UUID:
    """Take part in the workshop that has this code: its id. Whoever has joined before is led there again."""
    refuse(rules.why_not_oneself(actor.on_behalf_of))
    say_command("join")
    with connection.cursor() as cursor:
        cursor.execute("select kj.join_workshop(%s)", [codes.mark_of(code)])
        found: UUID | None = cursor.fetchone()[0]
    if found is None:
        raise WrongCode
    return found


def answer(actor: Actor, workshop: Workshop, question: UUID, *, likelihood: int, impact: int) -> None:
    """Say what one thinks of one risk, or say it anew. Refused once the answers are closed, and to who has not joined."""
    refuse(rules.why_not_oneself(actor.on_behalf_of))
    if not takes_part(actor, workshop):
        raise NotJoined
    if not Question.objects.seen().filter(workshop=workshop, pk=question).exists():
        raise NotThere
    say_command("answer")
    given = Answer(question_id=question, person_id=str(actor.person), likelihood=likelihood, impact=impact)
    translated(
        lambda: Answer.objects.bulk_create(
            [given],
            update_conflicts=True,
            unique_fields=["question", "person"],
            update_fields=["likelihood", "impact"],
        )
    )


def takes_part(actor: Actor, workshop: Workshop) -> bool:
    """Whether the acting person has joined."""
    return Participant.objects.seen().filter(workshop=workshop, person=actor.person).exists()
