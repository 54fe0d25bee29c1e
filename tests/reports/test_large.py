"""A report over very many records is made by a job, once, in the name of who asks, and is theirs alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from kivijalka.organisation.models import Person
from kivijalka.reports import jobs
from kivijalka.reports.documents import large
from kivijalka.reports.models import REPORTS_KEPT, MadeReport
from tests import factories as make
from tests.reports.small_city import asking, everything_for, had, reader_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody for whom every report is large; what is asked of a job waits in `asked`."""
    monkeypatch.setattr(large, "AT_ONCE", -1)
    found = reader_at()
    everything_for(found)
    return found


def asked_for(site: Client, reader: Person, report: str = "board.xlsx") -> str:
    """The page of a report that was asked for."""
    page = site.get(f"/reports/{report}", {"unit": reader.unit.code, "language": "en"}, follow=True)
    address = page.context["address"]
    return str(site.post("/reports/make/", {"address": address})["Location"])


def work_off() -> None:
    """What the worker does with the jobs that wait."""
    with connection.cursor() as cursor:
        cursor.execute("select args from procrastinate_jobs where task_name = %s order by id", [large.TASK])
        waiting = cursor.fetchall()
    for (args,) in waiting:
        given: dict[str, Any] = args if isinstance(args, dict) else __import__("json").loads(args)
        jobs.make_report(**given)


def test_it_is_asked_for_waited_for_and_had(reader: Person) -> None:
    site = asking(reader, "en")
    page = asked_for(site, reader)
    assert "Waits for its turn" in site.get(page).content.decode()
    assert site.get(f"{page}file").status_code == 404
    work_off()
    shown = site.get(page).content.decode()
    assert "kept for you alone" in shown
    made = site.get(re.search(r'href="(/reports/made/[^"]+/file)"', shown)[1])  # type: ignore[index]
    assert made.content.startswith(b"PK") and f"board-{reader.unit.code}" in made["Content-Disposition"]
    assert page in site.get("/reports/").content.decode()


def test_made_by_a_job_it_is_the_same_as_at_once(reader: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    site = asking(reader, "en")
    asked_for(site, reader)
    work_off()
    made = MadeReport.objects.get()
    monkeypatch.setattr(large, "AT_ONCE", 10_000)
    assert had(site, made.address) == bytes(made.content or b"")


def test_it_is_the_asker_s_alone(reader: Person) -> None:
    page = asked_for(asking(reader), reader)
    work_off()
    other = asking(make.holder("chief_executive"))
    assert other.get(page).status_code == 404
    assert other.get(f"{page}file").status_code == 404
    assert page not in other.get("/reports/").content.decode()


def test_whose_reach_changed_since_has_it_no_more(reader: Person) -> None:
    site = asking(reader, "en")
    page = asked_for(site, reader)
    work_off()
    assert site.get(f"{page}file").status_code == 200
    make.role_of(reader, "risk_expert", unit=make.city())
    refused = site.get(f"{page}file")
    assert refused.status_code == 422 and "made for another reach" in refused.content.decode()
    assert site.get(refused.context["anew"], follow=True).status_code == 200


def test_asked_for_twice_it_is_made_once(reader: Person) -> None:
    site = asking(reader)
    address = site.get("/reports/board.pdf", {"unit": reader.unit.code}, follow=True).context["address"]
    pages = {site.post("/reports/make/", {"address": address})["Location"] for _each in range(2)}
    assert len(pages) == 1 and MadeReport.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where task_name = %s", [large.TASK])
        assert cursor.fetchone()[0] == 1


def test_what_cannot_be_made_is_told_in_words(reader: Person) -> None:
    site = asking(reader, "en")
    page = asked_for(site, reader)
    make.role_of(reader, "risk_expert", unit=make.city())
    work_off()
    told = site.get(page)
    assert "made for another reach" in told.content.decode()
    assert site.get(told.context["anew"], follow=True).status_code == 200


def test_what_would_be_refused_again_is_not_offered_anew(reader: Person) -> None:
    site = asking(reader, "en")
    address = site.get("/reports/board.pdf", {"unit": reader.unit.code}, follow=True).context["address"]
    page = site.post("/reports/make/", {"address": f"{address}&since=2999-01-01"})["Location"]
    work_off()
    told = site.get(page).content.decode()
    assert "Write a day before" in told and "Make it anew" not in told and 'action="/reports/make/"' not in told


@pytest.mark.parametrize(
    "address", ["", "/risks/", "https://elsewhere.example/", "/reports/board.pdf", "/reports/\0.pdf?as_of=x"]
)
def test_what_is_no_address_of_a_report_is_refused(reader: Person, address: str) -> None:
    assert asking(reader).post("/reports/make/", {"address": address}).status_code in (404, 422)


def test_it_is_forgotten_after_a_week(reader: Person) -> None:
    asked_for(asking(reader), reader)
    with connection.cursor() as cursor:
        for days, left in ((REPORTS_KEPT.days - 1, 1), (2, 0)):
            cursor.execute("update reports_madereport set at = at - make_interval(days => %s)", [days])
            jobs.forget_reports(0)
            assert MadeReport.objects.count() == left
