"""A large file is read, previewed and imported by a job, in the name of who asked, all of it or nothing, once."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from kivijalka.organisation.models import Person
from kivijalka.register import jobs
from kivijalka.register.doors.files import work
from kivijalka.register.doors.files.read import read
from kivijalka.register.garbage import collect_seldom
from kivijalka.register.models.files import ImportFile
from kivijalka.risks.models import Risk
from tests.database import address_of, connected_to
from tests.factories import holder
from tests.files.imports import csv_of
from tests.files.test_sheets import workbook
from tests.settings import ROOT
from tests.who import sign_in

PATIENCE = 60
Rows = list[list[str]]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as large."""
    monkeypatch.setattr(work, "BYTES_AT_ONCE", 0)
    monkeypatch.setattr(work, "ROWS_AT_ONCE", 0)


@pytest.fixture
def manager(db: None) -> Person:
    return holder("risk_expert")


@pytest.fixture
def browser(manager: Person, client: Client) -> Client:
    client.cookies["language"] = "en"
    return sign_in(client, manager)


def rows_at(who: Person, *titles: str) -> Rows:
    return [["Title", "Unit", "Likelihood", "Impact"], *([title, who.unit.code, "3", "4"] for title in titles)]


def upload(browser: Client, rows: Rows) -> str:
    answer = browser.post("/risks/import/", {"file": SimpleUploadedFile("risks.csv", csv_of(*rows))})
    return str(answer["Location"])


def do_next() -> None:
    """What the worker does with the job that waits."""
    job = ProcrastinateJob.objects.filter(status="todo").latest("id")
    jobs.work_on_import(**job.args)
    end(job, "succeeded")


