"""The risk policies of the example city: the former one, the one in force, and a stricter draft to compare it with."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from kivijalka.example.shape import City
from kivijalka.example.stream import Stream
from kivijalka.example.units import history_start
from kivijalka.policy.models import example_content
from kivijalka.register.models import SPAN

HELSINKI = ZoneInfo("Europe/Helsinki")
NAMES = {
    "fi": "Sisäisen valvonnan ja riskienhallinnan perusteet",
    "sv": "Grunder för intern kontroll och riskhantering",
    "en": "Internal control and risk management policy",
}
# Cells of the draft that are of a higher class than in the policy in force.
STRICTER = {("2", 2): "high", ("3", 2): "high", ("3", 1): "moderate", ("4", 1): "high"}
UNDECIDED = {
    "confidentiality": 1, "state": "draft", "body": "", "decided_on": None, "section": "", "case_number": "",
    "valid_from": None, "valid_to": None,
}  # fmt: skip


@dataclass(frozen=True)
class PolicyRow:
    """A version of the policy as it stood from `at` on, in the table's columns."""

    id: UUID
    at: datetime
    command: str
    by: UUID | None
    values: dict[str, Any]


class Policies:
    """Two policies of the city's three years, the later one from the beginning of its present year, and a draft."""

    def __init__(self, city: City) -> None:
        stream = Stream(city.seed, "policies")
        self.first, self.second = date(history_start(city.today).year - 1, 1, 1), date(city.today.year, 1, 1)
        days = [_decided(self.first), _decided(self.second), city.today]
        self.drafted = [_morning(day - timedelta(days=80)) for day in days]
        self.ids = [stream.uuid7(moment) for moment in self.drafted]
        self.unit = next((unit.number for unit in city.units if unit.kind == "central"), city.units[0].number)
        heads = (role.person for role in city.roles if role.kind == "chief_executive" and role.end is None)
        self.by = next(heads, None)

    def in_force(self, moment: datetime) -> UUID:
        """The policy that an assessment of this moment belongs to: by the city's day."""
        return self.ids[1 if moment.astimezone(HELSINKI).date() >= self.second else 0]

    def rows(self) -> list[PolicyRow]:
        """Each version drafted, put in force, and ended when the next one was decided."""
        last_day = {"valid_to": self.second - timedelta(days=1)}
        of_first, of_second = self._decision(0, self.first), self._decision(1, self.second)
        contents = (former_content(), example_content(), stricter_content())
        years = (self.first.year, self.second.year, self.second.year + 1)
        made = [self._row(n, self.drafted[n], "draft", UNDECIDED, contents[n], years[n]) for n in range(3)]
        for number, at, values in (
            (0, _morning(_decided(self.first)), of_first),
            (0, _morning(_decided(self.second)), {**of_first, **last_day}),
            (1, _morning(_decided(self.second)), of_second),
        ):
            made.append(self._row(number, at, "put_in_force", values, contents[number], years[number]))
        over = {**of_first, **last_day, "state": "superseded"}
        made.append(self._row(0, _morning(self.second), "supersede", over, contents[0], years[0]))
        return made

    def _decision(self, number: int, begins: date) -> dict[str, Any]:
        return {
            "confidentiality": 0,
            "state": "in_force",
            "body": "kaupunginvaltuusto",
            "decided_on": _decided(begins),
            "section": f"{311 + 7 * number} §",
            "case_number": f"ESIMERKKI {begins.year - 1}-{number + 1:06}",
            "valid_from": begins,
            "valid_to": None,
        }

    def _row(
        self, number: int, at: datetime, command: str, state: dict[str, Any], content: dict[str, Any], year: int
    ) -> PolicyRow:
        values = {
            "unit_id": self.unit,
            "key": state["confidentiality"] * SPAN + self.unit,
            "code": f"PV-{number + 1:06}",
            **{f"name_{language}": f"{name} {year}" for language, name in NAMES.items()},
            **{name: state[name] for name in UNDECIDED},
            "content": json.dumps(content, ensure_ascii=False),
        }
        return PolicyRow(self.ids[number], at, command, self.by, values)


def former_content() -> dict[str, Any]:
    """The former scale of likelihood: "possible" ended at once in five years; partners were called others. The matrix was
    the same."""
    content = deepcopy(example_content())
    content["likelihood"][2]["high"] = content["likelihood"][3]["low"] = 0.2
    for level, texts in (
        (2, ("About once in 5 to 20 years.", "Noin kerran 5–20 vuodessa.", "Ungefär en gång på 5–20 år.")),
        (3, ("Once in 1 to 5 years.", "Kerran 1–5 vuodessa.", "En gång på 1–5 år.")),
    ):
        content["likelihood"][level]["text"] = dict(zip(("en", "fi", "sv"), texts, strict=True))
    partners = next(one for one in content["controllability"] if one["key"] == "partners")
    partners["name"] = {
        "en": "only together with others", "fi": "vain yhdessä muiden kanssa", "sv": "bara tillsammans med andra",
    }  # fmt: skip
    return content


def stricter_content() -> dict[str, Any]:
    """A draft that treats the middle of the matrix more strictly."""
    content = deepcopy(example_content())
    for (row, column), key in STRICTER.items():
        content["matrix"][row][column] = key
    return content


def _decided(begins: date) -> date:
    """The council decides in November on what begins with the year."""
    return date(begins.year - 1, 11, 18)


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
