"""A program that is signed in, as the tests of the API use it."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from kivijalka.organisation.models import Person
from tests.factories import holder, sector
from tests.who import sign_in

NOT_THERE = "/api/risks/00000000-0000-0000-0000-000000000000"


def as_head() -> tuple[Client, Person]:
    """A program that acts as the head of a sector."""
    head = holder("unit_head", unit=sector())
    return sign_in(Client(), head), head


def send(client: Client, method: str, address: str, body: Any, **headers: Any) -> Any:
    return getattr(client, method)(address, data=json.dumps(body), content_type="application/json", **headers)


def told(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal, which is always problem+json."""
    assert answer.headers["content-type"] == "application/problem+json", answer.content[:300]
    content = answer.json()
    assert content["status"] == answer.status_code
    assert content["title"]
    assert content["detail"]
    return answer.status_code, content["code"]
