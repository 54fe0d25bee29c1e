"""Files as they came: the same content is kept once for whoever sends it, whatever refers to it."""

from __future__ import annotations

import hashlib
from uuid import UUID

from kivijalka.register.files_models import Content

# Of any file, at whatever door.
MOST_BYTES = 50 * 2**20


def keep_content(person: UUID, data: bytes) -> Content:
    """The content, kept for a person; one that they sent before is there already."""
    sha256 = hashlib.sha256(data).hexdigest()
    mine = Content.objects.filter(person=person, sha256=sha256).defer("content")
    if (there := mine.first()) is not None:
        return there
    # Whoever sends the same at the same moment twice keeps one of them.
    Content.objects.bulk_create([Content(person_id=person, sha256=sha256, content=data)], ignore_conflicts=True)
    return mine.get()


def bytes_of(pk: UUID | None) -> bytes | None:
    """A content, as far as the acting person may have it."""
    content = Content.objects.filter(pk=pk).values_list("content", flat=True).first() if pk else None
    return None if content is None else bytes(content)
