"""How the answers to a question are shown: on the policy's matrix, as a table, and in a sentence. Never whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.scales import LEVELS, Scales
from kivijalka.risks.models import Assessment, level_badge, level_in_words
from kivijalka.risks.queries import Cell
from kivijalka.workshops import queries
from kivijalka.workshops.models import Question
from kivijalka.workshops.queries import Spread


@dataclass(frozen=True)
class Row:
    """A row of the matrix: a likelihood, and its cells from the least impact on."""

    name: str
    cells: list[Cell]


@dataclass(frozen=True)
class Line:
    """A line of the table: how many chose this likelihood and this impact, and the class that it comes to."""

    likelihood: str
    impact: str
    badge: str
    level: str
    answers: int


@dataclass(frozen=True)
class Shown:
    """One question with its answers, and what was agreed as far as the reader may see it."""

    question: Question
    sentence: str
    rows: list[Row]
    lines: list[Line]
    # What the middle of the answers proposes.
    likelihood: int | None

    @property
    def agreed(self) -> Assessment | None:
        """None also where the reader does not see the risk."""
        return self.question.assessment

    @property
    def level(self) -> str:
        return level_in_words(self.question.sign, self.agreed.level) if self.agreed else ""

    @property
    def badge(self) -> str:
        return level_badge(self.question.sign, self.agreed.level) if self.agreed else ""


@dataclass(frozen=True)
class Words:
    """Names of the levels in the reader's language."""

    scales: Scales
    language: str

    @classmethod
    def of(cls, policy: PolicyVersion) -> Words:
        return cls(policy.scales, get_language() or "fi")

    def likelihood(self, level: int) -> str:
        return self.scales.likelihood_in_words(level, self.language)

    def impact(self, level: int) -> str:
        return self.scales.impact_in_words(level, self.language)

    @property
    def impacts(self) -> list[str]:
        return [self.impact(level) for level in LEVELS]


def shown(spreads: Iterable[Spread], policy: PolicyVersion) -> list[Shown]:
    """Each question with its answers, those on which people differ most first."""
    words = Words.of(policy)
    return [_shown(spread, words) for spread in queries.most_disputed_first(spreads, policy)]


def _shown(spread: Spread, words: Words) -> Shown:
    told = _sentence(spread, words), _rows(spread, words), _lines(spread, words)
    return Shown(spread.question, *told, spread.likelihood)


def _rows(spread: Spread, words: Words) -> list[Row]:
    def cell(likelihood: int, impact: int) -> Cell:
        return Cell(likelihood, impact, spread.cells[likelihood, impact], _badge(spread, words, likelihood, impact))

    return [Row(words.likelihood(row), [cell(row, column) for column in LEVELS]) for row in reversed(LEVELS)]


def _lines(spread: Spread, words: Words) -> list[Line]:
    sign = spread.question.sign
    return [
        Line(
            words.likelihood(likelihood),
            words.impact(impact),
            _badge(spread, words, likelihood, impact),
            level_in_words(sign, words.scales.level(likelihood, impact)),
            times,
        )
        for (likelihood, impact), times in sorted(spread.cells.items(), reverse=True)
    ]


def _badge(spread: Spread, words: Words, likelihood: int, impact: int) -> str:
    return level_badge(spread.question.sign, words.scales.level(likelihood, impact))


def _sentence(spread: Spread, words: Words) -> str:
    """What one sees, in words."""
    likelihood, impact = spread.likelihood, spread.impact
    if likelihood is None or impact is None:
        return _("Nobody answered.")
    answered = ngettext("%d answered.", "%d answered.", spread.answers) % spread.answers
    middle = {"likelihood": words.likelihood(likelihood), "impact": words.impact(impact)}
    if len(spread.cells) == 1:
        return f"{answered} " + _("All the same: likelihood %(likelihood)s, impact %(impact)s.") % middle
    told = _("In the middle: likelihood %(likelihood)s, impact %(impact)s.") % middle
    classes = sorted(words.scales.level(*place) for place in spread.cells)
    if classes[0] == classes[-1]:
        level = level_in_words(spread.question.sign, classes[0])
        return f"{answered} " + _("All answers come to the same class: %s.") % level + f" {told}"
    ends = {
        "low": level_in_words(spread.question.sign, classes[0]),
        "high": level_in_words(spread.question.sign, classes[-1]),
    }
    return f"{answered} " + _("The answers go from %(low)s to %(high)s.") % ends + f" {told}"
