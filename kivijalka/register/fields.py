"""Form fields that every door shares: records by code or name, numbers and dates as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.register.numbers import foreign, typed, written

NOT_IN_EURO = _("Amounts are in euro here. Change it into euro by the rate of the day, and write that.")
DAYS = ["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y"]


class DecimalInput(forms.TextInput):
    """A number as people write it in the language of the page: an input of numbers would ask for the browser's."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> Any:
        return written(Decimal(str(value))) if isinstance(value, (int, float, Decimal)) else value


class LocalDecimalField(forms.DecimalField):
    """A number as people write it: 1 000 000,50 or 1000000.50, a euro sign allowed."""

    widget = DecimalInput

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and foreign(value):
            raise ValidationError(NOT_IN_EURO, code="currency")
        # What is no number stays as it is, and is refused.
        read = typed(value) if isinstance(value, str) else None
        return super().to_python(value if read is None else read)


def day_of(text: str) -> date | None:
    """The day that a text names."""
    for pattern in DAYS:
        with suppress(ValueError):
            return datetime.strptime(text, pattern).date()
    return None


def end_of(day: date) -> datetime:
    """The last moment of a day, where the city is."""
    return datetime.combine(day, time.max, tzinfo=timezone.get_default_timezone())


class DayInput(forms.DateInput):
    """A day as people write it, 31.12.2026, whatever the browser's language; a script adds a calendar to pick from."""

    template_name = "register/widgets/day.html"

    def format_value(self, value: Any) -> Any:
        return f"{value.day}.{value.month}.{value.year}" if isinstance(value, date) else value


class DayField(forms.DateField):
    """A day as people write it or as programs do."""

    widget = DayInput
    default_error_messages = {"invalid": _("This is not a day. Write it as 31.12.2026 or 2026-12-31.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"input_formats": DAYS, "help_text": "", **kwargs})
        self.help_text = self.help_text or _("For example 31.12.2026")


class RecordInput(forms.TextInput):
    """Search-as-you-type for a record; without script one types its code or name."""

    template_name = "register/widgets/record.html"

    def __init__(self, register_key: str, attrs: dict[str, Any] | None = None, *, whole: bool = False) -> None:
        self.register_key, self.whole = register_key, whole
        super().__init__({"autocomplete": "off", **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["lookup"] = reverse_lazy("lookup-whole" if self.whole else "lookup", args=[self.register_key])
        return context


class ScaleInput(forms.RadioSelect):
    """The levels of a scale side by side, each with its name and what it means."""

    template_name = "register/widgets/scale.html"


class RecordField(forms.Field):
    """A record named by id, by code ("P-000012", also followed by its title), or by a title that only one bears.

    `whole`: of the whole register, also what lists do not offer.
    """

    def __init__(self, model: type[Model], *, to_field: str | None = None, whole: bool = False, **kwargs: Any) -> None:
        from kivijalka.register.registry import register_of

        self.register = register_of(model)
        self.to_field, self.whole = to_field, whole
        kwargs.setdefault("widget", RecordInput(self.register.key, whole=whole))
        super().__init__(**kwargs)

    def rows(self) -> QuerySet[Any, Any]:
        """The records that can be named: those within reach."""
        rows = self.register.model.objects
        found: QuerySet[Any, Any] = rows.seen() if self.whole else rows.offered()
        return found

    def prepare_value(self, value: Any) -> Any:
        """What stands in the input: code and title of the record."""
        if isinstance(value, Model):
            return f"{value.code} {value}"  # type: ignore[attr-defined]
        found = self._by_id(value) if value not in self.empty_values else None
        return f"{found.code} {found}" if found is not None else value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, Model):
            return value or None
        return self._by_id(value) or self._by_code(str(value)) or self._by_title(str(value).strip())

    def _by_id(self, value: Any) -> Any:
        if self.to_field and isinstance(value, int):
            return self.rows().filter(**{self.to_field: value}).first()
        try:
            return self.rows().filter(pk=UUID(str(value))).first()
        except ValueError:
            return None

    def _by_code(self, value: str) -> Any:
        words = value.split()
        return self.rows().filter(code=words[0]).first() if words else None

    def _by_title(self, value: str) -> Any:
        rule = Q(*(Q(**{f"{name}__iexact": value}) for name in self.register.model.names_to_pick), _connector=Q.OR)
        found = list(self.rows().filter(rule)[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise ValidationError(_("Several have this name. Write the code of the one that you mean."), code="several")
        raise ValidationError(_("Nothing was found by this name or code. Choose one of those offered."), code="unknown")
