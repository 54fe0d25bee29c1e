"""What a person or a program is told when something is not there, is refused, or breaks."""

from __future__ import annotations

import errno
import os
import re
from typing import Any

import pytest
from django import db
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from psycopg import errors

from kivijalka.register.doors import rows
from kivijalka.register.models.files import ImportFile
from tests.factories import holder, sector
from tests.who import sign_in

pytestmark = pytest.mark.django_db
LANGUAGES = ("fi", "sv", "en")


def broken(*_args: Any, **_named: Any) -> Any:
    raise RuntimeError("a fault of ours")


def without(error: Exception) -> Any:
    """What asks the database, and how Django tells the error that it gets."""

    def ask(*_args: Any, **_named: Any) -> Any:
        raise db.OperationalError(*error.args) from error

    return ask


def client_in(language: str = "fi", **named: Any) -> Client:
    client = sign_in(Client(raise_request_exception=False, **named), holder("unit_head", unit=sector()))
    client.cookies["language"] = language
    return client


def headings(answer: Any) -> list[str]:
    return re.findall(r"<h[12][^>]*>([^<]+)<", answer.content.decode().split("<main")[1])


def test_a_fault_is_told_in_three_languages_on_a_page_that_asks_nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "page", broken)
    answer = client_in().get("/risks/")
    assert answer.status_code == 500
    assert headings(answer) == ["Jokin meni vikaan", "Något gick fel", "Something went wrong"]
    assert "RuntimeError" not in answer.content.decode()


def test_a_fault_is_told_to_who_runs_the_site_a_refusal_is_not(monkeypatch: pytest.MonkeyPatch, caplog: Any):
    client = client_in()
    with monkeypatch.context() as while_broken:
        while_broken.setattr(rows, "page", broken)
        client.get("/risks/")
    assert "RuntimeError: a fault of ours" in caplog.text
    caplog.clear()
    client.get("/risks/nowhere/")
    assert caplog.text == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_is_told_of_a_fault_as_of_any_problem(monkeypatch: pytest.MonkeyPatch, language: str):
    monkeypatch.setattr("kivijalka.register.doors.rows.page", broken)
    answer = client_in(language).get("/api/risks")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["code"] == "fault" and "a fault of ours" not in answer.content.decode()


AWAY = [
    errors.OperationalError("connection refused"),
    errors.AdminShutdown("terminating connection due to administrator command"),
    errors.CannotConnectNow("the database system is starting up"),
    errors.TooManyConnections("sorry, too many clients already"),
    errors.DiskFull("could not extend file: No space left on device"),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_without_its_database_a_page_says_so_in_three_languages(
    monkeypatch: pytest.MonkeyPatch, caplog: Any, error: Exception
):
    client = client_in()
    monkeypatch.setattr(rows, "page", without(error))
    answer = client.get("/risks/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert headings(answer) == ["Hetkinen", "Ett ögonblick", "One moment"]
    assert str(error) not in answer.content.decode()
    assert caplog.messages == [f"Service Unavailable: /risks/: {error}"] and "Traceback" not in caplog.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_its_database_a_program_is_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch, language: str):
    client = client_in(language)
    monkeypatch.setattr(rows, "page", without(errors.AdminShutdown()))
    answer = client.get("/api/risks")
    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (
        503,
        "application/problem+json",
        "10",
    )
    assert answer.json()["code"] == "away"


def test_a_file_that_finds_no_room_on_the_way_in_is_told_so(monkeypatch: pytest.MonkeyPatch):
    def full(*_args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    client = client_in()
    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
    answer = client.post("/risks/import/", {"file": SimpleUploadedFile("risks.csv", b"Title\n" + b"x" * 2**22)})
    assert (answer.status_code, headings(answer)[0]) == (503, "Hetkinen")
    assert not ImportFile.objects.exists()


def test_a_site_whose_machine_lost_its_power_keeps_no_transaction_open():
    with db.connection.cursor() as cursor:
        cursor.execute("show idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("5min",)


def test_a_deadlock_is_a_fault_of_ours_and_not_of_the_database(monkeypatch: pytest.MonkeyPatch):
    client = client_in()
    monkeypatch.setattr(rows, "page", without(errors.DeadlockDetected()))
    assert client.get("/risks/").status_code == 500


def test_each_language_has_its_own_words_for_what_is_not_there():
    said = [headings(client_in(language).get("/risks/nowhere/"))[0] for language in LANGUAGES]
    assert len(set(said)) == 3


def test_a_form_without_its_token_is_refused_on_a_page_of_this_house():
    answer = client_in("en", enforce_csrf_checks=True).post("/risks/new/", {"title": "From elsewhere"})
    assert answer.status_code == 403
    assert headings(answer)[0] == "This was not done"
    assert "out of date" in answer.content.decode()
