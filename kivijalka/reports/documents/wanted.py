"""A whole address of a report, read: by the page that gives it at once, and by the job that makes a large one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from kivijalka.access import Actor
from kivijalka.organisation.models import Unit
from kivijalka.register.doors.filters import NumbersBelow
from kivijalka.register.fields import day_of
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.reports.documents.asked import Asked, same_reach, something_recorded, was_there
from kivijalka.reports.documents.formats import FORMATS
from kivijalka.reports.documents.kinds import KINDS, Kind


@dataclass(frozen=True)
class Wanted:
    """What an address names: the kind and format, what it asks, and the moment that it looks at."""

    report: str
    form: str
    query: QueryDict
    moment: datetime

    @property
    def kind(self) -> Kind:
        """Raises NotThere where there is no such kind in this format."""
        kind = KINDS.get(self.report)
        if kind is None or self.form not in kind.formats:
            raise NotThere
        return kind

    @property
    def day(self) -> date:
        return timezone.localdate(self.moment)

    def asked(self, actor: Actor, site: str, address: str) -> Asked:
        """All that the report is made from, or why it cannot be had."""
        mark = same_reach(actor, self.query.get("reach", ""))
        unit = self._unit()
        was_there(unit, self.day)
        return Asked(
            actor=actor,
            moment=self.moment,
            as_of=self.query.get("as_of", ""),
            unit=unit,
            language=self.query.get("language", ""),
            site=site,
            address=site + address,
            mark=mark,
            given=self._given(),
        )

    def name(self, asked: Asked) -> str:
        """What the file is called."""
        unit = asked.unit.code if asked.unit else "all"
        return f"{self.report}-{unit}-{self.day.isoformat()}-{asked.language}.{self.form}"

    def make(self, asked: Asked) -> bytes:
        """The report in its format and language."""
        with translation.override(asked.language):
            return FORMATS[self.form].render(self.kind.make(asked))

    def _unit(self) -> Any:
        """The unit as it was then, with the numbers below it."""
        code = self.query.get("unit", "").split(" ")[0]
        if not code or not self.kind.of_unit:
            something_recorded()
            return None
        rows = Unit.objects.seen().filter(code=code).annotate(below=NumbersBelow("number"))
        unit = rows.first() if "\0" not in code else None
        if unit is None:
            something_recorded()
            words = _("There was no such unit on that day, or you may not see it.")
            raise Refused(words, code="not_there", field="unit")
        return unit

    def _given(self) -> dict[str, Any]:
        """What a kind of report asks besides."""
        found: dict[str, Any] = {name: self.query.get(name, "") for name in ("risk", "case", "title")}
        found["risks"] = self.query.getlist("risk")
        if since := self.query.get("since", ""):
            found["since"] = self._since(since)
        return found

    def _since(self, text: str) -> date:
        since = day_of(text)
        if since is None or since >= self.day:
            words = _("Write a day before the one that the report is of, such as %s.") % "2026-01-31"
            raise Refused(words, code="invalid", field="since")
        return since
