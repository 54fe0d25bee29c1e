"""Letters go through a real mail server: in the reader's language, with what is new, never twice, and end by one click."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import get_connection
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.desk import digest, jobs
from kivijalka.organisation.models import Person
from kivijalka.register import attachments, discussion
from kivijalka.register.models.working import Digest
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests.database import address_of, connected_to
from tests.factories import account_of, assessed_risk, holder, in_days, risk
from tests.receivers import Office, mail_server
from tests.who import sign_in

ROOT = Path(__file__).resolve().parents[2]
TODAY = timezone.localdate()
SITE = "https://kj.esimerkki.example"


@pytest.fixture
def office(settings: Any) -> Iterator[Office]:
    settings.SITE_URL = SITE
    with mail_server(settings) as kept:
        yield kept


@pytest.fixture
def reader(committed: str) -> Person:
    """Somebody for whom something waits."""
    someone = holder("unit_head", language="sv")
    account_of(someone)
    assessed_risk("Tulipalo", treatment="accept", owner=someone, unit=someone.unit, review=in_days(-3))
    return someone


def write(committed: str, day: date = TODAY) -> int:
    """A round of letters, as the site's role."""
    with connected_to(committed, "APP"):
        return jobs.write_to_all(day)


def text_of(letter: EmailMessage) -> str:
    return str(letter.get_content())


def test_a_letter_says_what_waits_in_the_reader_s_language(committed: str, office: Office, reader: Person) -> None:
    assert write(committed) == 1
    [letter] = office.letters
    found = Risk.objects.get()
    assert (letter["To"], letter["Subject"]) == (reader.email, "Kivijalka: 1 sak väntar på dig")
    assert f"{found.code} Tulipalo" in text_of(letter) and f"{SITE}/risks/{found.pk}/" in text_of(letter)


def test_nobody_is_written_to_twice_a_day_nor_without_anything_new(
    committed: str, office: Office, reader: Person
) -> None:
    assert [write(committed), write(committed), write(committed, in_days(1))] == [1, 0, 0]
    Digest.objects.update(sent_at=timezone.now() - timedelta(days=8))
    assert write(committed, in_days(2)) == 1


def test_mentions_and_what_others_did_to_what_one_follows_are_new(
    committed: str, office: Office, reader: Person
) -> None:
    write(committed)
    head = holder("unit_head", unit=reader.unit)
    asked, followed = risk("Vesivahinko", unit=reader.unit), risk("Murto", unit=reader.unit)
    papers = risk("Muutto", unit=reader.unit)
    with acting(reader.pk) as actor:
        discussion.follow(actor, followed.pk, follows=True)
        discussion.follow(actor, papers.pk, follows=True)
    with acting(head.pk) as actor:
        discussion.say(actor, asked, f"@{reader.code} Hur är det?")
        REGISTERS["risk"].all_commands["close"](actor, followed, reason="It is gone.")
        attachments.attach(actor, papers, name="plan.pdf", data=b"%PDF-1.7")
    assert write(committed, in_days(1)) == 1
    said = text_of(office.letters[-1])
    assert f"{head}: {asked}" in said or f"{asked.code} Vesivahinko" in said
    assert f"{papers.code} Muutto: Fil" in said
    assert f"{followed.code} Murto: " in said and "Hur är det" not in said
    assert write(committed, in_days(2)) == 0, "told once"


def test_what_one_did_oneself_is_no_news(committed: str, office: Office, reader: Person) -> None:
    write(committed)
    followed = risk("Murto", unit=reader.unit)
    with acting(reader.pk) as actor:
        discussion.follow(actor, followed.pk, follows=True)
        REGISTERS["risk"].all_commands["close"](actor, followed, reason="It is gone.")
    assert write(committed, in_days(1)) == 0


def test_confidential_records_stand_in_a_letter_by_their_code(committed: str, office: Office, reader: Person) -> None:
    Risk.objects.update(confidentiality=2)
    write(committed)
    said = text_of(office.letters[0])
    assert Risk.objects.get().code in said and "Tulipalo" not in said


def test_what_the_server_refuses_is_tried_again_the_next_time(committed: str, office: Office, reader: Person) -> None:
    office.refuses = True
    assert write(committed) == 0
    office.refuses = False
    assert [write(committed), len(office.letters)] == [1, 1]


def test_without_a_server_the_round_ends_and_nothing_is_lost(
    committed: str, office: Office, reader: Person, settings: Any
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    with pytest.raises(OSError, match="refused"):
        write(committed)
    settings.EMAIL_PORT = port
    assert write(committed) == 1


def test_one_who_is_killed_while_sending_sends_nothing_twice(
    committed: str, office: Office, reader: Person, settings: Any
) -> None:
    """The server has the letter, the sender dies before it hears so: the worst moment there is."""
    code = (
        "import django; django.setup()\n"
        "from kivijalka.desk import jobs\n"
        "from django.utils import timezone\n"
        "jobs.write_to_all(timezone.localdate())\n"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": address_of(committed, "APP"),
        "KIVIJALKA_SMTP_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
        "KIVIJALKA_EMAIL_FROM": "kj@esimerkki.example",
        "KIVIJALKA_SITE_URL": SITE,
        "KIVIJALKA_MODE": "demo",
    }
    sender = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=ROOT)
    office.kills = lambda: os.kill(sender.pid, signal.SIGKILL)
    assert sender.wait(60) == -signal.SIGKILL
    office.kills = None
    assert len(office.letters) == 1
    assert [write(committed), len(office.letters)] == [0, 1]
    assert [write(committed, in_days(1)), len(office.letters)] == [1, 2], "what it said stands in the next one"


def test_of_two_that_send_at_once_one_does(committed: str, office: Office, reader: Person) -> None:
    with connected_to(committed, "APP"), get_connection() as mail:
        assert [digest.send(reader.pk, TODAY, mail), digest.send(reader.pk, TODAY, mail)] == [True, False]


def test_who_has_left_or_does_not_sign_in_gets_none(committed: str, office: Office, reader: Person) -> None:
    Person.objects.filter(pk=reader.pk).update(end=in_days(-1))
    assessed_risk(owner=holder("unit_head"), review=in_days(-3))
    assert write(committed) == 0


def test_one_click_ends_the_letters_signed_in_or_not(committed: str, office: Office, reader: Person) -> None:
    write(committed)
    letter = office.letters[0]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(letter["List-Unsubscribe"]).strip(" <>").removeprefix(SITE)
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(address).status_code == 200 and Digest.objects.get().wanted
    answer = strict.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, Digest.objects.get().wanted) == (200, False)
    assert write(committed, in_days(9)) == 0
    assert strict.post(address.replace(reader.pk.hex, holder().pk.hex)).status_code == 404


def test_letters_are_had_again_on_a_page_of_one_s_own(committed: str, reader: Person) -> None:
    client = sign_in(Client(), reader)
    for wanted in ("0", "1"):
        client.post("/account/letters/", {"wanted": wanted})
        page = client.get("/account/letters/").content.decode()
        assert re.search(r'name="wanted" value="(.)"', page)[1] != wanted  # type: ignore[index]
    assert client.get("/account/").content.decode().count("/account/letters/") == 1
