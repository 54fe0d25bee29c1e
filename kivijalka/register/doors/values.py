"""Values as people read them and as programs do; the same at every door."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache, partialmethod
from inspect import getattr_static
from typing import Any

from django.db.models import Model
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kivijalka.register.doors.related import value_of
from kivijalka.register.models import Kept
from kivijalka.register.own.fields import PREFIX, field_of

CENTS = -2


def text_of(record: Any, name: str) -> str:
    """A field's value in words of the reader's language, the model's own where it has some. Empty where there is none."""
    value = value_of(record, name)
    if value in (None, "", []):
        return ""
    words = words_of(record._meta.model, name)
    if isinstance(value, list):
        return ", ".join(words.get(item, str(item)) for item in value)
    if words and value in words:
        return words[value]
    in_model = getattr(record, f"get_{name}_display", None)
    return in_words(value) if in_model is None else str(in_model())


def words_of(model: Any, name: str) -> dict[Any, str]:
    """The words of a field's choices, or of its items', by value. None where the model has its own."""
    if name.startswith(PREFIX):
        return {value: str(word) for value, word in field_of(model, name).flatchoices}
    return _declared_words(model, name, get_language())


@cache
def _declared_words(model: Any, name: str, _language: str | None) -> dict[Any, str]:
    """Translated once."""
    field = model._meta.get_field(name)
    if not isinstance(getattr_static(model, f"get_{name}_display", partialmethod(str)), partialmethod):
        return {}
    return {value: str(word) for value, word in getattr(field, "base_field", field).flatchoices}


def in_words(value: Any) -> str:
    """A value of no field in particular, in the reader's habit: 1 234 567, 31.12.2026."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, Decimal | float):
        # Money has its cents; what is measured is not told more exactly than it was.
        if isinstance(value, Decimal) and int(value.as_tuple().exponent) < CENTS:
            value = value.normalize() + 0  # in plain digits, not 1E+3
        return formats.number_format(value, use_l10n=True, force_grouping=True)
    return str(value)


def plain(record: Any, name: str) -> Any:
    """A field's value for programs: a related record as {id, code, title}, days and instants as ISO 8601."""
    value = value_of(record, name)
    if isinstance(value, Kept):
        return {"id": str(value.pk), "code": value.code, "title": str(value)}  # type: ignore[attr-defined]
    if isinstance(value, Model):
        return value.pk
    return value
