"""What the lives of risks and actions share: the stream, the staff, the calendar, and the record that they leave."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from kivijalka.example.plans import Plan
from kivijalka.example.shape import ActionVersion, Assessment, Link, RiskVersion
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream

NOT_YET = UUID(int=0)


@dataclass(slots=True)
class Chronicle:
    """What the lives leave behind."""

    risks: list[RiskVersion] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    actions: list[ActionVersion] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class World:
    """What every life needs to know."""

    stream: Stream
    staff: Staff
    begin: date
    openings: list[datetime]
    chronicle: Chronicle

    def day(self, offset: int) -> date:
        return self.begin + timedelta(days=offset)

    def moment(self, offset: int, last: datetime | None) -> datetime:
        """A moment in office hours on that day of the history, after `last`."""
        return self.stream.within(self.openings[offset], last)

    def phrase(self, plan: Plan, name: str) -> str:
        chosen: str = self.stream.pick(table("phrases")[plan.language][name])
        return chosen

    def acting(self, person: UUID | None, unit: int, day: date) -> UUID:
        """The person while in service, else the head of the unit."""
        if person is not None and day < self.staff.ends[person]:
            return person
        return self.staff.head(unit, day)
