"""Threats by unit and area: each number is that of the list which it opens, of the reader's reach and of its moment."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from django.test import Client

from kivijalka.organisation.models import Person, Unit
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def sector() -> Unit:
    return make.sector("Education")


@pytest.fixture
def director(sector: Unit) -> Person:
    return make.holder("sector_director", unit=sector)


def fill(sector: Unit) -> tuple[Unit, Unit]:
    """Two schools below the sector, one of them with a canteen; threats at each, and what is not counted."""
    school, other = make.unit("Mäntykoulu", parent=sector), make.unit("Lammen koulu", parent=sector)
    canteen = make.unit("Ruokala", parent=school)
    make.assessed_risk(unit=canteen, areas=["rescue_safety", "occupational_safety"], likelihood=5, impact=5)
    make.assessed_risk(unit=school, areas=["rescue_safety"], likelihood=1, impact=1)
    make.risk(unit=other)
    make.assessed_risk(unit=sector, areas=["rescue_safety"])
    make.risk(unit=school, state="closed", areas=["rescue_safety"])
    make.risk(unit=school, sign="opportunity", areas=["rescue_safety"])
    make.assessed_risk(unit=make.sector("Elsewhere"), areas=["rescue_safety"])
    return school, other


def table(content: str) -> list[list[str]]:
    """What a page's table says, row by row."""
    body = re.search(r"<tbody>(.*)</tbody>", content, re.DOTALL)
    assert body is not None
    rows = re.findall(r"<tr.*?>(.*?)</tr>", body[1], re.DOTALL)
    return [[" ".join(re.sub(r"<.*?>", " ", cell).split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", r, re.DOTALL)]
            for r in rows]  # fmt: skip


def test_threats_are_counted_by_unit_and_area_with_the_worst_class(
    sector: Unit, director: Person, client: Client
) -> None:
    fill(sector)
    sign_in(client, director)
    client.cookies["language"] = "en"
    lines = {row[0]: row[1:] for row in table(client.get(f"/situation/heat/?unit={sector.code}").content.decode())}
    assert list(lines) == ["Education, the unit itself", "Mäntykoulu", "Lammen koulu", "In all"]
    rescue, none, all_of_it = 5, 8, 9
    assert lines["Mäntykoulu"][rescue] == "2 , worst: critical 4"
    assert lines["Mäntykoulu"][all_of_it] == "2 , worst: critical 4"
    assert lines["Lammen koulu"][none] == "1 , not yet assessed"
    assert lines["In all"][rescue].startswith("3 ") and lines["In all"][all_of_it].startswith("4 ")


def test_each_number_opens_a_list_of_as_many(sector: Unit, director: Person, client: Client) -> None:
    fill(sector)
    sign_in(client, director)
    page = client.get("/situation/heat/", {"unit": sector.code}).content.decode()
    opened = re.findall(r'<a href="(/risks/\?[^"]*)">(\d+)<', page)
    assert len(opened) == 11
    for address, count in opened:
        assert client.get(unescape(address)).context["page"].total == int(count), address


def test_without_a_unit_it_begins_at_the_topmost_and_counts_what_is_in_reach(
    sector: Unit, director: Person, client: Client
) -> None:
    fill(sector)
    sign_in(client, director)
    client.cookies["language"] = "en"
    lines = {row[0]: row[-1] for row in table(client.get("/situation/heat/").content.decode())}
    # There is a threat elsewhere, which the director may not know of: no line says that there is none.
    assert lines["Education"].startswith("4 ") and "Elsewhere" not in lines
    assert lines["In all"].startswith("4 ")


def test_its_file_says_the_same(sector: Unit, director: Person, client: Client) -> None:
    fill(sector)
    sign_in(client, director)
    client.cookies["language"] = "en"
    answer = client.get("/situation/heat.csv", {"unit": sector.code})
    first, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    found = [dict(zip(first, row, strict=True)) for row in rows]
    assert found[1]["Unit"] == "Mäntykoulu" and found[1]["fire and rescue safety"] == "2"
    assert found[1]["fire and rescue safety: worst class"] == "critical"
    assert found[-1]["In all"] == "4"


@pytest.mark.parametrize("name", ["heat", "effects"])
def test_all_that_it_leads_to_is_of_the_same_moment(name: str, sector: Unit, director: Person, client: Client) -> None:
    school, _other = fill(sector)
    make.action(unit=school, state="done", completed_on=make.in_days(-1))
    sign_in(client, director)
    content = client.get(f"/situation/{name}/", {"unit": sector.code, "as_of": "2090-01-01"}).content.decode()
    opened = re.findall(r'<a href="(/(?:risks|actions|situation)/[^"]*)"', content[content.index("<main") :])
    assert len(opened) > 3
    assert [address for address in opened if "as_of=2090-01-01" not in address] == []


def test_who_sees_but_some_units_begins_at_the_topmost_of_those(client: Client) -> None:
    partner = make.holder("partner_member", unit=make.sector("Parish union"))
    make.risk(unit=partner.unit)
    church = make.unit("Church", parent=partner.unit)
    make.risk(unit=church)
    sign_in(client, partner)
    client.cookies["language"] = "en"
    first = client.get("/situation/heat/").content.decode()
    assert [row[0] for row in table(first)] == ["Parish union, the unit itself", "Church", "In all"]
    make.role_of(partner, "partner_member", unit=make.sector("Harbour"))
    assert [row[0] for row in table(client.get("/situation/heat/").content.decode())] == [
        "Parish union",
        "Harbour",
        "In all",
    ]
