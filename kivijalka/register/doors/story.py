"""The story of a record: its versions, each with the rows that came with it, as one time line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from kivijalka.register.declare import Part, Register
from kivijalka.register.doors.history import Event, Version
from kivijalka.register.doors.show import cell_of
from kivijalka.register.models.discussion import Comment

# A version bears the moment at which its transaction began, its rows the moment at which each was made.
TOGETHER = timedelta(minutes=5)


def events_of(register: Register[Any], parts: list[tuple[Part, list[Any]]]) -> list[Event]:
    """What the parts of a record add to its story."""
    badges = register.badges
    return [
        Event(getattr(row, part.at), part.names[0], [cell_of(row, name, badge=name in badges) for name in part.told])
        for part, rows in parts
        if part.at
        for row in rows
    ]


def with_events(versions: list[Version], events: list[Event]) -> list[Version]:
    """One story, the latest first: an event is told with the version that came with it, instead of the changes that it
    explains; one that changed nothing of the record has a place of its own."""
    found, newer = [], None
    for version in versions:
        own = [event for event in events if event.at >= version.start and (newer is None or event.at < newer)]
        along = [event for event in own if event.at - version.start < TOGETHER]
        found += [_alone(event) for event in own if event not in along]
        told = {cell.name for event in along for cell in event.cells}
        changes = [change for change in version.changes if change.name not in told]
        found.append(replace(version, events=along, changes=changes))
        newer = version.start
    return found


def said(comments: list[Comment]) -> list[Version]:
    """What people said, each comment a place of its own."""
    return [
        Version(
            start=comment.at,
            end=None,
            command=_("Comment"),
            by=str(comment.person or _("somebody")),
            on_behalf_of="",
            door="",
            seed=False,
            changes=[],
            text=comment.text,
        )
        for comment in comments
    ]


def _alone(event: Event) -> Version:
    return Version(event.at, None, event.what, by="", on_behalf_of="", door="", seed=False, changes=[], events=[event])
