"""Saying something about a record, mentioning somebody, following."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import acting
from kivijalka.access.actor import say_command
from kivijalka.register.command import translated
from kivijalka.register.models import Node
from kivijalka.register.models.discussion import Comment, Follow
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS

LONGEST, MOST_MENTIONED, MOST_SHOWN = 10_000, 10, 100
# @ and what follows it: a code, or words of which the first few are a name.
MARK = re.compile(r"(?:^|(?<=[\s(]))@(?=(\S+(?:[ \t]+\S+){0,4}))")
TRIMMED = ".,;:!?)”\"'"


def comments_of(record: UUID) -> QuerySet[Comment]:
    """What was said about a record, the latest first."""
    found: QuerySet[Comment] = Comment.objects.seen().filter(record=record).order_by("-id")
    return found


def say(actor: Any, record: Any, text: str) -> Comment:
    """Say something about a record that one sees. Whoever says something follows it."""
    asked = mentioned(record.pk, text)
    say_command("comment")
    with transaction.atomic():
        made: Comment = translated(
            lambda: Comment.objects.create(record_id=record.pk, person_id=actor.person, text=text, mentions=asked)
        )
    follow(actor, record.pk, follows=True)
    return made


def reword(comment: Comment, text: str) -> None:
    """Other words for what one has said; whoever is mentioned anew is told."""
    asked = mentioned(comment.record_id, text)
    is_told = set(asked) - set(comment.mentions)
    rows = Comment.objects.may("edit").filter(pk=comment.pk)
    say_command("comment")
    told_at = timezone.now() if is_told else F("told_at")
    if not translated(lambda: rows.update(text=text, mentions=asked, told_at=told_at)):
        raise Refused(_("Only whoever said it may word it anew."), code="no_right")


def mentioned(record: UUID, text: str) -> list[UUID]:
    """Persons whom a text mentions. One who is not there, and one who may not see the record, is refused alike."""
    marks = [" ".join(found.split()) for found in MARK.findall(text)]
    if len(marks) > MOST_MENTIONED:
        raise Refused(_("Mention ten people at most."), code="invalid", field="text")
    known = _named({name for mark in marks for name in _names(mark)}) if marks else {}
    found: list[UUID] = []
    for mark in marks:
        person = next((known[name] for name in _names(mark) if name in known), None)
        if person is None or not _sees(person, record):
            told = _("Nobody is called so, or they may not see this record: @%s. Write the name in full, or the code.")
            raise Refused(told % " ".join(mark.split()[:2]).rstrip(TRIMMED), code="not_there", field="text")
        found += [person] if person not in found else []
    return found


def _names(mark: str) -> list[str]:
    """What a mark may stand for, the longest first: "aino esimerkki" of "@Aino Esimerkki, look"."""
    words = mark.lower().split(" ")
    return list(dict.fromkeys(" ".join(words[:size]).rstrip(TRIMMED) for size in range(len(words), 0, -1)))


def _named(names: Iterable[str]) -> dict[str, UUID]:
    """Persons by code or name. Of a name that several bear none is meant."""
    persons = REGISTERS["person"].model._default_manager.offered()
    called = persons.annotate(called=Lower(Concat("given_name", Value(" "), "family_name")), known_by=Lower("code"))
    wanted = list(names)
    found: dict[str, UUID | None] = {}
    rows = called.filter(called__in=wanted) | called.filter(known_by__in=wanted)
    for pk, name, code in rows.values_list("pk", "called", "known_by"):
        found[name] = None if name in found else pk
        found[code] = pk
    return {name: pk for name, pk in found.items() if pk is not None}


def _sees(person: UUID, record: UUID) -> bool:
    with acting(person):
        return Node.objects.filter(pk=record).exists()


def follow(actor: Any, record: UUID, *, follows: bool | None = None) -> None:
    """Follow a record or no longer, or leave that as it is; what was said until now is read."""
    row = Follow(person_id=actor.person, record=record, follows=bool(follows), read_at=timezone.now())
    changed = ["read_at"] if follows is None else ["read_at", "follows"]
    Follow.objects.bulk_create([row], update_conflicts=True, unique_fields=["person", "record"], update_fields=changed)


def follows(actor: Any, record: UUID) -> Follow | None:
    """What the acting person has to do with a record."""
    return Follow.objects.filter(person_id=actor.person, record=record).first()


def followed(person: UUID | None) -> QuerySet[Node]:
    """Records that a person follows, as far as the acting person sees them, by register and code."""
    kept = Follow.objects.filter(person=person, follows=True).values("record")
    found: QuerySet[Node] = Node.objects.filter(pk__in=kept).order_by("register", "code")
    return found


def follow_no_longer(person: UUID | None, records: Iterable[UUID]) -> int:
    """Follow none of these records any more: how many of them were followed."""
    rows = Follow.objects.filter(person=person, record__in=list(records), follows=True)
    return rows.update(follows=False)


def unread_mentions(person: UUID | None, since: datetime | None = None) -> QuerySet[Comment]:
    """Where somebody asked a person to look, and they have not yet."""
    read = Follow.objects.filter(person=person, record=OuterRef("record_id"), read_at__gte=OuterRef("told_at"))
    rows: QuerySet[Comment] = Comment.objects.seen().filter(~Exists(read), mentions__contains=[person])
    return rows.order_by("-told_at") if since is None else rows.filter(told_at__gt=since).order_by("-told_at")
