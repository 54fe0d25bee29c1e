"""The typeface of documents, and which signs it has: what it lacks is shown as one that it has, or no page is made."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from kivijalka.register.plain import plain

FOLDER = Path(__file__).with_name("fonts")
REGULAR = FOLDER / "SourceSans3-Regular.ttf"
LACKING = "\N{WHITE SQUARE}"


def printable(text: str) -> str:
    """The text as the typeface can show it: a sign that it lacks stands as one mark, not as nothing."""
    known = signs() | {"\n"}
    shown = plain(text).replace("\0", "").replace("\t", " ")
    return "".join(sign if sign in known else LACKING for sign in shown)


@cache
def signs() -> frozenset[str]:
    """Every sign of the typeface, read from its table `cmap` (OpenType, formats 4 and 12)."""
    font = REGULAR.read_bytes()
    count = struct.unpack_from(">H", font, 4)[0]
    tables = dict(_table(font, 12 + 16 * place) for place in range(count))
    start = tables["cmap"]
    parts = struct.unpack_from(">H", font, start + 2)[0]
    offsets = {start + struct.unpack_from(">HHI", font, start + 4 + 8 * place)[2] for place in range(parts)}
    return frozenset(chr(code) for offset in offsets for code in _codes(font, offset))


def _table(font: bytes, at: int) -> tuple[str, int]:
    name, _sum, offset, _length = struct.unpack_from(">4sIII", font, at)
    return name.decode("ascii"), offset


def _codes(font: bytes, at: int) -> Iterator[int]:
    form = struct.unpack_from(">H", font, at)[0]
    if form == 12:
        groups = struct.unpack_from(">I", font, at + 12)[0]
        for place in range(groups):
            first, last, _glyph = struct.unpack_from(">III", font, at + 16 + 12 * place)
            yield from range(first, last + 1)
    elif form == 4:
        half = struct.unpack_from(">H", font, at + 6)[0] // 2
        ends = struct.unpack_from(f">{half}H", font, at + 14)
        starts = struct.unpack_from(f">{half}H", font, at + 16 + 2 * half)
        for first, last in zip(starts, ends, strict=True):
            yield from range(first, min(last, 0xFFFE) + 1)
