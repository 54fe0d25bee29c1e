"""A document as PDF for everybody (PDF/UA-1): tagged, with headings, bookmarks and a language; typeset by `look.typ`.

Made twice of the same document it is the same to the byte: the date in it is the one that it stands for.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import typst

from kivijalka.reports.documents.model import (
    Block,
    Bullets,
    Chart,
    Document,
    Facts,
    Figures,
    PageBreak,
    Paragraph,
    Said,
    Table,
    Words,
    parts_of,
)
from kivijalka.reports.documents.pictures import by_itself
from kivijalka.reports.documents.typeface import FOLDER, printable

PDF = "application/pdf"
LOOK = FOLDER.with_name("look.typ")
REGION = {"fi": "FI", "sv": "FI", "en": "GB"}


def as_pdf(document: Document) -> bytes:
    """The document as PDF/UA-1. Raises what typst says of one that could not be such."""
    compiler = typst.Compiler(
        LOOK.read_bytes(),
        root=str(FOLDER),
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(_data(document))},
    )
    made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)
    assert isinstance(made, bytes)
    return made


@cache
def fonts() -> Any:
    """The typeface of documents and what typst brings along; never what happens to be on the machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FOLDER)])


def _data(document: Document) -> dict[str, Any]:
    day = document.moment
    blocks = [
        {"kind": "heading", "level": depth, "words": printable(one)} if isinstance(one, str) else _block(one)
        for depth, one in document.flat()
    ]
    return {
        "title": printable(document.title),
        "subtitle": printable(document.subtitle),
        "author": printable(document.author),
        "footer": printable(document.footer),
        "language": document.language,
        "region": REGION[document.language],
        "day": {"year": day.year, "month": day.month, "day": day.day},
        "blocks": [block for block in blocks if block],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(words, is_note):
            return {"kind": "note" if is_note else "text", "parts": _parts(words)}
        case Bullets(items):
            return {"kind": "list", "items": [_parts(item) for item in items]}
        case Facts(rows, is_small, side):
            shown = [[printable(name), _parts(words)] for name, words in rows]
            return {"kind": "facts", "small": is_small, "side": side and len(rows) > 1, "rows": shown}
        case Figures(figures):
            numbers = [{"number": _said(one.number), "words": printable(one.words)} for one in figures]
            return {"kind": "figures", "figures": numbers}
        case Table():
            return _table(block)
        case Chart():
            return {"kind": "together", "blocks": [_chart(block), _table(block.table)]}
        case PageBreak():
            return {"kind": "page"}
        case _:
            return {}


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "kind": "chart",
        "caption": printable(chart.caption),
        "picture": by_itself(chart.picture),
        "alt": printable(chart.alt),
        "width": chart.width_mm,
    }


def _table(whole: Table) -> dict[str, Any]:
    table = whole.on_paper
    heads = [
        {"words": printable(one.words), "number": one.is_number, "name": one.is_name, "width": one.width}
        for one in table.heads
    ]
    rows = [[_said(one) for one in row] for row in table.rows]
    caption = printable(table.caption)
    return {"kind": "table", "caption": caption, "matrix": table.is_matrix, "heads": heads, "rows": rows}


def _parts(words: Words) -> list[dict[str, Any]]:
    return [_said(part) for part in parts_of(words)]


def _said(one: Said) -> dict[str, Any]:
    level = one.level.partition("_")[0]
    return {"words": printable(one.words), "href": one.href, "level": level, "strong": one.is_strong}
