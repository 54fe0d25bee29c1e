"""The texts of the site: found in code and templates, kept in gettext catalogues, checked for completeness.

Works without the gettext tools: Babel reads Python, Django turns templates into Python, polib writes catalogues.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.utils.translation.template import templatize

KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
}
# Texts that are meant to be the same in several languages.
SAME_LISTED = "same.txt"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")


class Texts:
    """The catalogues of all languages, and the texts that the code uses now."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or settings.ROOT / "kivijalka"
        self.folder = Path(settings.LOCALE_PATHS[0])

    def used(self) -> dict[str, str | None]:
        """Every text in use, with its plural where it has one."""
        found: dict[str, str | None] = {}
        for path in sorted(path for kind in ("py", "html", "txt") for path in self.root.rglob(f"*.{kind}")):
            if {"migrations", "vendor", "engine"} & set(path.relative_to(self.root).parts):
                continue
            for text, plural in texts_in(path):
                found[text] = plural or found.get(text)
        return found

    def catalogue(self, language: str) -> polib.POFile:
        path = self.path(language)
        if path.exists():
            return polib.pofile(str(path), wrapwidth=110)
        made = polib.POFile(wrapwidth=110)
        made.metadata = {
            "Content-Type": "text/plain; charset=utf-8",
            "Language": language,
            "Plural-Forms": "nplurals=2; plural=(n != 1);",
        }
        return made

    def path(self, language: str) -> Path:
        return self.folder / language / "LC_MESSAGES" / "django.po"

    def update(self) -> None:
        """Add texts that are new, take out those no longer used; translations stay."""
        used = self.used()
        for language in ("fi", "sv"):
            catalogue = self.catalogue(language)
            kept = {entry.msgid: entry for entry in catalogue if entry.msgid in used}
            catalogue[:] = []
            for text, plural in sorted(used.items()):
                catalogue.append(_entry(kept.get(text), text, plural))
            self.path(language).parent.mkdir(parents=True, exist_ok=True)
            catalogue.save(str(self.path(language)))

    def compile(self) -> None:
        """Write the .mo files that the site reads."""
        for language in ("fi", "sv"):
            self.catalogue(language).save_as_mofile(str(self.path(language).with_suffix(".mo")))

    def problems(self) -> Iterator[str]:
        """What is missing, no longer used, the same as English without being listed, or lacks a placeholder."""
        used = self.used()
        same = self._same()
        for language in ("fi", "sv"):
            entries = {entry.msgid: entry for entry in self.catalogue(language)}
            for text in sorted(used):
                entry = entries.get(text)
                if entry is None or not said(entry) or entry.fuzzy:
                    yield f"{language}: no translation of {text!r}. Write it in {self.path(language).name}."
                elif text in said(entry) and text not in same:
                    yield f"{language}: {text!r} is the same as in English. Translate it, or list it in {SAME_LISTED}."
                elif any(set(PLACEHOLDER.findall(one)) - set(PLACEHOLDER.findall(text)) for one in said(entry)):
                    yield f"{language}: the translation of {text!r} holds a placeholder that the text lacks."
            for text in sorted(set(entries) - set(used)):
                yield f"{language}: {text!r} is not used any more. Run ./run manage texts update."

    def _same(self) -> set[str]:
        path = self.folder / SAME_LISTED
        return set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()


def said(entry: polib.POEntry) -> list[str]:
    """The translations of an entry: one, or one per plural form; empty where one is missing."""
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    return texts if texts and all(texts) else []


def texts_in(path: Path) -> Iterator[tuple[str, str | None]]:
    """Texts of one file. Needs Babel, which only development has."""
    from babel.messages.extract import extract_python

    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # What is no text becomes rows of X, indented as in the template; Python's tokens mind the indentation.
        source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())
    for _line, _function, message, _comments in extract_python(
        io.BytesIO(source.encode()), KEYWORDS, [], {"encoding": "utf-8"}
    ):
        if isinstance(message, tuple):
            texts = [text for text in message if isinstance(text, str)]
            if _function.startswith("n") and len(texts) >= 2:
                yield texts[0], texts[1]
            elif texts:
                yield texts[0], None
        elif isinstance(message, str) and message:
            yield message, None


def _entry(old: polib.POEntry | None, text: str, plural: str | None) -> polib.POEntry:
    if old is not None and bool(old.msgid_plural) == bool(plural):
        return old
    if plural:
        return polib.POEntry(msgid=text, msgid_plural=plural, msgstr_plural={0: "", 1: ""})
    return polib.POEntry(msgid=text, msgstr=old.msgstr if old else "")
