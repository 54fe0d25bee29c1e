"""What another policy would make of risks judged under an earlier one. Numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from kivijalka.policy.scales import Scales, step_at


class Translation:
    """Reads levels of one version as levels of another: by the frequency and the euros that they stand for.

    A level whose geometric mean lies in another level's range now moves there, so that a change of the scales counts
    as well as one of the matrix.
    """

    def __init__(self, old: Scales, new: Scales) -> None:
        self.old, self.new = old, new
        self.level = cache(self._level)

    def likelihood(self, level: int) -> int:
        return step_at(self.new.likelihood, self.old.likelihood[level - 1].middle)

    def impact(self, dimension: str, level: int) -> int:
        return step_at(self.new.dimension(dimension).levels, self.old.dimension(dimension).levels[level - 1].middle)

    def level_of(self, likelihood: int, impacts: Mapping[str, int | None]) -> str:
        """The class that the new version would give what was judged under the old one."""
        return self.level(likelihood, tuple(impacts.items()))

    def _level(self, likelihood: int, impacts: tuple[tuple[str, int | None], ...]) -> str:
        moved = {name: self.impact(name, level) for name, level in impacts if level}
        return self.new.level_of(self.likelihood(likelihood), moved)
