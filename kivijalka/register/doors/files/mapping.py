"""Columns of a file and where each goes: fields of the register, inputs of the commands it imports, or nowhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kivijalka.register.command import Command
from kivijalka.register.declare import Register
from kivijalka.register.doors.files.layout import JOIN, Known
from kivijalka.register.doors.files.words import LANGUAGES, choices_of, folded, words_of
from kivijalka.register.doors.forms import command_form, record_form
from kivijalka.register.doors.links import kinds_of
from kivijalka.register.doors.values import in_words
from kivijalka.register.fields import RecordField

CODE, KEY = "code", "key"
# Before a field's name: a column that has no field of its own stands there, under its heading, below what else does.
END = "+"
# What files call things that a register has under another name; used when such a target is there and still free.
ALIASES = {
    "finance": ["impact", "severity", "consequences", "vaikutus", "vaik.", "seurauksen vakavuus", "konsekvens"],
    "likelihood": ["probability", "todennäköisyys", "tn", "tod.näk.", "sannolikhet"],
    "owner": ["risk owner", "owner", "responsible", "vastuuhenkilö", "vastuu", "omistaja", "ansvarig", "ägare"],
    "unit": [
        "department",
        "unit code",
        "organisation",
        "yksikkö",
        "yksikkökoodi",
        "yksikön koodi",
        "organisaatio",
        "toimiala",
        "osasto",
        "enhet",
        "enhetskod",
        "sektor",
    ],
    "due": ["due date", "deadline", "määräaika", "tidsfrist"],
    "cause": ["causes", "root cause", "vulnerability", "syyt", "taustasyy", "orsaker"],
    "event": [
        "scenario",
        "risk event",
        "description",
        "tapahtuma",
        "kuvaus",
        "riskin kuvaus",
        "beskrivning",
        "händelse",
    ],
    "consequence": ["effect", "effects", "seuraukset", "vaikutukset", "följd", "följder"],
    "treatment": ["strategy", "response", "risk response", "keino", "hallintakeino", "riskin hallinta", "åtgärd"],
    "title": ["name", "nimi", "nimike", "namn", "rubrik"],
    "email": ["e-mail", "email", "e-mail address", "sähköposti", "sähköpostiosoite", "e-post", "e-postadress"],
    "given_name": ["first name", "etunimi", "kutsumanimi", "förnamn", "tilltalsnamn"],
    "family_name": ["last name", "surname", "sukunimi", "efternamn", "släktnamn"],
    "work_title": ["title", "job title", "position", "nimike", "tehtävänimike", "ammattinimike", "titel", "befattning"],
    "user_name": ["username", "login", "käyttäjätunnus", "användarnamn"],
    "external_id": [
        "personnel number",
        "employee number",
        "employee id",
        "henkilönumero",
        "henkilöstönumero",
        "personalnummer",
        "anställningsnummer",
    ],
    "start": ["start date", "alkupäivä", "alkamispäivä", "alkaa", "begin", "startdatum", "börjar"],
    "end": ["end date", "loppupäivä", "päättymispäivä", "päättyy", "slutdatum", "slutar"],
}


@dataclass(frozen=True)
class Target:
    """Where a column may go. `command` is the verb whose input it is; None for a field of the record."""

    name: str
    label: Any
    field: forms.Field
    command: Command[Any] | None = None
    has_default: bool = False
    # Folded word to value, in every language, where only data has words.
    spoken: Mapping[str, str] | None = None

    @cached_property
    def kind(self) -> str:
        """How its text is read: record, many, choice, number, day, truth or text."""
        kinds: list[tuple[Any, str]] = [
            (RecordField, "record"),
            ((forms.MultipleChoiceField, SimpleArrayField), "many"),
            (forms.ChoiceField, "choice"),
            (forms.ModelChoiceField, "choice"),
            ((forms.DecimalField, forms.IntegerField), "number"),
            (forms.DateField, "day"),
            (forms.BooleanField, "truth"),
        ]
        return next((kind for classes, kind in kinds if isinstance(self.field, classes)), "text")

    @cached_property
    def words(self) -> dict[str, str]:
        return {str(value): str(label) for value, label in choices_of(self.field)}

    @cached_property
    def known(self) -> dict[str, str]:
        """Folded word to value: what a file may say, in any of the languages."""
        return {**words_of(self.field), **(self.spoken or {})}

    def said(self, value: Any) -> str:
        """A value that this field accepts, in the words that its form has for it. Empty where there is none."""
        if value is None:
            return ""
        if isinstance(value, list):
            return ", ".join(map(self.said, value))
        return self.words.get(str(value)) or in_words(value)

    @property
    def told(self) -> str:
        """Its label with its verb's: two verbs may ask for reasons."""
        return f"{self.label} ({self.command.label})" if self.command else str(self.label)

    @property
    def is_long(self) -> bool:
        """Whether it holds a text of many lines, at the end of which others have room."""
        return isinstance(self.field.widget, forms.Textarea)

    @property
    def needed(self) -> bool:
        """Whether a new record cannot be without it."""
        return self.command is None and self.field.required and not self.has_default


