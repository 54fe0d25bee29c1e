"""What was typed and not sent is kept for who typed it: refused, signed out, out of date, or never sent at all."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.register.jobs import forget
from kivijalka.register.models import Draft
from kivijalka.register.models.working import DRAFTS_KEPT
from kivijalka.risks.models import Risk
from tests.api.programs import as_head
from tests.factories import account_of, delegation, holder, risk
from tests.web.test_once import form_of, new_risk
from tests.who import sign_in

pytestmark = pytest.mark.django_db
NEW = "/risks/new/"


def typing(client: Client, form: dict[str, Any], address: str = NEW) -> Any:
    """What the page's script sends while somebody types."""
    sent = {name: value for name, value in form.items() if name != "once"}
    return client.post("/drafts/", {**sent, "key": form["once"], "address": address})


def offered(client: Client, address: str = NEW) -> str | None:
    """The address at which the page offers to continue."""
    found = re.search(r'href="([^"]+[?;]draft=[^"]+)"', client.get(address).content.decode())
    return unescape(found[1]) if found else None


def continued(client: Client, address: str = NEW) -> str:
    """The form, with what was typed before."""
    where = offered(client, address)
    assert where is not None, "nothing is offered"
    return client.get(where).content.decode()


def test_what_was_typed_and_never_sent_is_offered_when_the_form_is_opened_again() -> None:
    client, head = as_head()
    answer = typing(client, new_risk(client, head.unit, "Half a thou"))
    assert answer.status_code == 200 and re.fullmatch(r"Säilytetty \d+\.\d\d", answer.content.decode())
    page = continued(client)
    assert 'value="Half a thou"' in page and "kj-error" not in page
    assert Risk.objects.count() == 0


def test_a_draft_is_gone_when_its_form_is_saved_and_does_not_come_back_by_a_late_word() -> None:
    client, head = as_head()
    form = new_risk(client, head.unit)
    typing(client, form)
    assert client.post(NEW, form).status_code == 302
    typing(client, form)
    assert offered(client) is None
    assert Draft.objects.get().values is None


def test_a_draft_that_was_continued_and_saved_is_gone() -> None:
    client, head = as_head()
    typing(client, new_risk(client, head.unit, "Half"))
    where = offered(client)
    assert where is not None
    assert client.post(NEW, {**new_risk(client, head.unit, "Whole"), **form_of(client, where)}).status_code == 302
    assert (offered(client), Risk.objects.get().title) == (None, "Whole")


def test_a_draft_is_thrown_away() -> None:
    client, head = as_head()
    form = new_risk(client, head.unit)
    typing(client, form)
    thrown = {"draft": form["draft"], "once": form_of(client, NEW)["once"], "address": NEW, "throw": "1"}
    answer = client.post("/drafts/", thrown)
    assert (answer.status_code, answer["Location"], offered(client)) == (302, NEW, None)


def test_what_was_refused_is_kept_without_any_script() -> None:
    client, head = as_head()
    assert client.post(NEW, {**new_risk(client, head.unit, "Where?"), "unit": "Nowhere"}).status_code == 422
    page = continued(client)
    assert 'value="Where?"' in page and 'value="Nowhere"' in page


def test_a_form_sent_after_the_session_has_ended_is_offered_after_signing_in() -> None:
    client, head = as_head()
    form = new_risk(client, head.unit, "Too late")
    client.logout()
    answer = client.post(NEW, form, headers={"referer": f"http://testserver{NEW}"})
    assert answer.status_code == 302 and answer["Location"].endswith(f"?next={NEW}")
    sign_in(client, head)
    assert 'value="Too late"' in continued(client)


def test_typing_goes_on_being_kept_when_the_session_has_ended_and_the_page_says_so() -> None:
    client, head = as_head()
    form = new_risk(client, head.unit, "Still here")
    client.logout()
    assert "kirjautunut ulos" in typing(client, form).content.decode()
    sign_in(client, head)
    assert 'value="Still here"' in continued(client)


