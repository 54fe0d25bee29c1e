"""What a board's report and the situation of a unit tell of change programmes: the figures of their pages, within reach."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from kivijalka.organisation.models import Person
from kivijalka.programmes.models import Milestone, Priority, Programme
from kivijalka.reports.documents import model
from kivijalka.reports.documents.kinds import KINDS
from tests import factories as make
from tests.reports.small_city import asking, had, reader_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Person:
    return reader_at()


@pytest.fixture
def programme(reader: Person) -> Programme:
    """One of a priority: a milestone reached, one late, one that waits for it; two actions, of which one is done."""
    priority = Priority.objects.create(
        name_fi="Turvallinen arki", number=1, meant_share=40, valid_from=make.LONG_AGO, unit=make.city()
    )
    found = make.programme(
        "Käyttövaltuudet kuntoon", unit=reader.unit, budget_eur=100_000, priority=priority, starts_on=make.in_days(-60)
    )
    stream = make.workstream(found)
    make.milestone("Saavutettu", stream=stream, state="reached", reached_on=make.in_days(-1))
    late = make.milestone("Myöhässä", stream=stream, due=make.in_days(-5))
    make.link("needs", make.milestone("Odottaa", stream=stream), late)
    risk = make.assessed_risk("Hyökkäys", unit=reader.unit, likelihood=4, impact=4)
    for cost, state in ((30_000, {"state": "done", "completed_on": make.in_days(-3)}), (50_000, {})):
        action = make.action(unit=reader.unit, cost_eur=cost, expected_cut=50, **state)
        make.link("gathers", stream, action)
        make.link("treats", action, risk)
    make.programme("Päättynyt", unit=reader.unit, state="closed", closed_on=make.in_days(-9), outcome="Valmis.")
    return found


def told(reader: Person, monkeypatch: pytest.MonkeyPatch) -> dict[str, model.Table]:
    """The tables of the board's report, by their captions."""
    made: list[model.Document] = []
    make_it = KINDS["board"].make
    kind = type(KINDS["board"])("", "", lambda asked: made.append(make_it(asked)) or made[-1])
    monkeypatch.setitem(KINDS, "board", kind)
    had(asking(reader, "en"), "/reports/board.xlsx", unit=reader.unit.code, language="en")
    return {block.caption: block for _depth, block in made[0].flat() if isinstance(block, model.Table)}


def words(row: Any) -> list[str]:
    return [one.words.replace("\u00a0", " ") for one in row]


def test_a_board_reads_progress_slips_money_and_benefit(
    reader: Person, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = told(reader, monkeypatch)
    (row,) = tables["Programmes, the next to end first"].rows
    assert words(row)[:2] == [programme.code, "Käyttövaltuudet kuntoon"]
    assert words(row)[3:] == ["3", "1", "1", "0", "1"]
    late, waits = tables["Milestones that slip, the longest overdue first"].rows
    assert words(late)[1:3] == ["Myöhässä", "Käyttövaltuudet kuntoon"] and words(late)[5:] == ["5", "–"]
    assert words(waits)[6] == words(late)[0]
    mine, whole = tables["Money by priority"].rows
    assert words(mine) == ["Turvallinen arki", "1", "100 000", "100", "80 000", "100", "40"]
    assert words(whole)[:3] == ["In all", "1", "100 000"]
    (gain,) = tables["What programmes cost, and what they take off the losses of a year, €"].rows
    assert words(gain)[2:5] == ["100 000", "80 000", "30 000"]
    before, expected, measured = (one.value for one in gain[5:])
    assert expected == pytest.approx(before * 0.75, rel=0.05) and measured is None


def test_a_board_reads_what_came_of_the_programmes_that_ended_within_the_half_year(
    reader: Person, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.programme("Vanha", unit=reader.unit, state="closed", closed_on=make.in_days(-300), outcome="Kauan sitten.")
    tables = told(reader, monkeypatch)
    (caption,) = [caption for caption in tables if caption.startswith("Programmes that ended since")]
    (row,) = tables[caption].rows
    assert words(row)[1] == "Päättynyt" and words(row)[5] == "Valmis." and row[2].value == make.in_days(-9)


def test_each_figure_leads_to_the_page_that_tells_the_same(
    reader: Person, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, site = told(reader, monkeypatch), asking(reader, "en")
    (row,) = tables["Programmes, the next to end first"].rows
    page = site.get(row[3].href.removeprefix("http://testserver")).context["progress"].counts
    assert [one.value for one in row[3:]] == [page[name] for name in ("of", "reached", "late", "moved", "held_up")]
    for line in tables["Money by priority"].rows:
        assert site.get(line[1].href.removeprefix("http://testserver")).context["page"].total == line[1].value
    (gain,) = tables["What programmes cost, and what they take off the losses of a year, €"].rows
    benefit = site.get(gain[5].href.removeprefix("http://testserver")).context["benefit"]
    assert [one.value for one in gain[5:7]] == [
        pytest.approx(benefit.before, rel=0.05),
        pytest.approx(benefit.expected, rel=0.05),
    ]
    everything = [one for table in tables.values() for line in table.rows for one in line if one.href]
    for address in {one.href for one in everything if re.search("/(programmes|milestones|money|slipping)", one.href)}:
        assert site.get(address.removeprefix("http://testserver")).status_code == 200


def test_a_programme_of_an_ended_priority_counts_with_it_not_among_those_without(
    reader: Person, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    Priority.objects.update(valid_to=make.in_days(-1))
    make.programme("Vailla painopistettä", unit=reader.unit, budget_eur=300_000)
    served, none, _whole = told(reader, monkeypatch)["Money by priority"].rows
    assert words(served)[:4] == ["Turvallinen arki", "1", "100 000", "25"]
    assert words(none)[:4] == ["No priority named", "1", "300 000", "75"]
    assert "priority=empty" in none[1].href


def test_nobody_reads_of_programmes_and_money_out_of_reach(reader: Person, programme: Programme) -> None:
    hidden = make.programme("Salahanke", unit=reader.unit, budget_eur=7_000_000, confidentiality=3)
    goal = Milestone.objects.get(title="Odottaa")
    secret = make.milestone("Salainen tavoite", stream=make.workstream(hidden, confidentiality=3), confidentiality=3)
    make.link("needs", goal, secret)
    head = make.holder("unit_head", unit=reader.unit)
    content = had(asking(head, "en"), "/reports/board.xlsx", unit=reader.unit.code)
    book = load_workbook(BytesIO(content))
    said = [str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line]
    assert "Käyttövaltuudet kuntoon" in said
    assert not [text for text in said if text in ("Salahanke", "Salainen tavoite", "7100000", "7000000")]
    page = asking(head, "en").get(f"/situation/?unit={reader.unit.code}")
    assert [str(row.programme) for row in page.context["programmes"]] == ["Käyttövaltuudet kuntoon"]
    cleared = asking(make.holder("security_expert"), "en").get(f"/situation/?unit={reader.unit.code}")
    assert cleared.context["programme_count"] == 2


def test_the_situation_of_a_unit_tells_how_its_programmes_go(reader: Person, programme: Programme) -> None:
    for language, expected in (
        ("en", "1 of 3 milestones are reached."),
        ("fi", "päättyy"),
        ("sv", "slutar"),
    ):
        page = asking(reader, language).get(f"/situation/?unit={reader.unit.code}")
        assert expected in page.content.decode()
        assert programme.code in page.content.decode() and "Päättynyt" not in page.content.decode()
    elsewhere = asking(reader, "en").get(f"/situation/?unit={make.unit(parent=reader.unit).code}")
    assert "No programme is planned or under way." in elsewhere.content.decode()
