"""A code that a phone's camera reads, as a drawing."""

from __future__ import annotations

from dataclasses import dataclass

from qrcode.main import QRCode


@dataclass(frozen=True)
class Drawing:
    """Black squares as the path of an SVG, and how many squares wide and high the whole is, its white margin included."""

    path: str
    size: int


def drawn(text: str) -> Drawing:
    """The code of a text, such as an address."""
    code = QRCode(border=3)
    code.add_data(text)
    squares = code.get_matrix()
    black = [(x, y) for y, row in enumerate(squares) for x, is_black in enumerate(row) if is_black]
    return Drawing("".join(f"M{x} {y}h1v1h-1z" for x, y in black), len(squares))
