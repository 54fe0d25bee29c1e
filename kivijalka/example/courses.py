"""The course of an action in days: when it is decided, started, postponed and done, and whether its effect is measured."""

from dataclasses import dataclass
from typing import Literal

from kivijalka.example.policy import EFFECT_CHECK_DAYS
from kivijalka.example.stream import Stream

Outcome = Literal["open", "done", "confirmed", "no_effect", "cancelled"]
CANCELLED = 0.035
STUCK = 0.21
MEASURED = 0.7
WORKED = 0.84


@dataclass(slots=True)
class Course:
    """Days from the begin of the history; `postponed` holds pairs of a day and the new due day."""

    added: int
    due: int
    started: int | None
    progress: list[tuple[int, int]]
    postponed: list[tuple[int, int]]
    ended: int | None
    measured: int | None
    outcome: Outcome


def course(stream: Stream, first: int, last: int, *, must_end: bool, cost_eur: int) -> Course:
    """An action decided on or after `first`; what lies after `last` has not happened. With `must_end` it ends in time."""
    room = last - first
    added = first + int(room * stream.random() ** 1.4 * (0.4 if must_end else 0.92))
    wished = 45 + stream.below(140) + min(150, cost_eur // 400)
    length = max(1, min(wished, last - added - 3)) if must_end else wished
    due = added + max(wished // 2 if must_end else wished, 14)
    needed = int(length * _slippage(stream)) if not must_end else max(1, int(length * (0.5 + 0.45 * stream.random())))
    ended = added + needed
    if not must_end and stream.happens(STUCK):
        ended = last + 30 + stream.below(200)
    made = Course(added, due, None, [], [], ended if ended <= last else None, None, "open")
    _start(stream, made, last)
    _postpone(stream, made, ended, last)
    _report(stream, made, ended, last)
    _finish(stream, made, last, must_end=must_end)
    return made


def _slippage(stream: Stream) -> float:
    """Three in four are done in time, the rest take up to twice as long."""
    return 0.45 + 0.55 * stream.random() if stream.happens(0.75) else 1.05 + stream.random()


def _start(stream: Stream, made: Course, last: int) -> None:
    started = made.added + 2 + stream.below(max(3, (made.due - made.added) // 3))
    until = last if made.ended is None else made.ended - 1
    if started <= until and not (made.ended is None and stream.happens(0.2)):
        made.started = started


def _postpone(stream: Stream, made: Course, ended: int, last: int) -> None:
    """Who sees that it will be late moves the due day, some of them again and again; others just let it pass."""
    due = made.due
    while ended > due and len(made.postponed) < 4 and stream.happens(0.55):
        day = due - stream.below(10)
        if day <= max(made.added, made.started or 0) or day >= min(last, ended):
            return
        due = day + 40 + stream.below(110)
        made.postponed.append((day, due))


def _report(stream: Stream, made: Course, ended: int, last: int) -> None:
    if made.started is None:
        return
    until = min(ended, last)
    reports = stream.below(3)
    for index in range(reports):
        share = (index + 1) / (reports + 1)
        day = made.started + int((until - made.started) * share)
        if made.started < day < until:
            made.progress.append((day, 5 * round(20 * share * (0.9 if made.ended else 0.7))))


def _finish(stream: Stream, made: Course, last: int, *, must_end: bool) -> None:
    if made.ended is None:
        return
    if stream.happens(CANCELLED):
        made.outcome = "cancelled"
        return
    made.outcome = "done"
    measured = made.ended + EFFECT_CHECK_DAYS - 20 + stream.below(70)
    if must_end:
        measured = min(measured, last)
    if made.ended < measured <= last and stream.happens(MEASURED):
        made.measured = measured
        made.outcome = "confirmed" if stream.happens(WORKED) else "no_effect"
