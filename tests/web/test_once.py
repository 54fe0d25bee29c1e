"""An action that is sent twice happens once: a double click, a program that tries again, two at the same moment."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from kivijalka.register.jobs import forget
from kivijalka.register.models import Sent
from kivijalka.register.models.working import KEYS_KEPT
from kivijalka.risks.models import Risk
from tests.api.programs import as_head, send, told
from tests.database import address_of
from tests.factories import account_of, delegation, fresh, holder, risk, sector
from tests.who import sign_in

TEMPLATES = Path("kivijalka/register/ui/templates")
# Forms that change nothing but one's own session.
OF_SESSION = ("sign-in", "sign-out", "language", "on-behalf")
db = pytest.mark.django_db


def form_of(client: Client, address: str) -> dict[str, Any]:
    """The hidden fields of a form as it was opened."""
    page = client.get(address).content.decode()
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.split('class="kj-form"')[1])
    return dict(hidden)


def new_risk(client: Client, unit: Any, title: str = "Once") -> dict[str, Any]:
    typed = {"title": title, "unit": unit.code, "kind": "operational", "sign": "threat", "confidentiality": "1"}
    return {**form_of(client, "/risks/new/"), **typed}


@db
def test_a_form_sent_twice_adds_one_record_and_leads_to_it_twice() -> None:
    client, head = as_head()
    form = new_risk(client, head.unit)
    first, second = (client.post("/risks/new/", form) for _ in range(2))
    assert Risk.objects.get().title == "Once"
    assert first.headers["location"] == second.headers["location"] == f"/risks/{Risk.objects.get().pk}/"


@db
def test_two_openings_of_a_form_are_two_actions() -> None:
    client, head = as_head()
    for _ in range(2):
        client.post("/risks/new/", new_risk(client, head.unit))
    assert Risk.objects.count() == 2


@db
def test_a_form_that_was_refused_is_mended_and_sent_with_the_same_key() -> None:
    client, head = as_head()
    form = new_risk(client, head.unit)
    assert client.post("/risks/new/", {**form, "title": ""}).status_code == 422
    assert client.post("/risks/new/", form).status_code == 302
    assert Risk.objects.count() == 1


@db
def test_a_verb_sent_twice_is_done_once() -> None:
    client, head = as_head()
    found = risk(unit=head.unit)
    address = f"/risks/{found.pk}/do/assess/"
    form = {**form_of(client, address), "likelihood": 3, "finance": 3, "stage": "current"}
    answers = {client.post(address, form).status_code for _ in range(2)}
    assert (answers, found.assessments.count()) == ({302}, 1)


@db
def test_a_program_that_tries_again_gets_its_first_answer() -> None:
    client, head = as_head()
    body = {"title": "Once", "unit": head.unit.code}
    first, second = (send(client, "post", "/api/risks", body, headers={"Idempotency-Key": "a"}) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert (first.json(), first.headers["location"]) == (second.json(), second.headers["location"])
    assert Risk.objects.count() == 1


@db
def test_a_key_with_another_body_is_refused() -> None:
    client, head = as_head()
    for title, answer in (("One", 201), ("Another", 422)):
        body = {"title": title, "unit": head.unit.code}
        given = send(client, "post", "/api/risks", body, headers={"Idempotency-Key": '"k-1"'})
        assert given.status_code == answer
    assert told(given) == (422, "sent_before")
    assert Risk.objects.get().title == "One"


@db
def test_a_program_s_refused_request_leaves_no_key() -> None:
    client, head = as_head()
    for title, answer in (("", 422), ("Mended", 201)):
        body = {"title": title, "unit": head.unit.code}
        assert send(client, "post", "/api/risks", body, headers={"Idempotency-Key": "k"}).status_code == answer


@db
@pytest.mark.parametrize("key", ["", "x" * 201, "ä"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    client, head = as_head()
    body = {"title": "New", "unit": head.unit.code}
    answer = send(client, "post", "/api/risks", body, headers={"Idempotency-Key": key})
    assert told(answer) == (422, "invalid") and "Idempotency-Key" in answer.json()["errors"]


@db
def test_a_key_is_one_person_s_and_one_principal_s_own() -> None:
    unit = sector()
    absent, deputy = holder("unit_head", unit=unit), holder("unit_head", unit=unit)
    delegation(absent, deputy)
    body = {"title": "Mine", "unit": unit.code}
    for person in (absent, deputy):
        client = sign_in(Client(), person)
        assert send(client, "post", "/api/risks", body, headers={"Idempotency-Key": "k"}).status_code == 201
    client.post("/on-behalf/", {"person": absent.pk})
    again = send(client, "post", "/api/risks", body, headers={"Idempotency-Key": "k"})
    assert (told(again), Risk.objects.count()) == ((422, "sent_before"), 2)


def test_of_two_that_send_at_once_the_second_waits_and_does_what_the_first_did_not(committed: str) -> None:
    head = holder("unit_head", unit=sector())
    client = sign_in(Client(), head)
    form = new_risk(client, head.unit)
    with psycopg.connect(address_of(committed)) as first, ThreadPoolExecutor(1) as pool:
        account_of(head)
        first.execute("insert into register_sent (person_id, key, digest) values (%s, %s, '')", [head.pk, form["once"]])
        second = pool.submit(posted, client, form)
        waits_for(committed)
        assert not second.done()
        first.rollback()
        assert second.result(timeout=20) == 302
    assert Risk.objects.count() == 1


def test_a_form_sent_by_many_at_once_is_done_once(committed: str) -> None:
    head = holder("unit_head", unit=sector())
    form = new_risk(sign_in(Client(), head), head.unit)
    clients = [sign_in(Client(), head) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda client: posted(client, form), clients))
    assert (answers, Risk.objects.count()) == ([302] * 4, 1)


def posted(client: Client, form: dict[str, Any]) -> int:
    """Send the form over a connection of this thread's own."""
    try:
        return client.post("/risks/new/", form).status_code
    finally:
        connection.close()


