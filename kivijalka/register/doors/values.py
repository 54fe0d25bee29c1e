"""Values as people read them and as programs do; the same at every door."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from kivijalka.register.doors.related import value_of
from kivijalka.register.models import Kept


def text_of(record: Any, name: str) -> str:
    """A field's value in words of the reader's language, the model's own where it has some. Empty where there is none."""
    field = record._meta.get_field(name)
    value = value_of(record, name)
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        words = dict(field.base_field.choices or [])
        return ", ".join(str(words.get(item, item)) for item in value)
    in_model = getattr(record, f"get_{name}_display", None)
    if in_model is not None:
        return str(in_model())
    return in_words(value)


def in_words(value: Any) -> str:
    """A value of no field in particular, in the reader's habit: 1 234 567, 31.12.2026."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, Decimal | float):
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
