"""What a year costs, as a report tells it: the sentences, the curve and its table of the page of the same name."""

from __future__ import annotations

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kivijalka.losses import words
from kivijalka.losses.queries import GROSS, Losses, losses_of
from kivijalka.register.chart import Lines
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import Block, Bullets, Chart, Head, Paragraph, Said, Section, Table, said

SMALL_MM = 70


def losses(asked: Asked) -> list[Block]:
    """The losses of the unit and all below it, as far as the reader sees; none where nothing is known of any.

    Five queries, and those of the units.
    """
    found = losses_of(asked.unit, asked.day, asked.tree("risk.view"))
    if found.year(GROSS).is_empty:
        return []
    return _section(
        [_sentences(found), _bases(found), _table(found), *_used_up(asked, found), *_chart(found), _page(asked)]
    )


def losses_in_short(asked: Asked) -> list[Block]:
    """The same where there is little room: the sentences, and a small curve beside its table."""
    found = losses_of(asked.unit, asked.day, asked.tree("risk.view"))
    if found.year(GROSS).is_empty:
        return []
    return _section([_sentences(found), *_chart(found, SMALL_MM)])


def _section(blocks: list[Block]) -> list[Block]:
    return [Section(_("Losses of a year"), blocks)]


def _sentences(found: Losses) -> Paragraph:
    return Paragraph(" ".join(words.sentences(found)))


def _chart(found: Losses, width_mm: int = 120) -> list[Block]:
    """The curves, and which letter is which."""
    picture = words.picture(found)
    caption = _("How likely the losses of a year are over so much")
    alt = " ".join([f"{caption}.", *words.sentences(found)])
    letters = Bullets([[Said(letter, is_strong=True), Said(f" {name}")] for letter, name in picture.names])
    chart = Chart(caption, str(picture.picture), alt, _points(picture), width_mm)
    return [letters, chart] if width_mm > SMALL_MM else [chart]


def _page(asked: Asked) -> Paragraph:
    return Paragraph(Said(_("The same on a page, with what each risk and unit adds"), asked.page("losses")))


def _points(picture: Lines) -> Table:
    """The picture as a table: a column for each of its curves."""
    heads = [Head(picture.x, is_number=True, width=2)]
    heads += [Head(f"{letter} {name}", is_number=True, width=3) for letter, name in picture.names]
    rows = [
        [
            Said(euro, value=value, unit="€"),
            *(Said(share, value=p, unit="%") for share, p in zip(shares, values, strict=True)),
        ]
        for (euro, shares), (value, values) in zip(picture.table, picture.values, strict=True)
    ]
    return Table(picture.y, heads, rows)


def _bases(found: Losses) -> Paragraph:
    """What the figures rest on."""
    told = "; ".join(f"{name}: {said(count).words}" for name, count in words.bases(found))
    return Paragraph(_("Threats by what their figures rest on: %s.") % told)


def _table(found: Losses) -> Table:
    names, rows = words.table(found)
    heads = [Head(_("How seldom"), width=2), *(Head(capfirst(name), is_number=True, width=3) for name in names)]
    lines = [[Said(capfirst(row.words)), *_euros(row)] for row in rows]
    return Table(_("Loss of a year that is passed on average once in so many years"), heads, lines)


def _used_up(asked: Asked, found: Losses) -> list[Block]:
    """What the columns after insurance leave out: that some insurances pay no more than so much in a year."""
    told = [[asked.named(one), Said(f" {one}: {text}")] for one, text in words.used_up(found)]
    return [Bullets(told)] if told else []


def _euros(row: words.Row) -> list[Said]:
    """In words to read, as whole euro to reckon with."""
    return [
        Said(cell, value=None if value is None else round(value), unit="€")
        for (cell, _name), value in zip(row.cells, row.values, strict=True)
    ]
