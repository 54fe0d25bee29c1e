"""A letter to each person of what waits for them and what changed in what they follow: in their language, never twice.

The day is taken in a transaction of its own before a letter is handed to the mail server. Whatever breaks after that, this
letter is not written again; what it would have said stands in the next one, as only a letter that was taken counts.
"""

from __future__ import annotations

import smtplib
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.signing import BadSignature, Signer
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from kivijalka.access import Actor, acting
from kivijalka.desk import waiting
from kivijalka.organisation.models import Person
from kivijalka.register.discussion import unread_mentions
from kivijalka.register.doors.related import relate
from kivijalka.register.models import Node
from kivijalka.register.models.attachments import Attachment
from kivijalka.register.models.discussion import Comment, Follow
from kivijalka.register.models.working import Digest
from kivijalka.register.registry import register_by_key

# How far back the first letter looks, and how long nothing new may have come before one reminds of what waits.
WEEK, MOST = timedelta(days=7), 20
NOT_TAKEN = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError)
_signer = Signer(salt="kivijalka.digest")


@dataclass(frozen=True)
class News:
    """What happened to a followed record: the latest deed, in words, and when."""

    node: Node
    what: Any
    at: datetime


def readers(day: date) -> list[UUID]:
    """Who may get a letter on a day: who works here, signs in, has an address, wants letters, and has none of that day."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.digest_readers(%s)", [day])
        return [row[0] for row in cursor.fetchall()]


def send(person: UUID, day: date, mail: Any) -> bool:
    """Write to a person, unless they were written to on this day or there is nothing to say. Whether it was sent."""
    with acting(person, door="job") as actor:
        is_taken, last = _take(person, day)
        letter = compose(actor, day, last) if is_taken and actor.names[0] is not None else None
        at = timezone.now()
    if letter is None:
        return False
    try:
        mail.send_messages([letter])
    except NOT_TAKEN:
        with acting(person, door="job"):
            Digest.objects.filter(person=person, day=day).update(day=None)
        raise
    with acting(person, door="job"):
        Digest.objects.filter(person=person).update(sent_at=at)
    return True


def _take(person: UUID, day: date) -> tuple[bool, datetime | None]:
    """Take a day for a person's letter, and when the last one was sent. Of two who try at once, one has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into register_digest (person_id, wanted, day) values (%s, true, %s) on conflict (person_id) do update"
            " set day = excluded.day where register_digest.wanted"
            " and coalesce(register_digest.day, '-infinity') < excluded.day returning sent_at",
            [person, day],
        )
        row = cursor.fetchone()
        return (False, None) if row is None else (True, row[0])


def compose(actor: Actor, day: date, last: datetime | None) -> EmailMessage | None:
    """The letter, or None where nothing is new and what waits was told within a week."""
    me = Person.objects.seen().filter(pk=actor.person).first()
    if me is None or not me.email:
        return None
    since = last or timezone.now() - WEEK
    with translation.override(me.language):
        asked = relate(unread_mentions(me.pk)[:MOST], ["person", "record"])
        news = followed(me.pk, since)
        tasks = waiting.desk(actor, day).now
        is_new = bool(news) or any(comment.told_at > since for comment in asked)
        if not is_new and not (tasks and (last is None or last < timezone.now() - WEEK)):
            return None
        count = len(tasks) + len(asked)
        context = {
            "person": me,
            "mentions": asked,
            "tasks": tasks[:MOST],
            "more": len(tasks) - MOST,
            "news": news[:MOST],
            "site": settings.SITE_URL,
            "unsubscribe": unsubscribe_address(me.pk),
        }
        subject = ngettext("Kivijalka: %d thing waits for you", "Kivijalka: %d things wait for you", count) % count
        body = render_to_string("desk/digest.txt", context)
    return EmailMessage(subject, body, to=[me.email], headers=_headers(me.pk, day))


def _headers(person: UUID, day: date) -> dict[str, str]:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return {
        "Message-ID": f"<digest.{day.isoformat()}.{person.hex}@{host}>",
        "List-Unsubscribe": f"<{unsubscribe_address(person)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def followed(person: UUID, since: datetime) -> list[News]:
    """What others did to the records that a person follows, and has not read yet, the latest first; a query a register."""
    read = dict(Follow.objects.filter(person=person, follows=True).values_list("record", "read_at"))
    nodes = Node.objects.in_bulk(list(read))
    by_register: dict[str, list[UUID]] = defaultdict(list)
    for node in nodes.values():
        by_register[node.register].append(node.pk)
    found = [
        News(nodes[comment.record_id], translation.gettext("Comment"), comment.at)
        for comment in Comment.objects.seen().filter(record__in=list(nodes), at__gt=since).exclude(person=person)
    ]
    found += [
        News(nodes[file.record_id], translation.gettext("File"), file.at)
        for file in Attachment.objects.seen().filter(record__in=list(nodes), at__gt=since).exclude(person=person)
    ]
    for key, ids in by_register.items():
        found += [News(nodes[pk], what, at) for pk, what, at in _changed(key, ids, person, since)]
    unread = [news for news in found if news.at > (read[news.node.pk] or since)]
    latest = {news.node.pk: news for news in sorted(unread, key=lambda news: news.at)}
    return sorted(latest.values(), key=lambda news: news.at, reverse=True)


def _changed(key: str, ids: list[UUID], person: UUID, since: datetime) -> list[tuple[UUID, Any, datetime]]:
    register = register_by_key(key)
    with connection.cursor() as cursor:
        cursor.execute(
            f'select distinct on (id) id, kept_command, kept_from from history."{register.model._meta.db_table}"'
            " where id = any(%s) and kept_from > %s and kept_by is distinct from %s order by id, kept_no desc",
            [ids, since, person],
        )
        rows = cursor.fetchall()
    verbs = register.all_commands
    return [(pk, verbs[name].label if name in verbs else translation.gettext("Changed"), at) for pk, name, at in rows]


def unsubscribe_address(person: UUID) -> str:
    """Where one click ends the letters, signed in or not: good for this and nothing else."""
    return settings.SITE_URL + reverse("unsubscribe", args=[_signer.sign(person.hex)])


def reader_of(signed: str) -> UUID | None:
    """Whose letters an address ends."""
    with suppress(BadSignature, ValueError):
        return UUID(_signer.unsign(signed))
    return None


def want(person: UUID, wanted: bool) -> None:
    """Get letters, or no more. As the acting person."""
    Digest.objects.bulk_create(
        [Digest(person_id=person, wanted=wanted)],
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["wanted"],
    )


def wants(person: UUID | None) -> bool:
    """Whether the acting person gets letters: until they say no."""
    return not Digest.objects.filter(person=person, wanted=False).exists()
