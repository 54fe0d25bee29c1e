"""Where the columns of a file probably go: by their headings, else by what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kivijalka.register.declare import Register
from kivijalka.register.doors.files.cells import Unreadable, parts_of
from kivijalka.register.doors.files.mapping import CODE, Target, guess, link_headings, worded_targets
from kivijalka.register.doors.files.plan import records_of
from kivijalka.register.doors.files.read import Head
from kivijalka.register.doors.files.words import folded, in_each_language, meaning

# Of the texts of a column, how many must fit.
MOST_FIT = 0.8


def guessed(register: Register[Any], head: Head) -> dict[str, str]:
    """A target for each column, or ""."""
    found = by_headings(register, head)
    return found | by_values(register, head, found)


def by_headings(register: Register[Any], head: Head) -> dict[str, str]:
    """A column of codes is one only when they are codes of this register: else they are the file's own."""
    ours = {}
    for heading, target in guess(register, head.headings).items():
        if target == CODE:
            ours[heading] = register.model.objects.seen().filter(code__in=head.samples[heading]).exists()
    return guess(register, head.headings, ours)


def by_values(register: Register[Any], head: Head, found: dict[str, str]) -> dict[str, str]:
    """Targets of columns whose heading says nothing: words of one choice, or names of one kind of record."""
    told = set().union(*map(in_each_language, link_headings(register).values()))
    homeless = {
        heading: head.samples[heading]
        for heading, target in found.items()
        if not target and folded(heading) not in told
    }
    texts = {text for samples in homeless.values() for text in samples}
    free = {name: target for name, target in worded_targets(register).items() if name not in found.values()}
    fitting = {name: set(_understood(target, texts)) for name, target in free.items()} if texts else {}
    guesses: dict[str, str] = {}
    for heading, samples in homeless.items():
        fits = [name for name, words in fitting.items() if samples and _share(samples, words) >= MOST_FIT]
        if len(fits) == 1:
            guesses[heading] = fits[0]
            del fitting[fits[0]]
    return guesses


def _share(samples: list[str], understood: set[str]) -> float:
    return sum(sample in understood for sample in samples) / len(samples)


def _understood(target: Target, texts: set[str]) -> Iterator[str]:
    """Of these texts, those that mean something here. Digits mean something everywhere."""
    worded = {text for text in texts if not text.isdigit()}
    if target.kind == "record":
        records = records_of(target, worded, {})
        yield from (text for text in worded if not isinstance(records[folded(text)], Unreadable))
    elif target.kind in ("choice", "many"):
        for text in worded:
            parts = parts_of(text) if target.kind == "many" else [text]
            if parts and all(meaning(part, target.known, {}) is not None for part in parts):
                yield text
