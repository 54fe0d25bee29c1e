"""Links that a register's records may have, each with an example of the record at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kivijalka.register.graph import link_rules
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.doors import examples
from tests.doors.expected import lets
from tests.doors.scene import ALLOWED, REFUSED, Row, Scene, facts_of
from tests.full import FULL


@dataclass(frozen=True)
class Tie:
    """A kind of link from a register's record (`forward`), or to it, and a record in reach at its far end."""

    kind: str
    near: str
    other: str
    forward: bool
    far: Any

    @property
    def words(self) -> str:
        return f"{self.kind} {'to' if self.forward else 'from'} {self.other}"

    def values(self, record: Any) -> dict[str, Any]:
        """The columns of a link between the two."""
        ends = [(record.pk, self.near), (self.far.pk, self.other)]
        (a, a_register), (b, b_register) = ends if self.forward else reversed(ends)
        return {"kind": self.kind, "a_id": a, "a_register": a_register, "b_id": b, "b_register": b_register}

    def far_seen(self, scene: Scene) -> bool:
        return lets(REGISTERS[self.other].access.see, scene.holder, facts_of(self.far))

    def may_make(self, scene: Scene, row: Row) -> str:
        """Whoever may change the first end and sees the second makes the link."""
        if not (scene.sees(row) and self.far_seen(scene)):
            return REFUSED
        first, register = (row.facts, scene.register) if self.forward else (facts_of(self.far), REGISTERS[self.other])
        return ALLOWED if lets(register.access.write, scene.holder, first) else REFUSED


def ties_of(scene: Scene, *, every: bool = FULL) -> Iterator[Tie]:
    """A link from the record and one to it, or every declared kind of link.

    Doors that only carry know nothing of kinds: that the database makes no difference between them, raw SQL tries on all.
    """
    key, tried = scene.register.key, set()
    for kind, a, b in link_rules():
        for near, other, forward in ((a, b, True), (b, a, False)):
            if near == key and (every or forward not in tried):
                tried.add(forward)
                person = make.person(unit=scene.town.beside)
                far = examples.row_of(REGISTERS[other].model, unit=scene.town.below, person=person)
                yield Tie(kind.kind, key, other, forward, far)
