"""The matrix through documents."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

from kivijalka.organisation.grants import granted
from kivijalka.reports.documents.kinds import KINDS
from tests.doors.scene import ALLOWED, HIDDEN, REFUSED, Cell, Scene, tells_of

OF_UNITS = [key for key, kind in KINDS.items() if kind.of_unit]


def reported(scenes: list[Scene]) -> Iterator[Cell]:
    """Reports of all within reach, for one person and rows of every register: they choose what they tell, and tell nothing
    that is hidden. A report of one risk is there for whoever sees the risk."""
    client = scenes[0].client
    for key in OF_UNITS:
        right = KINDS[key].right
        # What asks a right asks it at the unit; the others are of all within reach.
        of = {"unit": scenes[0].town.home.code} if right else {}
        answer = client.get(f"/reports/{key}.xlsx", of, follow=True)
        made = {200: ALLOWED, 403: REFUSED}.get(answer.status_code, f"broken, {answer.status_code}")
        yield Cell(f"{key}, made", "", ALLOWED if not right or granted(scenes[0].kind, right) else REFUSED, made)
        if made != ALLOWED:
            continue
        with ZipFile(BytesIO(answer.content)) as parts:
            content = " ".join(parts.read(name).decode() for name in parts.namelist())
        for scene in scenes:
            for row in scene.rows:
                shown = tells_of(row.record, content)
                may = ALLOWED if shown and scene.sees(row) else HIDDEN
                yield Cell(f"{key}, {scene.register.key}", row.place, may, ALLOWED if shown else HIDDEN)
    for scene in (scene for scene in scenes if scene.register.key == "risk"):
        for row in scene.rows:
            answer = client.get("/reports/risk.xlsx", {"risk": row.record.code}, follow=True)
            there = {200: ALLOWED, 404: HIDDEN}.get(answer.status_code, f"broken, {answer.status_code}")
            yield Cell("one risk", row.place, ALLOWED if scene.sees(row) else HIDDEN, there)
