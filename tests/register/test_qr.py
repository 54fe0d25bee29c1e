"""A code for cameras is drawn as squares, with the three marks that a camera finds it by."""

from __future__ import annotations

from kivijalka.register import qr

MARK, MARGIN = 7, 3


def test_a_drawing_has_a_margin_and_a_mark_in_three_corners() -> None:
    found = qr.drawn("https://kivijalka.example/join/?code=K7MX-4P2Q")
    far = found.size - MARGIN - MARK
    for x, y in ((MARGIN, MARGIN), (far, MARGIN), (MARGIN, far)):
        assert all(f"M{x + step} {y}h1v1h-1z" in found.path for step in range(MARK))
    assert f"M{MARGIN - 1} " not in found.path


def test_another_text_is_another_drawing() -> None:
    assert qr.drawn("a") != qr.drawn("b")
