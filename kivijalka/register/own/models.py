"""Definitions of the fields that the city adds to registers."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.functional import lazystr
from django.utils.text import format_lazy, slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, current_actor
from kivijalka.register.constraints import Guard
from kivijalka.register.models.records import CodeField, Named, Record, indexes

# Which fields there are: asked with who acts, and kept with them under this name.
MEMO, ASKED = "own", "kj.own_fields()"


def takers() -> list[tuple[str, Any]]:
    """The registers that the city may add fields to, with their names."""
    from kivijalka.register.registry import REGISTERS

    return [(register.key, register.names[1]) for register in REGISTERS.values() if register.takes_own]


class OwnField(Named, Record):
    """A field that the city added to a register: what it is called, what it holds. Ended, never deleted."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        LONG = "long", _("long text")
        NUMBER = "number", _("figure")
        EURO = "euro", _("euro")
        DAY = "day", _("date")
        TRUTH = "truth", _("yes or no")
        CHOICE = "choice", _("choice")

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        ENDED = "ended", _("no longer asked")

    code = CodeField("OF")
    asked_in = models.CharField(_("register"), max_length=40, choices=takers)
    kind = models.CharField(_("kind of value"), max_length=10, choices=Kind, default=Kind.TEXT)
    name = models.CharField(_("name for programs"), max_length=50, editable=False)
    options = models.TextField(
        _("choices"),
        blank=True,
        default="",
        max_length=10_000,
        help_text=_("Of a choice: one a line, in Finnish | Swedish | English. For example: Korkea | Hög | High"),
    )
    required = models.BooleanField(_("needed"), default=False, help_text=_("A record cannot be saved without it."))
    help_fi = models.CharField(_("explanation in Finnish"), max_length=300, blank=True, default="")
    help_sv = models.CharField(_("explanation in Swedish"), max_length=300, blank=True, default="")
    help_en = models.CharField(_("explanation in English"), max_length=300, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED, editable=False)

    class Meta:
        db_table = "register_own_field"
        constraints = [
            Access(
                name="own_field_access",
                see=at_unit("own_field.view"),
                add=at_unit("own_field.edit"),
                edit=at_unit("own_field.edit"),
            ),
            models.UniqueConstraint(
                fields=["asked_in", "name"],
                name="own_field_named_once",
                violation_error_message=_("The register has such a field already. Give this one another name."),
            ),
            Guard(
                name="own_field_stays_what_it_is",
                on="update",
                holds="row(new.asked_in, new.kind, new.name) is not distinct from row(old.asked_in, old.kind, old.name)",
                violation_error_message=_(
                    "Register and kind of a field do not change, for records hold its values. End it and add another."
                ),
            ),
        ]
        indexes = indexes("own_field", "unit", "asked_in", "kind", "state")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it; its name for programs is given once. What was asked of the fields before is forgotten."""
        self.name = self.name or self._free_name()
        super().save(*args, **kwargs)
        current_actor().memo.pop(MEMO, None)

    def clean(self) -> None:
        """What the columns alone do not tell: names that mean one field, choices that can be read."""
        from kivijalka.register.own.rules import refuse_unfit

        refuse_unfit(self)

    @property
    def label(self) -> Any:
        """What a form calls it, in the reader's language."""
        called = format_lazy("{} (€)", lazystr(self)) if self.kind == self.Kind.EURO else lazystr(self)
        return format_lazy("{} ({})", called, self.State.ENDED.label) if not self.is_asked else called

    @property
    def is_asked(self) -> bool:
        return self.state == self.State.ASKED

    @property
    def help(self) -> str:
        return str(getattr(self, f"help_{get_language() or 'fi'}"[:7], "") or self.help_fi)

    def _free_name(self) -> str:
        """The English name, else the Finnish one, as programs write names; with a number where it is taken."""
        plain = slugify(self.name_en or self.name_fi).replace("-", "_")[:40] or "field"
        taken = set(OwnField.objects.filter(asked_in=self.asked_in).values_list("name", flat=True))
        numbered = (f"{plain}_{number}" for number in range(2, len(taken) + 3))
        return plain if plain not in taken else next(name for name in numbered if name not in taken)
