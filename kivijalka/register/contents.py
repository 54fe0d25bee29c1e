"""Files as they came: the same content is kept once for whoever sends it, whatever refers to it."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from kivijalka.register.models.files import Content

# Of any file, at whatever door.
MOST_BYTES = 50 * 2**20


def keep_content(person: UUID, data: bytes) -> Content:
    """The content, kept for a person; one that they sent before is there already."""
    sha256 = hashlib.sha256(data).hexdigest()
    mine = Content.objects.filter(person=person, sha256=sha256).defer("content")
    if (there := mine.first()) is not None:
        return there
    # Whoever sends the same at the same moment twice keeps one of them.
    _exchange(
        "insert into register_content (person_id, sha256, content) values (%s, %s, %s) on conflict do nothing",
        [person, sha256, data],
    )
    return mine.get()


def bytes_of(pk: UUID | None) -> bytes | None:
    """A content, as far as the acting person may have it."""
    row = _exchange("select content from register_content where id = %s", [pk]) if pk else None
    return None if row is None else bytes(row[0])


def _exchange(statement: str, given: list[Any]) -> Any:
    """The first row of the answer, bytes as they are: put in words they would take nine times their room in memory."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, given, binary=True)
        return cursor.fetchone() if cursor.description else None