def waits_for(database: str) -> None:
    """Until somebody waits for a lock in the database."""
    waiting = "select exists (select 1 from pg_stat_activity where datname = %s and wait_event_type = 'Lock')"
    with psycopg.connect(address_of(database), autocommit=True) as server:
        for _ in range(400):
            if server.execute(waiting, [database]).fetchone() == (True,):
                return
            time.sleep(0.05)
    raise AssertionError("nobody waits")


@db
def test_keys_are_kept_for_a_day() -> None:
    client, head = as_head()
    for key, ago in (("old", KEYS_KEPT + timedelta(minutes=1)), ("new", KEYS_KEPT - timedelta(minutes=1))):
        Sent.objects.create(person=head, key=key, digest="", at=timezone.now() - ago)
    forget(timestamp=0)
    assert [sent.key for sent in Sent.objects.all()] == ["new"]


def test_every_form_that_does_something_is_done_once() -> None:
    without = [
        f"{path.relative_to(TEMPLATES)}: {form[:80]}"
        for path in TEMPLATES.rglob("*.html")
        for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.S)
        if "{% once %}" not in form and not any(f"'{name}" in form for name in OF_SESSION)
    ]
    # A password or code that is typed leaves no digest; the library lets each be used once. A token that is made
    # stands in the answer, which is not kept. Where letters are ended nobody is signed in, and twice is as once.
    without_key = (
        "web/sign_in.html",
        "signin/form.html",
        "mfa/authenticate.html",
        "signin/tokens.html",
        "desk/unsubscribe.html",
    )
    assert [form for form in without if not form.startswith(without_key)] == []


@db
def test_what_was_answered_is_kept_without_what_only_the_browser_needs() -> None:
    client, head = as_head()
    client.post("/risks/new/", new_risk(client, head.unit))
    kept = Sent.objects.get()
    assert (kept.status, set(kept.headers)) == (302, {"Content-Type", "Location"})
    assert "csrf" not in json.dumps([kept.body, kept.headers])
    assert fresh(kept).person_id == head.pk
