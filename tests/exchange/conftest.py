"""Who provisions: somebody at the top of the city whose token may."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation import tokens
from kivijalka.organisation.models import Person, Unit
from tests import factories as make

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
WORKS_AT = "urn:ietf:params:scim:schemas:extension:kivijalka:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM = "application/scim+json"


def secret_of(person: Person, **given: object) -> str:
    """The secret of a token of the person, which may write."""
    with acting(person.pk) as actor:
        return tokens.make(actor, name="Henkilöstö", end=make.in_days(30), reads=False, **given)[1]  # type: ignore[arg-type]


def program(secret: str) -> Client:
    return Client(
        headers={"authorization": f"Bearer {secret}", "accept-language": "en"},
        enforce_csrf_checks=True,
    )


def user(name: str = "aino.uusi", **more: Any) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "userName": f"{name}@esimerkki.example",
        "name": {"givenName": "Aino", "familyName": "Uusi"},
        **more,
    }


def at(unit: Unit) -> dict[str, Any]:
    """That somebody works at a unit."""
    return {WORKS_AT: {"unit": {"value": unit.code}}}


def sent(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The answer to a request of the service."""
    return client.generic(method, f"/scim/v2/{path}", json.dumps(body), content_type=SCIM, headers=headers)


def patched(client: Client, record: Any, *operations: dict[str, Any], kind: str = "Users") -> Any:
    return sent(client, "PATCH", f"{kind}/{record.pk}", {"schemas": [PATCH], "Operations": list(operations)})


@pytest.fixture
def administrator() -> Person:
    return make.holder("access_administrator", unit=make.city())


@pytest.fixture
def scim(administrator: Person) -> Client:
    return program(secret_of(administrator))
