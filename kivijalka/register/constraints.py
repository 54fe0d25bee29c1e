"""What the database's constraints say to people, by the constraint's name."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _


def message_of(name: str) -> Any:
    """The text declared with the constraint; a general one where none is."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if (
                constraint.name == name
                and constraint.violation_error_message != constraint.default_violation_error_message
            ):
                return constraint.violation_error_message
    return _("This contradicts what is stored already. Nothing was saved.")
