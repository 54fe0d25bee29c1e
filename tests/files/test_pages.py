"""The four steps of an import in the browser's eyes, and the same from the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from kivijalka.organisation.models import Person
from kivijalka.register.doors.files.read import read
from kivijalka.register.management.commands.import_file import Command
from kivijalka.register.models.files import ImportFile, ImportMapping
from kivijalka.risks.models import Assessment, Risk
from kivijalka.risks.queries import meanings
from tests.factories import account_of, holder, risk
from tests.files.imports import csv_of
from tests.who import as_owner, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return holder("risk_expert")


@pytest.fixture
def browser(manager: Person, client: Client) -> Client:
    client.cookies["language"] = "en"
    return sign_in(client, manager)


def upload(browser: Client, data: bytes, name: str = "risks.csv") -> str:
    """The address of the columns page that the upload leads to."""
    answer = browser.post("/risks/import/", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_four_steps_bring_a_file_in(browser: Client, manager: Person):
    assert browser.get("/risks/import/").status_code == 200
    columns = upload(browser, csv_of(["Name", "Likelihood", "Impact"], ["Fire", "hardly", "High"]))
    assert "hardly" in browser.get(columns).content.decode()
    choices = {"column-0": "title", "column-1": "likelihood", "column-2": "finance", "name": "Fires"}
    preview = browser.post(columns, {**choices, "fixed-unit": manager.unit.code})["Location"]
    page = browser.get(preview)
    assert "“hardly”. It is not known" in page.content.decode()
    stopped = browser.post(preview, {"commit": "1", "refused": "2"})
    assert stopped.status_code == 422
    assert not Risk.objects.exists()
    browser.post(preview, {"words": "1", "word:likelihood:hardly": "1"})
    done = browser.post(preview, {"commit": "1"})["Location"]
    assert "New: 1." in browser.get(done).content.decode()
    made = Risk.objects.get()
    assert (made.title, made.likelihood, made.impact, made.state) == ("Fire", 1, 4, "assessed")
    assert Assessment.objects.get().assessor == manager
    assert browser.post(preview, {"commit": "1"}).status_code == 409


def test_a_name_that_was_not_recognised_is_corrected_like_a_word(browser: Client, manager: Person):
    columns = upload(browser, csv_of(["Title", "Owner", "Areas"], ["Fire", "Boss", "fire and rescue safety; smoke"]))
    choices = {"column-0": "title", "column-1": "owner", "column-2": "areas", "name": "Fires"}
    preview = browser.post(columns, {**choices, "fixed-unit": manager.unit.code})["Location"]
    page = browser.get(preview).content.decode()
    assert 'name="word:owner:Boss"' in page
    assert 'name="word:areas:smoke"' in page
    meanings = {"word:owner:Boss": f"{manager.code} {manager}", "word:areas:smoke": "premises_security"}
    browser.post(preview, {"words": "1", **meanings})
    browser.post(preview, {"commit": "1"})
    made = Risk.objects.get()
    assert (made.owner, made.areas) == (manager, ["rescue_safety", "premises_security"])


def test_a_meaning_that_names_nothing_is_told_at_its_field(browser: Client, manager: Person):
    columns = upload(browser, csv_of(["Title", "Owner"], ["Fire", "Boss"]))
    choices = {"column-0": "title", "column-1": "owner", "name": "Fires"}
    preview = browser.post(columns, {**choices, "fixed-unit": manager.unit.code})["Location"]
    assert "kj-error" not in browser.get(preview).content.decode()
    browser.post(preview, {"words": "1", "word:owner:Boss": "P-999999"})
    page = browser.get(preview).content.decode()
    field = page.partition('name="word:owner:Boss"')[2].partition("</div>")[0]
    assert 'aria-invalid="true"' in field and "Nothing was found by this name or code." in field
    browser.post(preview, {"words": "1", "word:owner:Boss": manager.code})
    assert "aria-invalid" not in browser.get(preview).content.decode()


def test_a_value_for_all_rows_that_cannot_be_read_is_told_at_its_field(browser: Client, manager: Person):
    columns = upload(browser, csv_of(["Title", "Owner"], ["Fire", manager.code]))
    choices = {"column-0": "title", "column-1": "owner", "name": "Fires"}
    answer = browser.post(columns, {**choices, "fixed-unit": "No such place"})
    assert answer.status_code == 422
    assert list(answer.context["fixed"].errors) == ["unit"]
    page = answer.content.decode()
    assert (
        'id="id_fixed-unit_error">Nothing was found by this name or code.' in page and 'value="No such place"' in page
    )
    # What has a column of its own is read from that.
    assert (
        browser.post(columns, {**choices, "fixed-unit": manager.unit.code, "fixed-owner": "Nobody"}).status_code == 302
    )


def test_levels_stand_in_the_words_of_the_policy_in_force(browser: Client, manager: Person):
    columns = upload(browser, csv_of(["Title", "Likelihood", "Impact"], ["Fire", "likely", "4"]))
    choices = {"column-0": "title", "column-1": "likelihood", "column-2": "finance", "name": "Fires"}
    with translation.override("en"):
        words = meanings()
    likelihood, finance = (str(words[name][4]) for name in ("likelihood", "finance"))
    assert f'<option value="4">{likelihood}</option>' in browser.get(columns).content.decode()
    preview = browser.post(columns, {**choices, "fixed-unit": manager.unit.code})["Location"]
    page = browser.get(preview).content.decode()
    assert f'<option value="4" selected>{likelihood}</option>' in page
    assert f"Likelihood: {likelihood}" in page
    assert f"Impact on finance: {finance}" in page


def test_words_of_a_file_are_quoted_as_the_reader_does(browser: Client, manager: Person):
    columns = upload(browser, csv_of(["Name", "Likelihood"], ["Fire", "hardly"]))
    choices = {"column-0": "title", "column-1": "likelihood", "name": "Fires", "fixed-unit": manager.unit.code}
    preview = browser.post(columns, choices)["Location"]
    assert browser.get(preview).content.decode().count("“hardly”") == 2
    browser.cookies["language"] = "sv"
    assert browser.get(preview).content.decode().count("”hardly”") == 2


def test_refused_rows_are_downloaded_with_their_reasons_mended_and_brought_in(browser: Client, manager: Person):
    rows = [["Fire", manager.unit.code, "=1+1"], ["Flood", "Nowhere", "=2+2"]]
    columns = upload(browser, csv_of(["Title", "Unit", "Cause"], *rows))
    choices = {"column-0": "title", "column-1": "unit", "column-2": "cause", "name": "Fires"}
    preview = browser.post(columns, choices)["Location"]
    address = preview.replace("preview/", "refused.xlsx")
    assert address in browser.get(preview).content.decode()
    refused = read(browser.get(address).content)
    assert refused.headings == ["Title", "Unit", "Cause", "Why refused"]
    assert [row.cells["Title"] for row in refused.rows] == ["Flood"]
    assert refused.rows[0].cells["Cause"] == "=2+2"
    assert "Nothing was found by this name" in str(refused.rows[0].cells["Why refused"])
    columns = upload(browser, browser.get(address).content, "refused.xlsx")
    page = browser.get(columns).content.decode()
    assert "Why refused" in page


def test_the_next_file_offers_the_kept_mapping(browser: Client, manager: Person):
    data = csv_of(["No", "What"], ["1", "Fire"])
    columns = upload(browser, data)
    preview = browser.post(
        columns, {"column-0": "key", "column-1": "title", "fixed-unit": manager.unit.code, "name": "Fires"}
    )["Location"]
    browser.post(preview, {"commit": "1"})
    kept = ImportMapping.objects.get()
    assert "Fires" in browser.get("/risks/import/").content.decode()
    answer = browser.post("/risks/import/", {"file": SimpleUploadedFile("2.csv", data), "mapping": str(kept.pk)})
    columns = answer["Location"]
    assert 'value="key" selected' in browser.get(columns).content.decode()


def test_a_broken_file_is_told_on_the_page(browser: Client):
    answer = browser.post("/risks/import/", {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04 broken")})
    assert answer.status_code == 422
    assert "damaged" in answer.content.decode()
    assert browser.post("/risks/import/", {}).status_code == 422


def test_two_columns_cannot_go_to_one_field(browser: Client):
    columns = upload(browser, csv_of(["A", "B"], ["1", "2"]))
    answer = browser.post(columns, {"column-0": "title", "column-1": "title", "name": "x"})
    assert answer.status_code == 422
    assert "Two columns" in answer.content.decode()


def test_a_file_of_somebody_else_is_not_there(browser: Client, client: Client):
    columns = upload(browser, csv_of(["Title"], ["Fire"]))
    stranger = sign_in(Client(), holder("risk_expert"))
    assert stranger.get(columns).status_code == 404
    assert stranger.get(columns.replace("columns", "preview")).status_code == 404


def test_who_may_only_look_may_not_import():
    onlooker = sign_in(Client(), holder("auditor"))
    assert onlooker.get("/risks/import/").status_code == 403
    answer = onlooker.post("/risks/import/", {"file": SimpleUploadedFile("x.csv", b"Title\nFire\n")})
    assert answer.status_code == 403
    assert not ImportFile.objects.exists()


def test_nothing_is_imported_into_the_past(browser: Client):
    assert browser.get("/risks/import/?as_of=2020-01-01").status_code == 409


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_what_the_list_shows(kind: str, browser: Client, manager: Person):
    risk("Seen", unit=manager.unit, owner=manager)
    risk("Not mine", unit=manager.unit)
    answer = browser.get(f"/risks/export.{kind}?owner=me")
    assert answer.status_code == 200
    assert f".{kind}" in answer["Content-Disposition"]
    columns = upload(browser, answer.getvalue(), f"back.{kind}")
    page = browser.get(columns).content.decode()
    assert "Seen" in page
    assert "Not mine" not in page
    assert browser.get("/risks/export.pdf").status_code == 404


def test_the_command_line_shows_the_preview_then_imports(tmp_path: Path, manager: Person):
    account_of(manager)
    file = tmp_path / "fires.csv"
    file.write_bytes(csv_of(["No", "What", "P", "C"], ["1", "Fire", "3", "Low"], ["1", "Fire", "3", "Low"]))
    arguments = ["--into", "risks", "--as", manager.email, "--set", f"unit={manager.unit.code}"]
    for pair in ("No=key", "What=title", "P=likelihood", "C=people"):
        arguments += ["--map", pair]
    told = io.StringIO()
    call_command("import_file", str(file), *arguments, stdout=told)
    assert "New: 1. Changed: 0. The same: 0. Refused: 1." in told.getvalue()
    assert "Row 3 (Fire)" in told.getvalue()
    assert not Risk.objects.exists()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_file", str(file), *arguments, "--commit", stdout=told)
    call_command("import_file", str(file), *arguments, "--commit", "--leave-out-refused", stdout=told)
    assert Risk.objects.count() == 1
    call_command("import_file", str(file), *arguments, "--commit", "--leave-out-refused", stdout=told)
    assert Risk.objects.count() == 1


def test_the_command_line_speaks_the_language_that_is_asked_for(tmp_path: Path, manager: Person):
    account_of(manager)
    file = tmp_path / "fires.csv"
    file.write_bytes(csv_of(["Title", "Unit"], ["Fire", "Nowhere"]))
    for language, words in [("fi", ("Uusia: 0.", "Rivi 2 (Fire)")), ("sv", ("Nya: 0.", "Rad 2 (Fire)"))]:
        told = io.StringIO()
        arguments = ["--into", "risks", "--as", manager.email, "--language", language]
        call_command("import_file", str(file), *arguments, stdout=told)
        assert all(word in told.getvalue() for word in words), told.getvalue()


def test_the_command_line_is_called_what_one_types(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        Command().run_from_argv(["manage", "import_file", "--help"])
    assert capsys.readouterr().out.startswith("usage: ./run import ")


def test_the_command_line_says_what_is_wrong_with_its_arguments(tmp_path: Path, manager: Person):
    account_of(manager)
    file = tmp_path / "fires.csv"
    file.write_bytes(csv_of(["What"], ["Fire"]))
    right = {"into": "risks", "as": manager.email}
    for wrong, told in [
        ({"into": "riks"}, "There are:"),
        ({"as": "nobody@esimerkki.example"}, "account"),
        ({"map": "Nope=title"}, "No column"),
        ({"map": "What=nope"}, "No field"),
        ({"set": "unit"}, "NAME=VALUE"),
    ]:
        options = [part for name, value in {**right, **wrong}.items() for part in (f"--{name}", value)]
        with pytest.raises(CommandError, match=told):
            call_command("import_file", str(file), *options)


def test_history_says_that_it_came_in_by_import(browser: Client, manager: Person):
    columns = upload(browser, csv_of(["Title", "Unit"], ["Fire", manager.unit.code]))
    preview = browser.post(columns, {"column-0": "title", "column-1": "unit", "name": "x"})["Location"]
    browser.post(preview, {"commit": "1"})
    from django.db import connection

    with as_owner(), connection.cursor() as cursor:
        cursor.execute("select kept_door, kept_command, kept_by from history.risks_risk")
        assert cursor.fetchall() == [("import", "add", manager.pk)]
