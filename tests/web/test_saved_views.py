"""A list is looked at as one likes, and that look is kept under a name: one's own, at every register."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from kivijalka.register.models import SavedView
from kivijalka.register.registry import REGISTERS
from tests.api.programs import as_head
from tests.factories import city, delegation, holder, risk, sector, unit
from tests.who import sign_in

pytestmark = pytest.mark.django_db
QUERY = "column=owner&density=dense&sort=title&state=draft"


def save(client: Client, name: str = "Mine", query: str = QUERY, **more: str) -> Any:
    return client.post("/risks/views/", {"name": name, "query": query, **more})


def tabs(client: Client, address: str = "/risks/") -> dict[str, str]:
    page = client.get(address).content.decode()
    nav = re.search(r'<nav class="kj-views".*?</nav>', page, re.S)
    return {name: link for link, name in re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', nav[0])} if nav else {}


def headings(client: Client, address: str) -> int:
    return client.get(address).content.decode().count('role="columnheader"')


def test_a_list_s_look_is_saved_under_a_name_and_offered_as_a_tab() -> None:
    client, _ = as_head()
    answer = save(client, query=f"{QUERY}&after=xyz&show=1&as_of=2026-01-01&q=")
    assert answer["Location"] == f"/risks/?{QUERY}"
    assert tabs(client)["Mine"] == f"/risks/?{QUERY}".replace("&", "&amp;")


def test_the_same_name_saves_over_it_and_a_removed_one_is_gone() -> None:
    client, _ = as_head()
    save(client)
    save(client, query="sort=code")
    assert tabs(client)["Mine"] == "/risks/?sort=code"
    client.post("/risks/views/", {"remove": str(SavedView.objects.get().pk)})
    assert "Mine" not in tabs(client)
    save(client)
    assert (tabs(client)["Mine"].count("sort=title"), SavedView.objects.count()) == (1, 1)


def test_a_view_is_one_register_s_and_one_s_own() -> None:
    client, head = as_head()
    save(client)
    deputy = holder("unit_head", unit=head.unit)
    delegation(head, deputy)
    other = sign_in(Client(), deputy)
    other.post("/on-behalf/", {"person": head.pk})
    assert "Mine" not in tabs(client, "/actions/") and "Mine" not in tabs(other)


def test_a_view_shared_with_a_unit_is_of_all_who_are_of_it_or_below() -> None:
    client, head = as_head()
    below = unit(parent=head.unit)
    save(client, "Ours", unit=head.unit.code)
    assert "Ours" in tabs(client)
    for someone, sees in ((holder("employee", unit=below), True), (holder("employee", unit=sector()), False)):
        other = sign_in(Client(), someone)
        assert ("Ours" in tabs(other)) == sees
        shown = SavedView.objects.get()
        assert other.post("/risks/views/", {"remove": str(shown.pk)}).status_code == (403 if sees else 404)
    successor = sign_in(Client(), holder("unit_head", unit=head.unit))
    successor.post("/risks/views/", {"remove": str(shown.pk)})
    assert "Ours" not in tabs(client)


def test_a_view_is_shared_only_with_a_unit_whose_lists_one_may_edit() -> None:
    client, _ = as_head()
    assert save(client, unit=sector().code).status_code == 403
    someone = sign_in(Client(), holder("employee"))
    assert save(someone, unit=city().code).status_code == 403
    assert save(client, unit="U-nothing").status_code == 422
    assert not SavedView.objects.exists()


def test_a_list_opens_with_one_s_own_view_else_with_that_of_the_nearest_unit() -> None:
    client, head = as_head()
    chief = sign_in(Client(), holder("chief_executive"))
    below = unit(parent=head.unit)
    employee = sign_in(Client(), holder("employee", unit=below))
    save(chief, "", "sort=code", opens="1", unit=city().code)
    save(client, "", "state=draft", opens="1", unit=head.unit.code)
    assert employee.get("/risks/")["Location"] == "/risks/?state=draft"
    assert employee.get(f"/risks/?unit={below.code}")["Location"] == f"/risks/?state=draft&unit={below.code}"
    save(employee, "", "state=closed", opens="1")
    assert employee.get("/risks/")["Location"] == "/risks/?state=closed"
    page = employee.get("/risks/?state=closed").content.decode()
    assert 'href="/risks/?q="' in page and employee.get("/risks/?q=").status_code == 200
    save(employee, "", "", opens="1")
    assert employee.get("/risks/").status_code == 200


@pytest.mark.parametrize("bad", [{"name": " "}, {"name": "x" * 81}, {"query": "q=" + "x" * 2001}])
def test_a_view_without_a_fitting_name_or_too_long_is_refused(bad: dict[str, str]) -> None:
    client, _ = as_head()
    assert (save(client, **bad).status_code, SavedView.objects.count()) == (422, 0)


@pytest.mark.parametrize("key", REGISTERS)
def test_every_register_shows_the_columns_that_are_chosen(key: str) -> None:
    client, head = as_head()
    register = REGISTERS[key]
    risk(unit=head.unit)
    address = f"/{register.path}/"
    usual = headings(client, address)
    last = register.choosable[-1].field
    assert headings(client, f"{address}?column={last}") in (2 if usual else 0, 0)
    assert headings(client, f"{address}?column=nothing") == usual


def test_an_export_and_a_filter_keep_the_look() -> None:
    client, head = as_head()
    risk(unit=head.unit)
    page = client.get("/risks/?column=owner&density=dense&unit=" + head.unit.code).content.decode()
    filters = page.split('class="kj-filters"')[1].split("</form>")[0]
    assert 'name="column" value="owner"' in filters and "kj-table--dense" in page
    columns = page.split('id="columns"')[1].split("</form>")[0]
    assert f'name="unit" value="{head.unit.code}"' in columns
    assert client.get("/risks/export.csv?column=owner&density=dense").status_code in (200, 404)
