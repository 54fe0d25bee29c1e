"""Text as people see it: without characters that show nothing, or that turn the text around."""

from __future__ import annotations

import re
import unicodedata

MOST_OF_NAME = 200


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
