"""Seeded chance: one stream per part of the city, so that a change in one part leaves the others as they were."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

Thing = TypeVar("Thing")

MINUTE = timedelta(minutes=1)
FRIDAY = 4
OPENING_HOUR_UTC = 5
OFFICE_SECONDS = 9 * 3600
LOW_62_BITS = (1 << 62) - 1


class Stream(Random):
    """A source of choices, moments and identifiers that gives the same ones for the same seed and part."""

    def __init__(self, seed: int, part: str) -> None:
        super().__init__(f"{seed}/{part}")

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1; quicker than `randrange`."""
        return int(self.random() * limit)

    def pick(self, things: Sequence[Thing]) -> Thing:
        return things[int(self.random() * len(things))]

    def happens(self, probability: float) -> bool:
        return self.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both possible."""
        return low + int(self.random() * (high - low + 1))

    def uuid7(self, moment: datetime) -> UUID:
        """An identifier of version 7 (RFC 9562) that carries the moment in milliseconds."""
        milliseconds = int(moment.timestamp() * 1000)
        chance = self.getrandbits(74)
        return UUID(int=milliseconds << 80 | 0x7 << 76 | chance >> 62 << 64 | 0b10 << 62 | chance & LOW_62_BITS)

    def moment(self, day: date, last: datetime | None = None) -> datetime:
        """A moment in office hours on the day (the Friday before, on a weekend), but always after `last`."""
        return self.within(office_opens(day), last)

    def within(self, opening: datetime, last: datetime | None) -> datetime:
        """A moment within the nine hours after the office opens, but always after `last`."""
        moment = opening + timedelta(seconds=int(self.random() * OFFICE_SECONDS))
        if last is not None and moment <= last:
            return last + MINUTE * (2 + self.below(40))
        return moment


def office_opens(day: date) -> datetime:
    """When the office opens on the day, or on the Friday before a weekend."""
    day -= timedelta(days=max(0, day.weekday() - FRIDAY))
    return datetime(day.year, day.month, day.day, OPENING_HOUR_UTC, tzinfo=UTC)
