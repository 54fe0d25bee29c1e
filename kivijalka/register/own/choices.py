"""The choices of a field as people write them: one a line, "key: Finnish | Swedish | English", the key given by us."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import get_language

KEYED = re.compile(r"^([a-z0-9_]{1,40}):\s*(.*)$")


@dataclass(frozen=True)
class Choice:
    """A value that a record may hold, and what it is called. The Finnish name stands in for the others."""

    key: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        at = ("fi", "sv", "en").index((get_language() or "fi")[:2])
        return (self.names[at] if at < len(self.names) else "") or self.names[0]


def read(text: str) -> list[Choice]:
    """The choices of a text. A line without a key, written anew, gets one that none of the others has."""
    lines = [_split(line.strip()) for line in text.splitlines() if line.strip()]
    keys = {key for key, _names in lines if key}
    found = []
    for key, names in lines:
        given = key or _free_key(names[0], keys)
        keys.add(given)
        found.append(Choice(given, names))
    return found


def written(choices: Iterable[Choice]) -> str:
    """The text of choices, each with its key."""
    return "\n".join(f"{choice.key}: {' | '.join(choice.names)}" for choice in choices)


def _split(line: str) -> tuple[str, tuple[str, ...]]:
    keyed = KEYED.match(line)
    key, rest = keyed.groups() if keyed else ("", line)
    return key, tuple(name.strip() for name in rest.split("|"))


def _free_key(name: str, taken: set[str]) -> str:
    plain = slugify(name).replace("-", "_")[:30] or "value"
    numbered = (f"{plain}_{number}" for number in range(2, len(taken) + 3))
    return plain if plain not in taken else next(key for key in numbered if key not in taken)
