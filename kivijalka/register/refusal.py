"""Why something was not done: what, where, and how to mend it. Every door shows the same refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A command refused by a rule. `field` names the input at fault; `code` is the same in every language."""

    def __init__(self, text: Any, *, code: str = "refused", field: str | None = None) -> None:
        super().__init__(code)
        self.text, self.code, self.field = text, code, field

    @property
    def errors(self) -> dict[str, list[Any]]:
        return {self.field or "": [self.text]}

    def __str__(self) -> str:
        return str(self.text)


class Invalid(Refused):
    """Inputs that do not fit, several at once: field name to texts."""

    def __init__(self, errors: dict[str, list[Any]]) -> None:
        super().__init__(_("Some of the answers do not fit. Nothing was saved."), code="invalid")
        self.all_errors = errors

    @property
    def errors(self) -> dict[str, list[Any]]:
        return self.all_errors


class NotThere(Refused):
    """No such record, or one that the acting person may not see: the same answer."""

    def __init__(self) -> None:
        super().__init__(_("There is no such record, or you may not see it."), code="not_there")


class Conflict(Refused):
    """Somebody changed the record after this person opened it."""

    def __init__(self, version: int) -> None:
        super().__init__(
            _("Somebody else changed this record after you opened it. Look at the present values, then save again."),
            code="conflict",
        )
        self.version = version


@dataclass(frozen=True)
class Reason:
    """What a rule answers when it refuses. `code` is for programs and tests, `text` for people."""

    code: str
    text: Any
    field: str | None = None


def refuse(reason: Reason | None) -> None:
    """Raise the reason that a rule gave; a rule that gave none lets through."""
    if reason is not None:
        raise Refused(reason.text, code=reason.code, field=reason.field)