@dataclass
class Reading:
    """How a file is read: columns and fixed values to targets, and words that a person corrected."""

    columns: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)

    def column_of(self, target: str) -> str | None:
        return next((heading for heading, name in self.columns.items() if name == target), None)


def targets_of(register: Register[Any]) -> dict[str, Target]:
    """Everything that a column of this register's files can be."""
    found: dict[str, Target] = {}
    for name, made in record_form(register).fields.items():
        found[name] = Target(name, made.label, made, None, register.field(name).has_default())
    for command in register.imports:
        for name, made in command_form(command).fields.items():
            found.setdefault(name, Target(name, made.label, made, command, command.inputs[name].default is not None))
    return found


def worded_targets(register: Register[Any]) -> dict[str, Target]:
    """The same, with choices in the words that only data has (the policy in force): they are asked for."""
    found = targets_of(register)
    for command in register.imports:
        for name, options in (command.meanings() if command.meanings else {}).items():
            found[name].field.choices = list(options.items())  # type: ignore[attr-defined]  # a field of choices
        for name, words in _spoken(command).items():
            found[name] = replace(found[name], spoken=words)
    return found


def _spoken(command: Command[Any]) -> dict[str, dict[str, str]]:
    """By input, the words that only data has, as they are in each language; with the number of the level and without."""
    spoken: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        with translation.override(language):
            for name, options in (command.meanings() if command.meanings else {}).items():
                for value, option in options.items():
                    word = folded(str(option))
                    bare = re.sub(r"^\d+ ", "", word)
                    spoken.setdefault(name, {}).update({word: str(value), bare: str(value)})
    return spoken


def guess(register: Register[Any], headings: Iterable[str], codes: Mapping[str, bool] | None = None) -> dict[str, str]:
    """Heading to target where the heading is a field's label or name; others are left out ("").

    `codes` says of each heading whether its values are codes of this register: a file's own numbers are its key.
    """
    headings = list(headings)
    names = _names(register)
    found = dict.fromkeys(headings, "")
    for table in (names, _aliases(register)):
        for heading in headings:
            target = next((table[said] for said in _said(heading) if said in table), None)
            if found[heading] == "" and target and target not in found.values():
                found[heading] = target
    for heading in headings:
        if found[heading] == CODE and not (codes or {}).get(heading, True):
            found[heading] = KEY
    return found


def known_headings(register: Register[Any]) -> Known:
    """Whether a text is the heading of a column that this register has."""
    table = _names(register) | _aliases(register)
    return lambda heading: any(said in table for said in _said(heading))


def _said(heading: str) -> list[str]:
    """The heading, without brackets, and its lowest level where it has several."""
    return [folded(heading), _bare(heading), _bare(heading.rsplit(JOIN, 1)[-1])]


def _bare(heading: str) -> str:
    """The heading without what stands in brackets behind it: "Impact (1–5)" is Impact."""
    return folded(re.sub(r"\([^)]*\)", "", heading)).replace("_", " ")


def _names(register: Register[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        with translation.override(language):
            targets = targets_of(register).items()
            found = {_bare(str(target.label)): name for name, target in targets} | found
            found |= {folded(str(target.label)): name for name, target in targets}
            found[folded(str(register.field(CODE).verbose_name))] = CODE
            if register.title in register.writable:
                found.setdefault(folded(str(register.names[0])), register.title)
    return found | {name: name for name in [*targets_of(register), CODE]}


def _aliases(register: Register[Any]) -> dict[str, str]:
    targets = targets_of(register)
    keys = {folded(word): KEY for word in ("id", f"{register.key}_id", f"{register.key} id", "tunnus", "nro", "number")}
    return keys | {alias: name for name, aliases in ALIASES.items() if name in targets for alias in aliases}


def link_headings(register: Register[Any]) -> dict[str, Any]:
    """By kind of link, what the column is called that tells it. A file does not make links: such a column goes nowhere."""
    return {key: kind.forward if forward else kind.backward for key, (kind, forward) in kinds_of(register).items()}


def choices(register: Register[Any]) -> list[tuple[str, Any]]:
    """What a person chooses from for each column."""
    special = [("", _("leave out")), (KEY, _("the file's own key")), (CODE, _("code in this register"))]
    targets = targets_of(register).values()
    asked = Counter(str(target.label) for target in targets)
    labels = {one.name: one.told if asked[str(one.label)] > 1 else one.label for one in targets}
    ends = [(END + target.name, _("at the end of: %s") % labels[target.name]) for target in targets if target.is_long]
    return [*special, *labels.items(), *ends]


def places(register: Register[Any]) -> set[str]:
    """Everywhere that a column may go, by name."""
    return {name for name, _label in choices(register)}
