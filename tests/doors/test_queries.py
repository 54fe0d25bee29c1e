"""A page makes at most twelve queries, what signs in and says who acts included, and as many for one row as for many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kivijalka.organisation.models import Person, RoleKind
from kivijalka.register.models.working import Snooze
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.doors import examples
from tests.doors.addresses import filled, own_doors
from tests.factories import in_days
from tests.files.imports import csv_of
from tests.who import sign_in

MOST = 12
NAMES = ["title", "cause", "event", "consequence", "unit"]
BOUNDARIES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
FRAME = [
    "/",
    "/?unit={unit}",
    "/situation/",
    "/situation/?unit={unit}",
    "/situation/?unit={unit}&since=2026-01-01",
    "/first-steps/?unit={unit}&kind=school",
    "/areas/?unit={unit}",
    "/areas/personnel_security/",
    "/areas/personnel_security/?unit={unit}",
    "/areas/personnel_security/typical/?unit={unit}",
    "/situation/heat/",
    "/situation/heat/?unit={unit}",
    "/situation/effects/",
    "/situation/effects/?unit={unit}",
    "/slipping/?unit={unit}",
    "/money-by-priority/?unit={unit}",
    "/begin-programme/?unit={unit}",
    "/reports/?unit={unit}",
    "/situation/losses/",
    "/situation/losses/?unit={unit}",
    "/unit/",
    "/search/?q=Esimerkki",
    "/registers/",
    "/responsibilities/",
    "/following/",
]


@pytest.mark.parametrize("key", REGISTERS)
def test_a_register_s_pages_make_few_queries_and_no_more_for_more_rows(key: str, committed: str) -> None:
    someone = everything_at_the_top()
    add_rows(key, someone)
    client = sign_in(Client(), someone)
    pages = list(pages_of(key))
    # What was decided is read once in a process; the first look at a unit is remembered in the session.
    client.get("/policy/")
    first = {page: queries(client, page) for page in pages if "unit=" in page}
    with_one = {page: queries(client, page) for page in pages}
    for _ in range(3):
        add_rows(key, make.person())
    assert {page: queries(client, page) for page in pages} == with_one
    assert {page: count for page, count in [*first.items(), *with_one.items()] if count > MOST} == {}


def test_pages_over_all_registers_make_few_queries_and_no_more_for_more_rows(committed: str) -> None:
    someone = everything_at_the_top()
    for key in REGISTERS:
        add_rows(key, someone)
    everything_waits(someone)
    client = sign_in(Client(), someone)
    pages = [page.format(unit=make.unit().code) for page in FRAME]
    # The first look at a unit is remembered in the session.
    first = {page: queries(client, page) for page in pages}
    with_one = {page: queries(client, page) for page in pages}
    for key in REGISTERS:
        add_rows(key, someone)
    assert {page: queries(client, page) for page in pages} == with_one
    assert {page: count for page, count in [*first.items(), *with_one.items()] if count > MOST} == {}


def test_fields_that_the_city_added_cost_no_query(committed: str) -> None:
    someone = everything_at_the_top()
    add_rows("risk", someone)
    client = sign_in(Client(), someone)
    pages = [*pages_of("risk"), "/api/risks", "/risks/export.csv"]
    for page in pages:
        queries(client, page)
    without = {page: queries(client, page) for page in pages}
    for kind in ("text", "day", "truth"):
        make.own_field(f"Own {kind}", kind=kind)
    assert {page: queries(client, page) for page in pages} == without


def test_pictures_of_a_risk_cost_as_many_queries_however_much_it_is_linked_to(committed: str) -> None:
    someone, risk = everything_at_the_top(), make.assessed_risk()
    client = sign_in(Client(), someone)
    pages = [f"{risk.get_absolute_url()}{page}/" for page in ("story", "bow-tie")]
    found = []
    for _ in range(3):
        for kind, other in (("treats", make.action()), ("may_cause", make.risk()), ("watches", make.indicator())):
            make.link(kind, other, risk)
        make.link("rests_on", risk, make.control())
        found.append({page: queries(client, page) for page in pages})
    assert found[1] == found[2]
    assert {page: count for page, count in found[2].items() if count > MOST} == {}


def test_the_steps_of_an_import_make_few_queries_and_no_more_for_more_rows(committed: str) -> None:
    someone = everything_at_the_top()
    client = sign_in(Client(), someone)
    assert steps_of_import(client, 2) == (few := steps_of_import(client, 60))
    # The preview does all that the import does, and takes it back.
    assert {page: count for page, count in few.items() if count > MOST and page != "preview"} == {}


def steps_of_import(client: Client, rows: int) -> dict[str, int]:
    """Queries of each page that an import of so many risks goes through, by its name."""
    lines = [[f"Riski {rows} {row}", "Syy", "Tapahtuma", "Seuraus", str(make.city())] for row in range(rows)]
    data = csv_of(NAMES, *lines)
    upload = SimpleUploadedFile(f"{rows}.csv", data)
    columns = client.post("/risks/import/", {"file": upload})["Location"]
    chosen = {f"column-{at}": name for at, name in enumerate(NAMES)}
    preview = client.post(columns, {"name": "all", **chosen})["Location"]
    asked = {"columns": columns, "preview": preview}
    counted = {name: queries(client, page) for name, page in asked.items()}
    done = client.post(preview, {"leave_out": "1", "refused": ""})["Location"]
    return {**counted, "done": queries(client, done), "imports": queries(client, "/risks/imports/")}


def everything_at_the_top() -> Person:
    """Somebody who holds every kind of role for the whole city: nothing is left out of a page for want of a right."""
    someone = make.person()
    for kind in RoleKind.objects.all():
        make.role_of(someone, kind.key)
    return someone


def everything_waits(person: Person) -> None:
    """What waits for a person besides their own records: to stand in, and to hand over what somebody who left owned."""
    make.delegation(make.person(), person)
    make.assessed_risk(owner=make.person(end=in_days(-1)))
    put_off = make.assessed_risk(owner=person)
    Snooze.objects.create(person=person, record=put_off.pk, verb="decide", until=in_days(5), reason="Esimerkki")


def add_rows(key: str, person: Person) -> None:
    """A row of the register that is the person's, at a unit of its own, and a row of each of its parts; and what anybody
    may add to it: a question to the person, a share of responsibility offered to them, a file."""
    register = REGISTERS[key]
    wishes = {"unit": make.unit(), "person": person}
    record = examples.row_of(register.model, **wishes)
    for part in register.parts:
        examples.row_of(part.model, **wishes, given={part.parent: record})
    make.responsibility(record, person)
    make.attachment(record)
    make.comment(record, mentions=[person])


def pages_of(key: str) -> Iterator[str]:
    """Every page of a register: lists, as they were too, and those of its first record."""
    register = REGISTERS[key]
    listed = reverse("list", args=[register.path])
    yield from (
        listed,
        f"{listed}?last=1",
        f"{listed}?q=Esimerkki",
        f"{listed}?q=Nowhere",
        f"{listed}?as_of={in_days(-1)}",
    )
    yield f"{listed}?unit={make.city().code}"
    yield f"{reverse('compare', args=[register.path])}?since=2000-01-01"
    yield from (f"{listed}?{view.query}" for view in register.views)
    record = register.model._default_manager.order_by("pk").first()
    assert record is not None
    yield f"{listed}?show={record.pk}"
    yield f"{reverse('many', args=[register.path])}?row={record.pk}"
    if register.for_many:
        yield f"{reverse('many-do', args=[register.path, 'edit'])}?row={record.pk}&field={register.for_many[0]}"
    if register.adds:
        yield reverse("add", args=[register.path])
    for page in ("record", "history", "story", "edit", "files"):
        yield reverse(page, args=[register.path, record.pk])
    for method, route in sorted(own_doors(register)):
        if method == "GET":
            yield filled(route, pk=record.pk, kind="json")
    for verb in register.all_commands:
        if verb != "edit":
            yield reverse("do", args=[register.path, record.pk, verb])


def queries(client: Client, page: str) -> int:
    """How many queries an opening makes; beginning and ending the transaction is none."""
    reset_queries()  # Django keeps the last 9,000 of the process, and counts wrongly once there are more
    with CaptureQueriesContext(connection) as captured:
        response: Any = client.get(page)
    assert response.status_code in (200, 403, 409), f"{page}: {response.status_code}"
    return sum(not query["sql"].startswith(BOUNDARIES) for query in captured)
