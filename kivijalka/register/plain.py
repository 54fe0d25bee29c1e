"""Text as people see it: without characters that show nothing, or that turn the text around."""

from __future__ import annotations

import re
import unicodedata

MOST_OF_NAME = 200
# Controls, signs that are none, zero-width ones, those that turn a text around or hide what follows. Not NUL, which no
# column holds: it is refused, as whoever sends it sends no text.
UNSEEN = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


def plain(text: str) -> str:
    """The text without what nobody sees, its letters composed: what comes in reads as it is, whatever door it takes."""
    return unicodedata.normalize("NFC", UNSEEN.sub("", text))


def plain_name(name: str) -> str:
    """A file's name without its folders and without characters that nobody sees or that turn the text around.

    One that is too long keeps its ending, which says what opens it.
    """
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip() or "?"
    stem, dot, ending = seen.rpartition(".")
    if len(seen) <= MOST_OF_NAME or len(ending) > 10 or not dot:
        return seen[:MOST_OF_NAME]
    return f"{stem[: MOST_OF_NAME - len(ending) - 1]}.{ending}"