def end(job: ProcrastinateJob, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = %s where id = %s", [status, job.pk])


def previewed(browser: Client, rows: Rows, **more: str) -> str:
    """The address of the preview, ready to be looked at."""
    columns = upload(browser, rows)
    do_next()
    choices = {"column-0": "title", "column-1": "unit", "column-2": "likelihood", "column-3": "finance"}
    preview = str(browser.post(columns, {**choices, "name": "Many", **more})["Location"])
    do_next()
    return preview


def test_each_step_waits_for_its_job_and_says_so(large: None, browser: Client, manager: Person):
    columns = upload(browser, rows_at(manager, "Fire", "Flood"))
    waiting = browser.get(columns).content.decode()
    assert "The file is being read" in waiting and 'hx-trigger="every 2s"' in waiting
    assert "risks.csv" in browser.get("/risks/imports/").content.decode()
    do_next()
    led = browser.get(columns, headers={"hx-request": "true"})
    assert (led.status_code, led["HX-Redirect"]) == (204, columns)
    assert "2 rows" in browser.get(columns).content.decode()
    choices = {"column-0": "title", "column-1": "unit", "column-2": "likelihood", "column-3": "finance"}
    preview = browser.post(columns, {**choices, "name": "Many"})["Location"]
    assert "being gone through" in browser.get(preview).content.decode()
    # Sent twice: the second finds the first under way.
    assert "being gone through" in browser.post(preview, {"commit": "1"}).content.decode()
    do_next()
    assert not Risk.objects.exists()
    assert "New: 2." in browser.get(preview).content.decode()
    assert browser.post(preview, {"commit": "1"})["Location"] == preview
    do_next()
    done = browser.get(preview)["Location"]
    assert "New: 2." in browser.get(done).content.decode()
    assert Risk.objects.filter(state="assessed").count() == 2


def test_refused_rows_stop_it_until_they_are_left_out(large: None, browser: Client, manager: Person):
    preview = previewed(browser, [*rows_at(manager, "Fire"), ["Flood", "Nowhere", "3", "4"]])
    refused = read(browser.get(preview.replace("preview/", "refused.xlsx")).content)
    assert [row.cells["Title"] for row in refused.rows] == ["Flood"]
    browser.post(preview, {"commit": "1"})
    do_next()
    stopped = browser.get(preview)
    assert stopped.status_code == 422
    assert "1 rows are refused. Nothing was imported." in stopped.content.decode()
    assert not Risk.objects.exists()
    browser.post(preview, {"commit": "1", "leave_out": "1"})
    do_next()
    assert [risk.title for risk in Risk.objects.all()] == ["Fire"]


def test_words_are_corrected_and_the_rows_gone_through_again(large: None, browser: Client, manager: Person):
    rows = rows_at(manager, "Fire")
    rows[1][2] = "hardly"
    preview = previewed(browser, rows)
    assert 'name="word:likelihood:hardly"' in browser.get(preview).content.decode()
    browser.post(preview, {"words": "1", "word:likelihood:hardly": "1"})
    do_next()
    browser.post(preview, {"commit": "1"})
    do_next()
    assert Risk.objects.get().likelihood == 1


def test_a_broken_file_is_told_and_another_can_be_chosen(large: None, browser: Client):
    answer = browser.post("/risks/import/", {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04 broken")})
    do_next()
    page = browser.get(answer["Location"]).content.decode()
    assert "damaged" in page and "Another file" in page


def test_another_sheet_is_read_by_a_job_too_and_one_without_a_table_changes_nothing(
    large: None, browser: Client, manager: Person
):
    sheets = {"Old": rows_at(manager, "Smoke"), "New": rows_at(manager, "Fire", "Flood"), "Notes": [["only this"]]}
    columns = str(browser.post("/risks/import/", {"file": SimpleUploadedFile("x.xlsx", workbook(sheets))})["Location"])
    do_next()
    for wanted, status, rows in [("New", 200, "2 rows"), ("Notes", 422, "2 rows"), ("Old", 200, "1 row<")]:
        assert browser.post(columns, {"sheet": wanted})["Location"] == columns
        assert "The file is being read" in browser.get(columns).content.decode()
        do_next()
        page = browser.get(columns)
        assert (page.status_code, rows in page.content.decode()) == (status, True)


def test_the_rights_are_those_of_the_moment_in_which_the_job_runs(large: None, browser: Client, manager: Person):
    preview = previewed(browser, rows_at(manager, "Fire"))
    browser.post(preview, {"commit": "1"})
    manager.roles.update(end=manager.roles.get().start)
    do_next()
    assert not Risk.objects.exists()


def test_what_stopped_again_and_again_is_told_and_can_be_tried_anew(large: None, browser: Client, manager: Person):
    preview = previewed(browser, rows_at(manager, "Fire"))
    browser.post(preview, {"commit": "1"})
    end(ProcrastinateJob.objects.latest("id"), "failed")
    page = browser.get(preview).content.decode()
    assert "the work stopped several times" in page
    assert browser.post(preview, {"again": "1"})["Location"] == preview
    do_next()
    assert "New: 1." in browser.get(preview).content.decode()


@pytest.fixture
def worker(committed: str) -> Iterator[Any]:
    """Starts real workers, as the site's role; those still there at the end are ended."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        env = {**os.environ, "DATABASE_URL": address_of(committed, "APP")}
        command = [sys.executable, "-m", "django", "procrastinate", "worker", *options]
        started.append(subprocess.Popen(command, env=env, cwd=ROOT))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_killed_worker_leaves_nothing_half_done_and_the_next_one_does_it_once(
    committed: str, worker: Any, large: None
):
    manager = holder("risk_expert")
    titles = [f"Risk {number}" for number in range(1_500)]
    client = Client()
    client.cookies["language"] = "en"
    browser = sign_in(client, manager)
    preview = previewed(browser, rows_at(manager, *titles))
    browser.post(preview, {"commit": "1"})
    first = worker()
    with connected_to(committed, "APP"):
        wait_until(lambda: "of 1500 rows" in browser.get(preview).content.decode())
    first.kill()
    first.wait()
    assert not Risk.objects.exists()
    heart_stopped_long_ago()
    jobs.take_up(timestamp=0)
    assert worker("--one-shot").wait(PATIENCE) == 0
    assert Risk.objects.count() == len(titles)
    file = ImportFile.objects.get()
    assert (file.outcome["new"], ProcrastinateJob.objects.get(pk=file.job).status) == (len(titles), "succeeded")
    # A worker thought dead, which was not: it finds all done.
    jobs.work_on_import(**ProcrastinateJob.objects.get(pk=file.job).args)
    assert Risk.objects.count() == len(titles)


def heart_stopped_long_ago() -> None:
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")


def wait_until(is_so: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_under_way_with_a_later_import_is_not_held_to_the_end():
    collect_seldom()
    held = gc.get_freeze_count()
    collect_seldom()
    assert gc.get_freeze_count() <= held
