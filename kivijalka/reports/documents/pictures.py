"""A page's picture of figures as one that stands by itself: in a document there is no style sheet beside it."""

from __future__ import annotations

import typst

from kivijalka.reports.documents.typeface import FOLDER, printable

# As `chart.css` has it on a page of the light scheme.
STYLE = """<style>
line { stroke: #c4c4c4; }
text { font-family: "Source Sans 3"; font-size: 15px; fill: #4d4d4d; }
polyline, path { fill: none; stroke: #0000bf; stroke-width: 2.5; }
.kj-chart__letter { font-weight: 700; fill: #1a1a1a; }
.kj-chart__dotted { stroke: #4d4d4d; }
.kj-chart__limit { stroke: #b01038; stroke-width: 3; }
circle { fill: #b01038; }
.kj-chart__band { fill: #0000bf; opacity: 0.18; }
</style>"""
POINTS_PER_INCH = 220
ALONE = """#let it = sys.inputs.picture
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(it), format: "svg", width: 120mm, alt: "")
"""


def by_itself(picture: str) -> str:
    """The same SVG with its namespace and its style in it."""
    opening, _mark, rest = picture.partition(">")
    named = opening if "xmlns=" in opening else f'{opening} xmlns="http://www.w3.org/2000/svg"'
    return printable(f"{named}>{STYLE}{rest}")


def as_png(picture: str) -> bytes:
    """The picture as dots, for formats that take no drawing."""
    from kivijalka.reports.documents.pdf import fonts

    compiler = typst.Compiler(
        ALONE.encode(),
        root=str(FOLDER),
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"picture": by_itself(picture)},
    )
    made = compiler.compile(format="png", ppi=POINTS_PER_INCH)
    assert isinstance(made, bytes)
    return made
