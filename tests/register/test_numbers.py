"""Numbers are read as people write them, and stand in a form as one writes them in the language of the page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from django.utils import translation

from kivijalka.register.fields import DecimalInput, LocalDecimalField
from kivijalka.register.numbers import typed, written

VALUES = ["0.3", "100000", "1234567.5", "-0.125", "0", "12.3456", "1E+6"]


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("value", VALUES)
def test_what_a_form_shows_is_read_back_as_the_same(language: str, value: str) -> None:
    with translation.override(language):
        assert typed(written(Decimal(value))) == Decimal(value)


@pytest.mark.parametrize(("language", "shown"), [("fi", "0,3"), ("sv", "0,3"), ("en", "0.3")])
def test_the_mark_is_that_of_the_language(language: str, shown: str) -> None:
    field = LocalDecimalField()
    with translation.override(language):
        html = field.get_bound_field(_form(field), "loss").as_widget()
    assert f'value="{shown}"' in html and 'type="text"' in html


def test_what_is_proposed_as_a_float_is_shown_as_one_writes_it() -> None:
    assert DecimalInput().format_value(0.3) == "0,3"


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "100,000", "100000"),
        ("fi", "100,000", "100"),
        ("en", "0,125", "0.125"),
        ("en", "1,234.50", "1234.5"),
        ("fi", "1.234,50", "1234.5"),
        ("sv", "1 000 000,50 €", "1000000.5"),
        ("fi", "1,5 milj.", "1500000"),
    ],
)
def test_a_comma_before_three_digits_is_read_as_the_language_writes_it(language: str, text: str, value: str) -> None:
    with translation.override(language):
        assert LocalDecimalField().clean(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["1E+400", "9" * 60, "1e-999999999", "1e9999999", "9e999999999 milj.", "NaN", "Infinity", "1,2,3", "-"]
)
def test_what_no_field_holds_is_no_number(text: str) -> None:
    assert typed(text) is None


def _form(field: LocalDecimalField) -> forms.Form:
    form = forms.Form(initial={"loss": Decimal("0.3000")})
    form.fields["loss"] = field
    return form