def test_a_form_whose_token_is_out_of_date_is_kept() -> None:
    head = as_head()[1]
    client = sign_in(Client(enforce_csrf_checks=True), head)
    answer = client.post(NEW, new_risk(client, head.unit, "Kept all the same") | {"csrfmiddlewaretoken": "x" * 64})
    assert answer.status_code == 403 and "tallessa" in answer.content.decode()
    assert 'value="Kept all the same"' in continued(client)


def test_a_draft_of_an_edit_is_merged_with_what_another_saved_meanwhile() -> None:
    client, head = as_head()
    found = risk(unit=head.unit, title="Before")
    address = f"/risks/{found.pk}/edit/"
    form = form_of(client, address)
    Risk.objects.filter(pk=found.pk).update(cause="Theirs")
    typing(client, {**form, "title": "Mine", "cause": ""}, address)
    page = continued(client, address)
    assert 'value="Mine"' in page and f'name="version" value="{form["version"]}"' in page


def test_choices_of_a_verb_come_back_as_they_were_chosen() -> None:
    client, head = as_head()
    address = f"/risks/{risk(unit=head.unit).pk}/do/assess/"
    typing(client, {**form_of(client, address), "likelihood": "4", "stage": "current"}, address)
    assert re.search(r'name="likelihood" value="4"[^>]* checked', continued(client, address))


def test_a_draft_is_its_writer_s_alone() -> None:
    client, head = as_head()
    deputy = holder("unit_head", unit=head.unit)
    delegation(head, deputy)
    typing(client, new_risk(client, head.unit, "Of me alone"))
    other = sign_in(Client(), deputy)
    assert offered(other) is None
    other.post("/on-behalf/", {"person": head.pk})
    assert offered(other) is None
    with acting(deputy.pk, on_behalf_of=head.pk):
        assert not Draft.objects.exists()


def test_nobody_writes_over_another_s_draft() -> None:
    client, head = as_head()
    form = new_risk(client, head.unit, "Mine")
    typing(client, form)
    other = sign_in(Client(), holder("unit_head", unit=head.unit))
    typing(other, {**new_risk(other, head.unit, "Theirs"), "draft": form["draft"]})
    assert 'value="Mine"' in continued(client) and Draft.objects.count() == 1


def test_a_password_is_never_kept() -> None:
    client, head = as_head()
    typing(client, {**new_risk(client, head.unit), "password": "a secret", "new_password1": "a secret"})
    assert "a secret" not in str(Draft.objects.get().values)
    page = client.get(NEW).content.decode()
    assert 'type="password"' not in page


@pytest.mark.parametrize(
    "bad", [{"once": "forged"}, {"draft": "no id"}, {"address": "https://elsewhere.example/"}, {"title": "x" * 200_001}]
)
def test_what_no_form_of_ours_sends_is_not_kept(bad: dict[str, str]) -> None:
    client, head = as_head()
    form = {**new_risk(client, head.unit), **bad}
    answer = typing(client, form, bad.get("address", NEW))
    assert (answer.status_code, Draft.objects.count()) == (404, 0)


def test_a_form_with_a_character_that_cannot_be_stored_is_kept_without_it() -> None:
    client, head = as_head()
    client.post(NEW, new_risk(client, head.unit, "With\0out"))
    assert 'value="Without"' in continued(client)


def test_who_has_left_keeps_nothing() -> None:
    client, head = as_head()
    form = new_risk(client, head.unit)
    account_of(head)
    type(head).objects.filter(pk=head.pk).update(end=timezone.localdate() - timedelta(days=1))
    assert typing(client, form).status_code < 500
    assert not Draft.objects.exists()


def test_drafts_are_kept_for_thirty_days() -> None:
    head = as_head()[1]
    for title, ago in (("old", DRAFTS_KEPT + timedelta(minutes=1)), ("new", DRAFTS_KEPT - timedelta(minutes=1))):
        Draft.objects.create(id=uuid4(), person=head, address=NEW, values={"title": [title]}, at=timezone.now() - ago)
    forget(timestamp=0)
    assert [draft.values for draft in Draft.objects.all()] == [{"title": ["new"]}]
