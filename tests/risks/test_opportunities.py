"""An opportunity is read in words of its own: where a threat is critical, it is outstanding."""

from __future__ import annotations

import pytest
from django.test import Client

from kivijalka.access import acting
from kivijalka.risks.commands import assess
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def opportunity() -> Risk:
    head = make.holder("unit_head", unit=make.sector())
    found = make.risk("Shared repairs", sign="opportunity", unit=head.unit, owner=head)
    with acting(head.pk) as actor:
        assess(actor, found, likelihood=5, finance=5)
    return found


@pytest.fixture
def browser(opportunity: Risk, client: Client) -> Client:
    assert opportunity.owner is not None
    client.cookies["language"] = "en"
    return sign_in(client, opportunity.owner)


@pytest.mark.parametrize(
    ("address", "begins"),
    [("/risks/", "<tbody"), ("/risks/{}/", "<main"), ("/risks/{}/history/", "<main"), ("/risks/export.csv", "")],
)
def test_no_page_calls_it_critical(browser: Client, opportunity: Risk, address: str, begins: str) -> None:
    page = b"".join(browser.get(address.format(opportunity.pk))).decode()
    said = page[page.index(begins) :]
    assert "outstanding opportunity" in said
    assert not [worse for worse in ("4_critical", "</span> critical", "<ins>critical") if worse in said]


def test_it_stands_apart_from_the_matrix_of_threats(browser: Client, opportunity: Risk) -> None:
    make.assessed_risk("Burst pipe", unit=opportunity.unit, likelihood=5, impact=5)
    page = browser.get("/situation/")
    assert [cell.count for row in page.context["matrix"] for cell in row if cell.count] == [1]
    benefits = [(badge, level, count) for badge, level, _label, count in page.context["benefits"]]
    assert benefits == [("+4_critical", "4_critical", 1)]
    assert [str(risk) for risk in page.context["top"]] == ["Burst pipe"]


def test_an_assessment_says_its_levels_in_the_words_of_its_policy(browser: Client, opportunity: Risk) -> None:
    part = browser.get(f"/risks/{opportunity.pk}/").context["parts"][0]
    said = {cell.name: (cell.text, cell.badge) for cell in part["lines"][0]}
    assert said["level"] == ("outstanding opportunity", "+4_critical")
    assert said["likelihood"][0] == "5 almost certain"
    assert said["impact"][0].startswith("5 ")


def test_its_verbs_and_the_filter_of_levels_have_words_of_its_own(browser: Client, opportunity: Risk) -> None:
    page = browser.get(f"/risks/{opportunity.pk}/").content.decode()
    assert "Seize the opportunity" in page and "Close the opportunity" in page and "Close the risk" not in page
    assert "critical / outstanding opportunity" in browser.get("/risks/").content.decode()


def test_its_story_tells_the_assessment_in_the_words_of_its_policy(browser: Client, opportunity: Risk) -> None:
    latest = browser.get(f"/risks/{opportunity.pk}/").context["versions"][0]
    said = {cell.name: cell.text for event in latest.events for cell in event.cells}
    assert (said["level"], said["likelihood"]) == ("outstanding opportunity", "5 almost certain")
    assert not {"level", "likelihood", "impact"} & {change.name for change in latest.changes}
