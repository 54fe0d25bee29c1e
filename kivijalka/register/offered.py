"""Choices that data names when they are asked for, such as the steps of a scale in the policy in force."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

Choices = Sequence[tuple[str, Any]]


class Offered(ABC):
    """What may be chosen now, and whatever may ever have been: asked of data each time, never when a class is made."""

    # Said instead of asking, where there is nothing to choose from.
    nothing: Any = _("There is nothing to choose from.")

    @property
    @abstractmethod
    def choices(self) -> Choices:
        """What may be chosen now, each with its words."""

    @property
    @abstractmethod
    def known(self) -> Choices:
        """What records may hold: the same, and what could be chosen once."""

    @abstractmethod
    def said(self, record: Any, name: str) -> str:
        """What a record holds, in the words of the day on which it was chosen."""

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.choices)


class OfferedField(models.CharField):  # type: ignore[type-arg]  # generic in the stubs only
    """A column that holds a choice among what is offered; what was chosen stays, whatever is offered since."""

    def __init__(self, *args: Any, offers: Offered, **kwargs: Any) -> None:
        self.offers = offers
        super().__init__(*args, **{"blank": True, "default": "", **kwargs, "choices": lambda: offers.known})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, path, args, {**kwargs, "offers": self.offers}

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, f"get_{name}_display", lambda record: self.offers.said(record, name))

    def _check_choices(self) -> list[Any]:
        """Django would ask the database for them before it is there."""
        return []


class OfferedChoice(forms.TypedChoiceField):
    """Asks for a choice among what is offered when it is shown or read. `held` is what the record holds already, offered
    or not. Where there is nothing to choose from it says so, and wants no answer."""

    def __init__(self, offers: Offered, *, held: Choices = (), help_text: Any = "", **kwargs: Any) -> None:
        self.offers, self.held = offers, held
        told = lazystr(_Help(offers, help_text))
        super().__init__(choices=self._listed, coerce=str, empty_value="", help_text=told, **kwargs)

    def validate(self, value: Any) -> None:
        if value not in self.empty_values or list(self.offers):
            super().validate(value)

    def _listed(self) -> Choices:
        now = list(self.offers)
        now += [choice for choice in self.held if choice[0] not in dict(now)]
        return now if self.required and now else [("", "–"), *now]


@dataclass(frozen=True)
class _Help:
    offers: Offered
    text: Any

    def __str__(self) -> str:
        return str(self.text if list(self.offers) else self.offers.nothing)
