"""Words of scales and choices: what a file says, and which value that is. A person sees the table and corrects it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import translation

LANGUAGES = ("fi", "sv", "en")
LEVELS = {"1", "2", "3", "4", "5"}
# A level with its scale or its name behind it: "4 (1-5)", "4/5", "4 – likely", "L4".
LEVEL = re.compile(r"^[a-z]{0,2}\s?([1-5])(?![\d.,])")

SCALE = {
    "1": "vl, very low, very unlikely, rare, negligible, erittäin pieni, erittäin epätodennäköinen, hyvin pieni, vähäinen,"
    " harvinainen, mycket liten, mycket osannolik, sällsynt",
    "2": "l, low, unlikely, rather unlikely, minor, pieni, matala, epätodennäköinen, melko epätodennäköinen, lievä, liten,"
    " låg, osannolik, ganska osannolik",
    "3": "m, medium, moderate, possible, keskitaso, keskisuuri, kohtalainen, mahdollinen, haitallinen, medel, måttlig,"
    " möjlig",
    "4": "h, high, likely, rather likely, probable, major, serious, suuri, korkea, todennäköinen, melko todennäköinen, vakava,"
    " merkittävä, hög, stor, sannolik, ganska sannolik, allvarlig",
    "5": "vh, very high, critical, severe, catastrophic, almost certain, certain, extreme, erittäin suuri, melko varma,"
    " lähes varma,"
    " erittäin todennäköinen, erittäin vakava, kriittinen, katastrofaalinen, mycket hög, nästan säker, kritisk",
}
OBVIOUS = {
    "avoid": "avoidance, eliminate, poistaminen, undvika",
    "reduce": "mitigate, mitigation, reduction, pienennetään, vähentäminen, minska",
    "share": "transfer, sharing, siirtäminen, siirto, jakaminen, dela, överföra",
    "accept": "acceptance, retain, tolerate, hyväksytään, acceptera",
    "exploit": "hyödynnetään, utnyttja",
    "enhance": "vahvistaminen, förstärka",
    "strategic": "strateginen, strategisk",
    "operational": "operatiivinen, toiminnallinen, operativ",
    "financial": "taloudellinen, talous, finance, ekonomisk",
    "hazard": "vahinko, skada",
    "threat": "uhka, hot, risk, riski",
    "opportunity": "mahdollisuus, möjlighet",
}


def folded(text: str) -> str:
    """A word as it is compared: without case, kinds of dashes and superfluous spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("–", "-").replace("—", "-")
    return " ".join(plain.split())


def in_each_language(text: Any) -> set[str]:
    """A text of ours, folded, as it stands in files of each language."""
    found = set()
    for language in LANGUAGES:
        with translation.override(language):
            found.add(folded(str(text)))
    return found


def words_of(field: forms.Field) -> dict[str, str]:
    """Folded word to value, for a field of choices: the values, their labels in every language, and obvious words."""
    found: dict[str, str] = {}
    values = {str(value) for value, _label in choices_of(field)}
    known = {**(SCALE if values >= LEVELS else {}), **OBVIOUS}
    for value in values & set(known):
        found |= dict.fromkeys(map(folded, known[value].split(",")), value)
    for language in LANGUAGES:
        with translation.override(language):
            found |= {folded(str(label)): str(value) for value, label in choices_of(field)}
    return found | {folded(value): value for value in values}


def choices_of(field: forms.Field) -> list[tuple[Any, Any]]:
    """The choices of a field, without the empty one."""
    return [(value, label) for value, label in getattr(field, "choices", ()) if value not in ("", None)]


def meaning(word: str, words: Mapping[str, str], corrected: Mapping[str, str]) -> str | None:
    """The value that a word means. A person's correction counts most. None: nobody has said."""
    text = folded(word)
    if text in corrected:
        return corrected[text] or None
    bare = folded(re.sub(r"\s*\([^)]*\)", "", word))
    if text in words or bare in words:
        return words.get(text) or words.get(bare)
    level = LEVEL.match(text)
    return level.group(1) if level and set(words.values()) >= LEVELS else None
