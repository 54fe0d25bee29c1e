"""What a preview tells of a plan, in the words of whoever asked: made at once for a small file, kept for a large one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from kivijalka.register.doors.files import compare, steps
from kivijalka.register.doors.files.mapping import Reading
from kivijalka.register.doors.files.plan import FATES, NEW, REFUSED, Plan, PlannedRow
from kivijalka.register.doors.files.read import Table

MOST_SHOWN = 200


@dataclass(frozen=True)
class Shown:
    """One row: its number in the sheet, what it is called, why it is refused, or what it changes."""

    number: int
    title: str
    refusals: list[str]
    changes: list[compare.Change]


@dataclass(frozen=True)
class Preview:
    """How many rows have which fate, the first of each, the numbers of those refused, and the words to be understood.

    `words` holds texts by heading; `stopped` says why an import that was asked for was not carried out.
    """

    counts: dict[str, int]
    rows: dict[str, list[Shown]]
    refused: list[int]
    words: dict[str, list[str]]
    stopped: str = ""

    @property
    def groups(self) -> list[tuple[str, int, list[Shown]]]:
        """What is refused first."""
        return [(fate, self.counts[fate], self.rows[fate]) for fate in reversed(FATES) if self.counts[fate]]

    @property
    def will_change(self) -> bool:
        return any(self.counts[fate] for fate in FATES[:2])

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Preview:
        rows = {fate: [_shown(**row) for row in shown] for fate, shown in kept["rows"].items()}
        return cls(**{**kept, "rows": rows})


def preview_of(plan: Plan, table: Table, reading: Reading, stopped: Any = "") -> Preview:
    """The preview of a plan that was rehearsed."""
    return Preview(
        plan.counts,
        {fate: [_told(plan, row) for row in plan.of(fate)[:MOST_SHOWN]] for fate in FATES},
        [row.number for row in plan.of(REFUSED)],
        steps.words_of_file(plan.register, table, reading),
        str(stopped),
    )


def _told(plan: Plan, row: PlannedRow) -> Shown:
    changes = compare.held_by_new(plan.register, row, plan.targets) if row.fate == NEW else row.changes
    said = [compare.Change(str(change.label), change.before, change.after) for change in changes]
    return Shown(row.number, row.title, list(map(str, row.refusals)), said)


def _shown(number: int, title: str, refusals: list[str], changes: list[dict[str, str]]) -> Shown:
    return Shown(number, title, refusals, [compare.Change(**change) for change in changes])
