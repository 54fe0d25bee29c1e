"""Two people who edit one record: what does not conflict is merged, what does is shown, and neither text is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.risks.models import Risk
from tests.factories import fresh, holder, risk, sector
from tests.who import sign_in

pytestmark = pytest.mark.django_db


def answers_in(form: Any, found: Risk) -> dict[str, Any]:
    """What an opened form would send as it is."""
    filled = {name: "" if value is None else value for name, value in form["form"].initial.items()}
    return filled | {"unit": found.unit.code}


class Desk:
    """One of two people who opened the form of the same risk."""

    def __init__(self, person: Any, found: Risk) -> None:
        self.client, self.found = sign_in(Client(), person), found
        form = self.client.get(self.address).context
        self.version, self.answers = form["version"], answers_in(form, found)

    @property
    def address(self) -> str:
        return f"/risks/{self.found.pk}/edit/"

    def save(self, **changed: Any) -> Any:
        return self.client.post(self.address, {**self.answers, "version": self.version, **changed})


@pytest.fixture
def desks() -> tuple[Desk, Desk, Risk]:
    unit = sector()
    found = risk("Fire", unit=unit, cause="Old wires.\nNo alarm.", event="It burns.")
    return Desk(holder("unit_head", unit=unit), found), Desk(holder("unit_head", unit=unit), found), found


def test_what_does_not_conflict_is_merged(desks: tuple[Desk, Desk, Risk]):
    one, other, found = desks
    assert one.save(cause="New wires.").status_code == 302
    assert other.save(cause="Old wires.\r\nNo alarm.", event="It smokes.").status_code == 302
    assert (fresh(found).cause, fresh(found).event) == ("New wires.", "It smokes.")


def test_what_conflicts_shows_before_theirs_and_mine_and_stores_nothing(desks: tuple[Desk, Desk, Risk]):
    one, other, found = desks
    one.save(cause="Written by one.", event="It smokes.")
    answer = other.save(cause="Written by the other.", consequence="Smoke.")
    assert answer.status_code == 409
    shown = answer.content.decode().split('class="kj-clash"')[1].split("</fieldset>")[0]
    assert all(text in shown for text in ("Old wires.", "Written by one.", "Written by the other."))
    assert answer.content.decode().count('class="kj-clash"') == 1
    assert "It smokes." in answer.content.decode() and "Smoke." in answer.content.decode()
    assert (fresh(found).cause, fresh(found).consequence) == ("Written by one.", "")


@pytest.mark.parametrize(("keep", "cause"), [("mine", "Both texts."), ("theirs", "Written by one.")])
def test_who_is_asked_decides(desks: tuple[Desk, Desk, Risk], keep: str, cause: str):
    one, other, found = desks
    one.save(cause="Written by one.")
    asked = other.save(cause="Written by the other.").context
    other.version = asked["version"]
    other.save(cause="Both texts.", consequence="Smoke.", **{"keep-cause": keep})
    assert (fresh(found).cause, fresh(found).consequence) == (cause, "Smoke.")


def test_a_mistake_in_the_form_does_not_hide_what_another_saved(desks: tuple[Desk, Desk, Risk]):
    one, other, found = desks
    one.save(cause="Written by one.")
    answer = other.save(title="", cause="Written by the other.")
    assert (answer.status_code, answer.context["version"]) == (422, other.version)
    assert other.save(cause="Written by the other.").status_code == 409
    assert fresh(found).cause == "Written by one."
