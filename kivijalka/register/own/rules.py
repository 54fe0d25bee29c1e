"""What a definition must be, beyond what its columns tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kivijalka.access import Actor
from kivijalka.register.declare import Register
from kivijalka.register.own import choices
from kivijalka.register.own.fields import definitions_of
from kivijalka.register.own.models import OwnField
from kivijalka.register.refusal import Reason
from kivijalka.register.registry import REGISTERS

MOST_CHOICES, LONGEST_NAME = 200, 200
TAKEN = gettext_lazy("The register has a field that is called so already: %s. Choose another name.")


def may_add_to(register: Register[Any], actor: Actor) -> bool:
    """Whether this person may add fields to a register."""
    return register.takes_own and actor.as_of is None and actor.holds("own_field.edit")


def refuse_unfit(defined: OwnField) -> None:
    """Raise ValidationError with every mistake by field. The choices are put as they are kept, each with its key."""
    before = None if defined._state.adding else OwnField.objects.filter(pk=defined.pk).first()
    mistakes: dict[str, list[str]] = {}
    mistakes |= {name: [TAKEN % called] for name, called in taken_names(defined)}
    mistakes |= {
        name: [_("This does not change, for records hold values of it. End the field and add another.")]
        for name in ("asked_in", "kind")
        if before and getattr(before, name) != getattr(defined, name)
    }
    found = choices.read(defined.options)
    why = why_not_offered(defined.kind, found, choices.read(before.options) if before else [])
    if why:
        mistakes["options"] = [why]
    if mistakes:
        raise ValidationError(mistakes)
    defined.options = choices.written(found)


def why_not_offered(kind: str, now: list[choices.Choice], before: list[choices.Choice]) -> str | None:
    """Why these cannot be a field's choices. None: they can."""
    if kind != OwnField.Kind.CHOICE:
        return _("Only a choice has these. Empty the box, or choose the kind “choice”.") if now else None
    if not 2 <= len(now) <= MOST_CHOICES:
        return _("Write 2 to %s choices, one a line.") % MOST_CHOICES
    for choice in now:
        if not choice.names[0] or len(choice.names) > 3 or max(map(len, choice.names)) > LONGEST_NAME:
            return _("This line is not understood: %s. Write it as Finnish | Swedish | English.") % choice.key
    keys = [choice.key for choice in now]
    if len(set(keys)) < len(keys):
        return _("Two lines have the same key: %s.") % next(key for key in keys if keys.count(key) > 1)
    for choice in before:
        if choice.key not in keys:
            told = _("Records may hold “%s”: put its line back. You may change its words.")
            return told % choices.written([choice])
    return None


def why_not_resumed(defined: OwnField) -> Reason | None:
    """Why a field cannot be asked again. None: it can."""
    called = next((called for _name, called in taken_names(defined)), None)
    return None if called is None else Reason("taken", TAKEN % called)


def taken_names(defined: OwnField) -> Iterator[tuple[str, str]]:
    """Names that mean another field of the register already, in the language of each: a file's heading means one."""
    register = REGISTERS.get(defined.asked_in)
    if register is None:
        return
    others = [other for other in definitions_of(register.model) if other.pk != defined.pk and other.is_asked]
    inputs = [given.ask.label for command in register.imports for given in command.inputs.values()]
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            labels = [register.field(name).verbose_name for name in register.declared_readable]
            taken = {_folded(label) for label in [*labels, *inputs, *register.names, *others]}
            if _folded(defined) in taken:
                name = f"name_{language}"
                yield name if getattr(defined, name) else "name_fi", str(defined)


def _folded(text: Any) -> str:
    return " ".join(str(text).casefold().split())
