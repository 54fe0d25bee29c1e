"""Answers on the scales whose words the policy gives: controllability, adequacy of present controls.

A record holds the key of its answer, and beside it the version of the policy that it was given under, which the database
writes (`kj.answered_under`): an answer is told in the words of that version for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.deconstruct import deconstructible
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.queries import decided, policy_known
from kivijalka.policy.scales import Words
from kivijalka.register.offered import Choices, Offered

UNDER = "_under"


@dataclass(frozen=True)
class Word:
    """What an answer is called, in the language of whoever reads."""

    words: Words

    def __str__(self) -> str:
        return self.words.in_(get_language() or "fi")


@deconstructible
class Scale(Offered):
    """A scale of the policy by its name there, without the answers that are not asked for here."""

    nothing = _("The policy in force has no scale for this: it is not asked.")

    def __init__(self, name: str, without: Sequence[str] = ()) -> None:
        self.name, self.without = name, tuple(without)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scale) and (self.name, self.without) == (other.name, other.without)

    def __hash__(self) -> int:
        return hash((self.name, self.without))

    @property
    def choices(self) -> Choices:
        return list(self._words([policy_known(timezone.localdate())]).items())

    @property
    def known(self) -> Choices:
        return list(self._words([policy_known(timezone.localdate()), *decided()]).items())

    def said(self, record: Any, name: str) -> str:
        key, under = getattr(record, name), getattr(record, name + UNDER)
        if not key:
            return ""
        # An export asks hundreds of thousands: all but what was answered before versions were written is found at once.
        word = self._word(key, (version for version in decided() if version.pk == under))
        return str(word or self._word(key, [policy_known(timezone.localdate()), *decided()]) or key)

    def _word(self, key: str, versions: Iterable[PolicyVersion | None]) -> Word | None:
        """What the first of these versions that has the answer calls it."""
        each = (answer for version in versions if version for answer in version.scales.answers(self.name))
        return next((Word(answer.name) for answer in each if answer.key == key), None)

    def _words(self, versions: Iterable[PolicyVersion | None]) -> dict[str, Word]:
        """The answers of these versions in their order, each in the words of the first that has it."""
        found: dict[str, Word] = {}
        for version in versions:
            for answer in version.scales.answers(self.name) if version else ():
                if answer.key not in self.without:
                    found.setdefault(answer.key, Word(answer.name))
        return found
