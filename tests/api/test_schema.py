"""The whole document tried with made-up requests: nothing breaks the server."""

from __future__ import annotations

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case

from tests.factories import holder, risk, sector
from tests.who import sign_in

EXAMPLES = 4


@pytest.mark.django_db
def test_no_made_up_request_breaks_the_server():
    head = holder("sector_director", unit=sector())
    risk(unit=head.unit, owner=head)
    client = sign_in(Client(raise_request_exception=False), head)
    document = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        def attempt(case: Case) -> None:
            answer = _send(client, case)
            assert answer.status_code < 500, f"{case.method} {case.formatted_path}: {answer.content[:500]!r}"

        from hypothesis import given

        given(operation.as_strategy())(attempt)()


def _send(client: Client, case: Case) -> object:
    import json

    address = case.formatted_path
    query = {str(key): str(value) for key, value in (case.query or {}).items()}
    if case.method.upper() == "GET":
        return client.get(address, query)
    body = case.body if isinstance(case.body, (dict, list, str, int, float, bool, type(None))) else {}
    content = json.dumps(body)
    return client.generic(case.method.upper(), address, content, content_type="application/json")
