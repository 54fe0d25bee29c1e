"""The whole document tried with made-up requests: nothing breaks the server, and every answer is as described."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from kivijalka.organisation.models import Person
from kivijalka.register.registry import REGISTERS
from tests.doors.examples import row_of
from tests.factories import action, assessed_risk, delegation, holder, link, responsibility, role_of, sector
from tests.full import FULL
from tests.who import sign_in

EXAMPLES = 5
# One after another, the operations would be the longest of all tests.
SHARES = 3
# What an operation is called; all else is its shape.
WORDS = ("operationId", "summary", "description", "tags")
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


def made_up(examples: int) -> settings:
    """How many requests are made up of an operation: the same ones each time."""
    return settings(
        max_examples=examples, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("share", range(SHARES))
def test_every_made_up_request_is_answered_as_the_document_says(share: int) -> None:
    director = holder("sector_director", unit=sector())
    ids, session = records_of(director), session_of(director)
    answers: Counter[int] = Counter()
    shapes: set[str] = set()
    with connection_kept():
        document = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
        for found in islice(document.get_all_operations(), share, None, SHARES):
            operation: Any = found.ok()
            # What every register has alike is made up in full of one, and once of each other.
            examples = EXAMPLES if FULL or shape_of(operation) not in shapes else 1
            shapes.add(shape_of(operation))
            _try(operation, ids, session, answers, examples)
    # A mistake in this test itself would have every request refused at the door.
    assert answers[200] > answers[404] > answers[401] == 0


def shape_of(operation: Any) -> str:
    """What an operation takes and answers."""
    parts = {name: part for name, part in operation.definition.raw.items() if name not in WORDS}
    return operation.method + json.dumps(parts, sort_keys=True, default=str)


def _try(operation: Any, ids: dict[str, str], session: dict[str, Any], answers: Counter[int], examples: int) -> None:
    @made_up(examples)
    @given(case=operation.as_strategy())
    def attempt(case: Any) -> None:
        # An id that is there lets the request through to what the operation does.
        register = case.path.split("/")[2]
        if "id" in case.path_parameters and register in ids:
            case.path_parameters["id"] = ids[register]
        answers[case.call_and_validate(**session, checks=CHECKS).status_code] += 1

    attempt()


@contextmanager
def connection_kept() -> Iterator[None]:
    """A real server closes what a request left of its connection; here it is the test's own."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def records_of(person: Person) -> dict[str, str]:
    """Ids of records that the person may change, by the path of their register."""
    treated, treating = assessed_risk(unit=person.unit), action(unit=person.unit, owner=person)
    link("treats", treating, treated)
    role = role_of(person, "access_administrator")
    records = {"risks": treated, "actions": treating, "units": person.unit, "persons": person, "roles": role}
    records["delegations"] = delegation(person, holder())
    records["responsibilities"] = responsibility(treated, person, "R")
    others = [register for register in REGISTERS.values() if register.path not in records]
    records |= {register.path: row_of(register.model, unit=person.unit, person=person) for register in others}
    return {path: str(record.pk) for path, record in records.items()}


def session_of(person: Person) -> dict[str, Any]:
    """Cookies and token of somebody who is signed in, as a program sends them."""
    client = sign_in(Client(), person)
    client.get("/risks/new/")
    cookies = {name: client.cookies[name].value for name in ("sessionid", "csrftoken")}
    return {"cookies": cookies, "headers": {"X-CSRFToken": cookies["csrftoken"], "Accept-Encoding": "identity"}}
