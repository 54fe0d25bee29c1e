"""A document for a word processor: real headings, its language set, tables with headings that repeat, pictures in words.

Made twice of the same document it is the same to the byte: nothing in it tells when or where it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from kivijalka.register.plain import plain
from kivijalka.reports.documents.model import (
    Block,
    Bullets,
    Chart,
    Document,
    Facts,
    Figures,
    Head,
    PageBreak,
    Paragraph,
    Said,
    Table,
    Words,
    parts_of,
)
from kivijalka.reports.documents.pictures import as_png

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LANGUAGES = {"fi": "fi-FI", "sv": "sv-FI", "en": "en-GB"}
# Paper and ink of each class, as the pages and `look.typ` have them.
LEVELS = {
    "1": ("E3EEF7", "12324A"),
    "2": ("FFF0B8", "3D3000"),
    "3": ("FFC48A", "3F1D00"),
    "4": ("B01038", "FFFFFF"),
    "+1": ("E4F3EE", "0D3B2F"),
    "+2": ("B9E2D4", "0D3B2F"),
    "+3": ("00705A", "FFFFFF"),
    "+4": ("004738", "FFFFFF"),
}
ACCENT = "0000BF"
# The first day that a ZIP archive can tell.
NO_TIME = (1980, 1, 1, 0, 0, 0)
# What a table may take of the width of a page, in twentieths of a point; a column that takes what it needs, so much.
WIDE, NEEDED = 9640, 1100


def as_docx(document: Document) -> bytes:
    """The document as DOCX."""
    made: Any = docx.Document()
    _dress(made)
    _say_language(made, LANGUAGES[document.language])
    _describe(made, document)
    made.add_heading(_clean(document.title), level=0)
    if document.subtitle:
        made.add_paragraph(_clean(document.subtitle))
    for depth, block in document.flat():
        if isinstance(block, str):
            made.add_heading(_clean(block), level=depth)
        else:
            _put(made, block)
    _footer(made, document.footer)
    return _packed(made)


def _put(made: Any, block: Block) -> None:
    match block:
        case Paragraph(words):
            _fill(made, made.add_paragraph(), words)
        case Bullets(items):
            for item in items:
                _fill(made, made.add_paragraph(style="List Bullet"), item)
        case Facts(rows):
            for name, words in rows:
                _fill(made, made.add_paragraph(), [Said(f"{name}: ", is_strong=True), *parts_of(words)])
        case Figures(figures):
            for one in figures:
                _fill(made, made.add_paragraph(), [Said(f"{one.words}: "), one.number])
        case Table():
            _table(made, block)
        case Chart():
            _chart(made, block)
        case PageBreak():
            made.add_page_break()
        case _:
            pass


def _fill(made: Any, paragraph: Any, words: Words) -> None:
    for part in parts_of(words):
        paragraph._p.append(_part(made, part))


def _part(made: Any, one: Said, *, is_strong: bool = False) -> Any:
    """A run of text, in its link where it leads somewhere."""
    run = OxmlElement("w:r")
    properties = OxmlElement("w:rPr")
    colours = LEVELS.get(one.level.partition("_")[0])
    if one.is_strong or is_strong:
        properties.append(OxmlElement("w:b"))
    colour = colours[1] if colours else ACCENT if one.href else ""
    if colour:
        properties.append(_element("w:color", val=colour))
    if colours:
        properties.append(_element("w:shd", val="clear", color="auto", fill=colours[0]))
    run.append(properties)
    for place, line in enumerate(_clean(one.words).split("\n")):
        if place:
            run.append(OxmlElement("w:br"))
        text = OxmlElement("w:t")
        text.text = line
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.append(text)
    if not one.href:
        return run
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), made.part.relate_to(one.href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    link.append(run)
    return link


def _table(made: Any, whole: Table) -> None:
    """Written as elements: the library's own rows take seconds for a few thousand. The caption stands above, and with the
    table for those who hear it; the row of headings repeats on each page."""
    table = whole.on_paper
    caption = made.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    _fill(made, caption, table.caption)
    element = OxmlElement("w:tbl")
    properties = OxmlElement("w:tblPr")
    properties.append(_element("w:tblStyle", val="TableGrid"))
    properties.append(_element("w:tblW", w=str(WIDE), type="dxa"))
    properties.append(_element("w:tblLayout", type="fixed"))
    properties.append(_element("w:tblLook", val="0020", firstRow="1"))
    properties.append(_element("w:tblCaption", val=_clean(table.caption)))
    element.append(properties)
    widths = _widths(table.heads)
    grid = OxmlElement("w:tblGrid")
    for width in widths:
        grid.append(_element("w:gridCol", w=str(width)))
    element.append(grid)
    if any(head.words for head in table.heads):
        element.append(_row(made, table, [Said(head.words) for head in table.heads], widths, is_heading=True))
    for row in table.rows:
        element.append(_row(made, table, row, widths))
    made.element.body.insert(len(made.element.body) - 1, element)
    made.add_paragraph()


def _row(made: Any, table: Table, cells: Sequence[Said], widths: list[int], *, is_heading: bool = False) -> Any:
    row = OxmlElement("w:tr")
    properties = OxmlElement("w:trPr")
    properties.append(OxmlElement("w:cantSplit"))
    if is_heading:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)
    for one, head, width in zip(cells, table.heads, widths, strict=True):
        row.append(_cell(made, one, head, width, is_strong=is_heading))
    return row


def _cell(made: Any, one: Said, head: Head, width: int, *, is_strong: bool) -> Any:
    cell = OxmlElement("w:tc")
    properties = OxmlElement("w:tcPr")
    properties.append(_element("w:tcW", w=str(width), type="dxa"))
    paper = LEVELS.get(one.level.partition("_")[0])
    if paper:
        properties.append(_element("w:shd", val="clear", color="auto", fill=paper[0]))
    cell.append(properties)
    paragraph = OxmlElement("w:p")
    layout = OxmlElement("w:pPr")
    layout.append(_element("w:spacing", before="20", after="20"))
    if head.is_number:
        layout.append(_element("w:jc", val="right"))
    paragraph.append(layout)
    paragraph.append(_part(made, one, is_strong=is_strong))
    if paper and one.value is not None:
        # A number that is coloured by a class says which.
        paragraph.append(_part(made, Said(f" ({one.level.partition('_')[0]})")))
    cell.append(paragraph)
    return cell


def _widths(heads: Sequence[Head]) -> list[int]:
    shares = sum(head.width for head in heads)
    taken = NEEDED * sum(1 for head in heads if not head.width)
    if not shares:
        return [WIDE // len(heads)] * len(heads)
    return [max(NEEDED // 2, (WIDE - taken) * head.width // shares) if head.width else NEEDED for head in heads]


def _chart(made: Any, chart: Chart) -> None:
    caption = made.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    _fill(made, caption, chart.caption)
    made.add_picture(BytesIO(as_png(chart.picture)), width=Mm(chart.width_mm))
    described = made.inline_shapes[-1]._inline.docPr
    described.set("descr", _clean(chart.alt))
    described.set("title", _clean(chart.caption))
    _table(made, chart.table)


def _dress(made: Any) -> None:
    """A4, and the library's own styles without their colours."""
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(20)
    sizes = {"Normal": 10, "Title": 20, "Heading 1": 14, "Heading 2": 11.5, "Heading 3": 10, "Caption": 9}
    for name, size in sizes.items():
        style = made.styles[name]
        style.font.size, style.font.color.rgb = Pt(size), RGBColor(0x1A, 0x1A, 0x1A)
        style.font.name = "Calibri"
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{kind}"), None)


def _footer(made: Any, words: str) -> None:
    paragraph = made.sections[0].footer.paragraphs[0]
    paragraph.add_run(_clean(words)).font.size = Pt(8)


def _say_language(made: Any, language: str) -> None:
    properties = made.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    told = properties.find(qn("w:lang"))
    for kind in ("w:val", "w:eastAsia"):
        told.set(qn(kind), language)
    made.core_properties.language = language


def _describe(made: Any, document: Document) -> None:
    """What it is, and of when; not who made it."""
    properties = made.core_properties
    properties.title, properties.author = _clean(document.title)[:255], _clean(document.author)[:255]
    properties.comments = ""
    properties.created = properties.modified = document.moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties.revision, properties.last_modified_by = 1, ""


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _clean(text: str) -> str:
    """What XML can hold."""
    return plain(text).replace("\0", "")


def _packed(made: Any) -> bytes:
    """The archive anew, each part without the time at which it was written."""
    written, packed = BytesIO(), BytesIO()
    made.save(written)
    with ZipFile(written) as parts, ZipFile(packed, "w") as archive:
        for part in parts.infolist():
            archive.writestr(ZipInfo(part.filename, NO_TIME), parts.read(part), ZIP_DEFLATED)
    return packed.getvalue()
