"""What somebody could learn without seeing a row: from refusals, counts of queries, functions of the database, and as nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kivijalka.organisation.models import Person
from kivijalka.register.models import Confidentiality
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.database import address_of
from tests.doors import addresses
from tests.files.imports import csv_of, planned, reasons
from tests.who import sign_in

pytestmark = pytest.mark.django_db
NOT_THERE = UUID("01900000-0000-7000-8000-000000000000")

# Functions that the site's role may call and that run as the tables' owner, past all rules. Each must ask by itself.
AS_OWNER = {
    "about_me": "answers where the acting person works and whose delegation lets them act",
    "above": "answers of the acting person",
    "accepts_up_to": "answers of a person's roles, which stand in the directory",
    "account_at_provider": "makes an account, without a password, of somebody who works here; it tells a number",
    "acting_names": "answers the names of the acting person and of whom they stand in for",
    "asked_to_accept": "answers of the acting person; who leads where stands in the directory",
    "asked": "answers within the reach of access.explain",
    "below": "answers of units that one sees the top of",
    "decided_policies": "what the council has decided is everybody's to read",
    "digest_readers": "answers ids of persons who work here, which stand in the directory, to whoever writes letters",
    "end_policies": "ends what another policy has superseded, whoever asks",
    "end_roles": "asks for unit.reorganise at the unit",
    "end_roles_of": "asks for the right to edit who has left",
    "escalate_by_rules": "takes upwards what the policy's rules ask for, whoever asks",
    "enter": "says who acts; without a delegation in force nobody acts for another",
    "forget": "takes away what is past its time, whoever asks",
    "forget_reports": "takes away what is past its time, whoever asks",
    "hand_over": "asks for unit.reorganise at both units",
    "hand_overs": "answers of records that one may change",
    "imports_of": "answers names of files to who sees the record that came from them",
    "join_workshop": "asks for the code, and writes the acting person alone",
    "lapse_acceptances": "ends what has ended, whoever asks",
    "alike": "holds the rule of the nodes itself",
    "match": "holds the rule of the nodes itself",
    "open_actions": "answers a number, to who may change the risk",
    "superior": "answers who leads where, which stands in the directory",
    "own_account": "answers whether an account is the acting person's own",
    "own_fields": "answers what forms ask, which is no secret, to whoever acts",
    "reach": "answers of the acting person",
    "reach_of_all": "answers of the acting person",
    "seal": "reads the trail and answers hashes",
    "sign": "writes a signature where none is yet",
    "spans_below": "answers of units that one sees the top of",
    "spread": "holds the rules of workshops and risks itself; counts alone, and before the closing only how many",
    "stands": "answers whether somebody named still works here",
    "taking_part": "answers of the acting person",
    "undo_import": "asks who imported, and the right to change each record",
    "token_at_door": "answers to whoever has the secret, and notes that it was used",
    "why": "answers within the reach of access.explain",
}


@pytest.fixture
def head() -> Person:
    return make.holder(unit=make.sector())


@pytest.fixture
def browser(head: Person, client: Client) -> Client:
    client.cookies["language"] = "en"
    return sign_in(client, head)


def test_every_function_that_runs_as_the_owner_is_known() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct proname from pg_proc where prosecdef and prorettype <> 'trigger'::regtype"
            " and has_function_privilege('kj_app', oid, 'execute')"
        )
        found = {row[0] for row in cursor.fetchall()}
    assert found == set(AS_OWNER)


def test_functions_that_run_as_the_owner_look_nowhere_but_where_they_say() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select proname from pg_proc where prosecdef and pronamespace = 'kj'::regnamespace and not exists ("
            " select 1 from unnest(proconfig) setting where setting like 'search_path=%%pg_temp')"
        )
        assert cursor.fetchall() == []


ABUSES = [
    "set role kj_owner",
    "set session authorization kj_owner",
    "set session_replication_role = replica",
    "set row_security = off; select * from risks_risk",
    "alter table risks_risk disable row level security",
    "alter role kj_app bypassrls",
    "create function public.mine() returns int language sql as 'select 1'",
    "create function kj.mine() returns int language sql as 'select 1'",
    "create or replace view asof.risks_risk as select * from public.risks_risk",
    "truncate risks_risk",
    "select * from kj.span",
    "select last_value from kj.code_r",
    "select text from history.entry",
    "copy risks_risk to program 'cat'",
]


@pytest.mark.parametrize("statement", ABUSES)
def test_the_sites_own_connection_gets_no_further_than_its_role(committed: str, statement: str) -> None:
    with psycopg.connect(address_of(committed, "APP")) as site, pytest.raises(psycopg.Error):
        site.execute(statement)


def test_statistics_of_the_planner_tell_the_site_nothing_of_rows(committed: str) -> None:
    with psycopg.connect(address_of(committed), autocommit=True) as owner:
        owner.execute("analyze")
    with psycopg.connect(address_of(committed, "APP")) as site:
        told = "select tablename from pg_stats join pg_tables using (schemaname, tablename) where rowsecurity"
        assert site.execute(told).fetchall() == []


def test_nobody_is_led_to_sign_in_from_every_page_and_refused_by_every_program() -> None:
    risk = make.assessed_risk("Kukaan ei näe", owner=make.holder())
    for method, route in sorted(addresses.doors()):
        answer = Client().generic(method, addresses.filled(route, pk=risk.pk, id=risk.pk), QUERY_STRING="q=Kukaan")
        if addresses.is_program(route):
            assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json"), (
                f"{method} {route}"
            )
        else:
            assert answer.status_code == 302, f"{method} {route}"
            assert answer["Location"].startswith("/sign-in/?next="), f"{method} {route}"
        assert not any(words in answer.content.decode() for words in (risk.code, risk.title)), f"{method} {route}"


def test_a_record_out_of_reach_costs_as_many_queries_as_one_that_is_not_there(browser: Client) -> None:
    hidden = make.risk(unit=make.sector())
    counts = []
    for address in ("/risks/{}/", "/risks/{}/history/", "/risks/{}/edit/", "/api/risks/{}", "/api/risks/{}/links"):
        for pk in (hidden.pk, NOT_THERE):
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(address.format(pk)).status_code == 404
            counts.append(len(queries))
    assert counts[::2] == counts[1::2]


def said_of(browser: Client, name: str, value: Any, head: Person) -> tuple[int, Any]:
    body = {"title": "Uusi", "unit": head.unit.code, name: value}
    answer = browser.post("/api/risks", body, content_type="application/json")
    return answer.status_code, answer.json().get("errors")


@pytest.mark.parametrize("by", [lambda unit: str(unit.pk), lambda unit: unit.code, lambda unit: unit.name_fi])
def test_a_relation_out_of_reach_is_refused_like_one_that_is_not_there(
    client: Client, by: Callable[[Any], str]
) -> None:
    here = make.sector()
    partner = make.holder("partner_member", unit=here)
    make.role_of(partner, "risk_expert", unit=here)
    # Nothing of the directory but what is below: the everywhere of the second role is taken away.
    with connection.cursor() as cursor:
        cursor.execute("update organisation_grant set reach = 'below' where kind_id = 'risk_expert'")
    hidden = make.sector("Näkymätön")
    browser = sign_in(client, partner)
    gone = {str(hidden.pk): str(NOT_THERE), hidden.code: "U-999999", hidden.name_fi: "Olematon"}
    there, nowhere = (said_of(browser, "unit", word, partner) for word in (by(hidden), gone[by(hidden)]))
    assert there == nowhere
    assert there[0] == 422


def test_an_import_tells_a_code_out_of_reach_from_no_code_by_nothing(head: Person) -> None:
    hidden = make.risk("Salainen", unit=make.sector())
    found = planned(csv_of(["code", "title"], [hidden.code, "Toinen"], ["R-999999", "Toinen"]), head)
    told = reasons(found)
    assert told[2].replace(hidden.code, "") == told[3].replace("R-999999", "")
    assert found.of("changed") == [] and found.of("same") == []


def test_an_import_finds_no_twin_out_of_reach(head: Person) -> None:
    make.risk("Sama otsikko", unit=make.sector())
    found = planned(csv_of(["title", "unit"], ["Sama otsikko", head.unit.code]), head)
    assert [row.fate for row in found.rows] == ["new"]


def test_history_names_nobody_and_nothing_out_of_reach(client: Client) -> None:
    here = make.sector()
    partner, stranger = make.holder("partner_member", unit=here), make.person("Veera Vieras", unit=make.sector())
    risk = make.risk(unit=here, owner=stranger)
    Risk.objects.filter(pk=risk.pk).update(owner=partner)
    browser = sign_in(client, partner)
    for address in (f"/risks/{risk.pk}/", f"/risks/{risk.pk}/history/", f"/api/risks/{risk.pk}/history"):
        page = browser.get(address).content.decode()
        assert "Vieras" not in page and str(stranger.pk) not in page, address


def test_a_list_counts_and_filters_what_is_in_reach_only(browser: Client, head: Person) -> None:
    owner = make.person()
    seen = make.risk(unit=head.unit, owner=owner)
    make.risk(unit=make.sector(), owner=owner)
    make.risk(unit=head.unit, owner=owner, confidentiality=Confidentiality.SECRET)
    for query in ("", f"?owner={owner.code}", "?state=draft", "?q=Riski", f"?unit={make.city().code}", "?sort=owner"):
        answer = browser.get(f"/api/risks{query}").json()
        assert (answer["total"], [item["id"] for item in answer["items"]]) == (1, [str(seen.pk)]), query
