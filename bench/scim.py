"""What a directory costs: 40,000 persons told by SCIM in bulk requests of 1,000, a part of them told again, and found.

Run by `./run bench scim`, on the example city in a database of its own: through the site's own handler, as its role, by
the token of somebody who provisions the whole city. The peer writes the same rows with `bulk_create`, into a table
without access, history, links or rules.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import django

os.environ["KIVIJALKA_MODE"] = "test"
django.setup()

# Models can be imported only once Django is set up.
from django.db import connection, models, transaction  # noqa: E402
from django.test import Client  # noqa: E402

from bench import _cities as cities  # noqa: E402
from bench import _plain as plain  # noqa: E402
from kivijalka.access import acting  # noqa: E402
from kivijalka.organisation import tokens  # noqa: E402
from kivijalka.organisation.models import Person, Role, Unit  # noqa: E402

PERSONS = int(os.environ.get("KIVIJALKA_BENCH_PERSONS", 40_000))
AT_ONCE, AGAIN, LOOKED_UP = 1_000, 2_000, 200
# Persons a second; told again, one finds out that nothing changed.
BOUND = 300
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
WORKS_AT = "urn:ietf:params:scim:schemas:extension:kivijalka:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


class Provisioned(plain.Plain):
    """The peer's person: what is told, and nothing more."""

    user_name = models.CharField(max_length=254, unique=True)
    email = models.CharField(max_length=254, unique=True)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    unit = models.ForeignKey(plain.Unit, models.PROTECT, to_field="number")

    class Meta(plain.Plain.Meta):
        db_table = "bench_provisioned"


def main() -> int:
    """Measure each step; 1 when one is slower than its bound."""
    with cities.city("city"):
        secret = provisioner()
        units = list(Unit.objects.filter(end=None).values_list("code", "number"))
        users = [user(number, units[number % len(units)][0]) for number in range(PERSONS)]
        peer = plainly(users, dict(units))
        print(f"{PERSONS:,} persons a second, plainly{peer:12,.0f}", flush=True)
        with cities.connected_as("site"):
            return int(sum(told(*step) for step in steps(users, secret)) > 0)


def steps(users: list[dict[str, Any]], secret: str) -> Iterator[tuple[str, float, float]]:
    """Each step with its persons a second, and how many there must be."""
    client = Client(headers={"authorization": f"Bearer {secret}"}, SERVER_NAME="localhost")
    with measured(len(users)) as added:
        made = [key for part in _parts(users) for key in add(client, part)]
    yield "told in bulk", added[0], BOUND
    with measured(AGAIN) as again:
        for part in _parts(list(zip(made[:AGAIN], users, strict=False))):
            sent = [{"method": "PUT", "path": f"/Users/{key}", "data": data} for key, data in part]
            assert {one["status"] for one in bulk(client, sent)} == {"200"}
    yield "told again, nothing new", again[0], 0
    with measured(LOOKED_UP) as found:
        for data in users[:LOOKED_UP]:
            asked = {"filter": f'userName eq "{data["userName"]}"'}
            assert client.get("/scim/v2/Users", asked).json()["totalResults"] == 1
    yield "found by user name", found[0], 0


def add(client: Client, users: list[dict[str, Any]]) -> list[str]:
    """Ids of new persons."""
    sent = [{"method": "POST", "path": "/Users", "bulkId": data["userName"], "data": data} for data in users]
    done = bulk(client, sent)
    assert {one["status"] for one in done} == {"201"}, next(one for one in done if one["status"] != "201")
    return [one["location"].rpartition("/")[2] for one in done]


def bulk(client: Client, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    body = json.dumps({"schemas": [BULK], "Operations": operations})
    answer = client.post("/scim/v2/Bulk", body, content_type="application/scim+json")
    assert answer.status_code == 200, (answer.status_code, answer.content[:500])
    done: list[dict[str, Any]] = answer.json()["Operations"]
    return done


def user(number: int, unit: str) -> dict[str, Any]:
    return {
        "schemas": [USER, WORKS_AT],
        "userName": f"bench{number}@esimerkki.example",
        "externalId": f"b-{number}",
        "name": {"givenName": "Aino", "familyName": f"Mitattu{number}"},
        "title": "työntekijä",
        WORKS_AT: {"unit": {"value": unit}},
    }


def provisioner() -> str:
    """The secret of a token of somebody who provisions the whole city."""
    with connection.cursor() as cursor:
        cursor.execute(cities.HOLDER, ["risk_expert"])
        who: UUID = cursor.fetchone()[0]
    city = Unit.objects.get(parent=None, end=None)
    Role.objects.create(person_id=who, kind_id="provisioner", unit=city, start=date(2020, 1, 1))
    with acting(who) as actor:
        return tokens.make(actor, name="bench", end=date.today() + timedelta(days=1), reads=False)[1]


def plainly(users: list[dict[str, Any]], units: dict[str, int]) -> float:
    """The peer: persons a second."""
    with connection.schema_editor() as editor:
        editor.create_model(Provisioned)
    with measured(len(users)) as found, transaction.atomic():
        rows = (
            Provisioned(
                uuid4(), one["userName"], one["userName"], one["name"]["givenName"], one["name"]["familyName"],
                units[one[WORKS_AT]["unit"]["value"]],
            )
            for one in users
        )  # fmt: skip
        Provisioned.objects.bulk_create(rows, batch_size=500)
    assert Person.objects.exists()
    return found[0]


@contextmanager
def measured(count: int) -> Iterator[list[float]]:
    """How many of these a second the block does."""
    found: list[float] = []
    began = time.perf_counter()
    yield found
    found.append(count / (time.perf_counter() - began))


def told(name: str, rate: float, bound: float) -> bool:
    """Tell a step; whether it is too slow."""
    late = rate < bound
    print(f"{name:32}{rate:12,.0f}{f'   under {bound}' if late else ''}", flush=True)
    return late


def _parts(items: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


if __name__ == "__main__":
    sys.exit(main())
