"""What a document is made of. It says what is said, not how it looks: each format has a renderer of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from kivijalka.register.doors.values import in_words

# Rows of a table that stand on pages, some sixty of them: with more a document takes minutes and gigabytes to set.
MOST_ON_PAPER = 1_500


@dataclass(frozen=True)
class Said:
    """Words, what they lead to, and the class of a risk that colours them; `value` is what a workbook reckons with, and
    `unit` ("€" or "%", a hundredth being 0.01) what it shows beside."""

    words: str
    href: str = ""
    level: str = ""
    is_strong: bool = False
    value: Any = None
    unit: str = ""

    def leading(self, href: str) -> Said:
        """The same words, leading somewhere."""
        return replace(self, href=href)


NOTHING = Said("–")
Words = Said | str | Sequence[Said]


def said(value: Any, href: str = "") -> Said:
    """A value in words, and as it is; nothing is a dash."""
    if value in (None, ""):
        return NOTHING
    number = value if isinstance(value, int | float | date) and not isinstance(value, bool) else None
    return Said(grouped(value) if isinstance(value, int) else in_words(value), href, value=number)


def grouped(number: int) -> str:
    """A whole number with its thousands apart."""
    from django.utils import formats

    return formats.number_format(number, force_grouping=True)


def parts_of(words: Words) -> tuple[Said, ...]:
    """Words as the parts that they are said in."""
    if isinstance(words, str):
        return (Said(words),)
    return (words,) if isinstance(words, Said) else tuple(words)


def text_of(words: Words) -> str:
    """The words alone."""
    return "".join(part.words for part in parts_of(words))


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a note stands apart from what is told around it."""

    words: Words
    is_note: bool = False


@dataclass(frozen=True)
class Bullets:
    """Things side by side."""

    items: Sequence[Words]


@dataclass(frozen=True)
class Facts:
    """What is known of one thing: names, and what they are. `is_small`: of the document itself, below all else;
    `side_by_side`: in two columns."""

    rows: Sequence[tuple[str, Words]]
    is_small: bool = False
    side_by_side: bool = False


@dataclass(frozen=True)
class Figure:
    """One number that a document puts in front, and what it counts."""

    number: Said
    words: str


@dataclass(frozen=True)
class Figures:
    """A few numbers side by side."""

    figures: Sequence[Figure]


@dataclass(frozen=True)
class Head:
    """The heading of a column. `width` is its share of what is left by those that take what they need (0). Names of people
    are never broken."""

    words: str
    is_number: bool = False
    is_name: bool = False
    width: int = 0


@dataclass(frozen=True)
class Table:
    """Rows under headings. In a matrix the cells are coloured, and each row has a heading of its own."""

    caption: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Said]]
    is_matrix: bool = False

    @property
    def on_paper(self) -> Table:
        """The same where there are pages: as far as anybody turns them, and where the rest is."""
        if len(self.rows) <= MOST_ON_PAPER:
            return self
        words = _("%(caption)s: the first %(shown)s of %(count)s. The workbook of this report has them all.")
        counts = {"shown": grouped(MOST_ON_PAPER), "count": grouped(len(self.rows))}
        return replace(self, caption=words % {"caption": self.caption, **counts}, rows=self.rows[:MOST_ON_PAPER])


@dataclass(frozen=True)
class Chart:
    """A picture of figures (SVG), what it shows in words, and the table that it is made of. `width_mm`: on paper."""

    caption: str
    picture: str
    alt: str
    table: Table
    width_mm: int = 120


@dataclass(frozen=True)
class PageBreak:
    """What follows begins on a page of its own, where there are pages."""


@dataclass(frozen=True)
class Section:
    """A heading, and what stands under it."""

    title: str
    blocks: Sequence[Block]


Block = Paragraph | Bullets | Facts | Figures | Table | Chart | PageBreak | Section


@dataclass(frozen=True)
class Document:
    """A whole one. `moment` is when it stands for, never when it was made; `footer` stands on each page."""

    title: str
    subtitle: str
    author: str
    language: str
    moment: datetime
    footer: str
    blocks: Sequence[Block]

    def flat(self) -> Iterator[tuple[int, str | Block]]:
        """Its blocks in their order, each section as its heading and what is under it; with the depth of each."""
        yield from _flat(self.blocks, 1)


def _flat(blocks: Sequence[Block], depth: int) -> Iterator[tuple[int, str | Block]]:
    for block in blocks:
        if isinstance(block, Section):
            yield depth, block.title
            yield from _flat(block.blocks, depth + 1)
        else:
            yield depth, block
