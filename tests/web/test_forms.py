"""Forms of every register, made from the declarations."""

from __future__ import annotations

import pytest
from django import forms

from kivijalka.register.doors.forms import record_form
from kivijalka.register.registry import REGISTERS
from tests.api.programs import as_head

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", REGISTERS)
def test_only_no_value_at_all_is_called_a_dash(key: str) -> None:
    form = record_form(REGISTERS[key], None, None)
    choices = [field.choices for field in form.fields.values() if isinstance(field, forms.TypedChoiceField)]
    called = [value for options in choices for value, label in options if str(label) == "–"]
    assert [value for value in called if value != ""] == []


def test_all_that_does_not_fit_is_told_in_one_round() -> None:
    client, _head = as_head()
    answer = client.post("/actions/new/", {"title": "", "cost_eur": "-1"})
    assert {"title", "cost_eur"} <= set(answer.context["form"].errors)
