"""What a directory costs: 40,000 persons told by SCIM in bulk requests of 1,000, a part of them told again, and found.

Run by `./run bench scim`, on the example city in a database of its own: through the site's own handler, as its role, by
the token of somebody who provisions the whole city. The peer is plain Django: views that write the same rows with
`bulk_create`, compare them one by one, and find one, in a table without access, history, links or rules, for whoever asks.

By the clock, and by the processors: the ratio of those is what stays the same on a machine with others at work.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, models, transaction
from django.http import HttpRequest, JsonResponse
from django.test import Client, override_settings
from django.urls import path

from bench import _cities as cities
from bench import _plain as plain
from bench._clock import Cost, measured
from kivijalka.access import acting
from kivijalka.organisation import tokens
from kivijalka.organisation.models import Role, Unit

PERSONS = int(os.environ.get("KIVIJALKA_BENCH_PERSONS", 40_000))
AT_ONCE, AGAIN, LOOKED_UP = 1_000, 5_000, 500
# Persons a second by the clock; told again, one finds out that nothing changed.
BOUND = 300
STEPS = ("told in bulk", "told again, nothing new", "found by user name")
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


@dataclass(frozen=True)
class Step:
    """How many persons, and what they cost."""

    count: int
    cost: Cost

    @property
    def rate(self) -> float:
        return self.count / self.cost.clock

    @property
    def busy(self) -> float:
        """Milliseconds of the processors for each."""
        return 1000 * self.cost.busy / self.count


def main() -> int:
    """Measure each step; 1 when one is slower than its bound."""
    with cities.city("city"):
        secret = provisioner()
        units = list(Unit.objects.filter(end=None).values_list("code", "number"))
        users = [user(number, units[number % len(units)][0]) for number in range(PERSONS)]
        peers = list(plainly(users, dict(units)))
        print(f"{'':26}{'plain/s':>10}{'SCIM/s':>10}{'plain, ms':>12}{'SCIM, ms':>12}{'ratio':>8}", flush=True)
        with cities.connected_as("site"):
            client = Client(headers={"authorization": f"Bearer {secret}"}, SERVER_NAME="localhost")
            return int(sum(map(told, STEPS, steps(client, users), peers, (BOUND, BOUND, 0))) > 0)


def steps(client: Client, users: list[dict[str, Any]]) -> Iterator[Step]:
    """Ours."""
    made: list[str] = []
    yield step(len(users), lambda: made.extend(key for part in _parts(users) for key in add(client, part)))
    again = list(zip(made[:AGAIN], users, strict=False))
    yield step(len(again), lambda: [put(client, part) for part in _parts(again)])
    yield step(LOOKED_UP, lambda: [find(client, "/scim/v2/Users", one) for one in users[:LOOKED_UP]])


def step(count: int, do: Callable[[], Any]) -> Step:
    with measured() as cost:
        do()
    return Step(count, cost)


def add(client: Client, users: list[dict[str, Any]]) -> list[str]:
    """Ids of new persons."""
    sent = [{"method": "POST", "path": "/Users", "bulkId": data["userName"], "data": data} for data in users]
    done = bulk(client, sent)
    assert {one["status"] for one in done} == {"201"}, next(one for one in done if one["status"] != "201")
    return [one["location"].rpartition("/")[2] for one in done]


def put(client: Client, given: list[tuple[str, dict[str, Any]]]) -> None:
    done = bulk(client, [{"method": "PUT", "path": f"/Users/{key}", "data": data} for key, data in given])
    assert {one["status"] for one in done} == {"200"}, done[0]


def find(client: Client, address: str, data: dict[str, Any]) -> None:
    asked = {"filter": f'userName eq "{data["userName"]}"'}
    assert client.get(address, asked).json()["totalResults"] == 1


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


def plainly(users: list[dict[str, Any]], units: dict[str, int]) -> Iterator[Step]:
    """The peer, step by step."""
    with connection.schema_editor() as editor:
        editor.create_model(Provisioned)
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        client = Client(SERVER_NAME="localhost")
        rows = [_row(one, units) for one in users]
        for address, count, given in (("new", len(rows), rows), ("again", AGAIN, rows[:AGAIN])):
            yield step(count, lambda a=address, g=given: [_posted(client, a, part) for part in _parts(g)])  # type: ignore[misc]
        yield step(LOOKED_UP, lambda: [find(client, "/found", one) for one in users[:LOOKED_UP]])


def _row(user: dict[str, Any], units: dict[str, int]) -> dict[str, Any]:
    name, address = user["name"], user["userName"]
    names = {"given_name": name["givenName"], "family_name": name["familyName"]}
    return {"user_name": address, "email": address, **names, "unit_id": units[user[WORKS_AT]["unit"]["value"]]}


def _posted(client: Client, address: str, rows: list[dict[str, Any]]) -> None:
    assert client.post(f"/{address}", json.dumps(rows), content_type="application/json").status_code == 200


@transaction.atomic
def _new(request: HttpRequest) -> JsonResponse:
    rows = [Provisioned(uuid4(), **one) for one in json.loads(request.body)]
    Provisioned.objects.bulk_create(rows, batch_size=500)
    return JsonResponse([str(row.pk) for row in rows], safe=False)


@transaction.atomic
def _again(request: HttpRequest) -> JsonResponse:
    for given in json.loads(request.body):
        row = Provisioned.objects.get(user_name=given["user_name"])
        if any(getattr(row, name) != value for name, value in given.items()):
            row.save()
    return JsonResponse({})


def _found(request: HttpRequest) -> JsonResponse:
    rows = Provisioned.objects.filter(user_name=request.GET["filter"].split('"')[1])
    return JsonResponse({"totalResults": rows.count(), "Resources": list(rows.values()[:100])})


urlpatterns = [path("new", _new), path("again", _again), path("found", _found)]


def told(name: str, ours: Step, peer: Step, bound: float) -> bool:
    """Tell a step; whether it is too slow."""
    late = ours.rate < bound
    rates, busy = f"{peer.rate:10,.0f}{ours.rate:10,.0f}", f"{peer.busy:12.2f}{ours.busy:12.2f}"
    print(f"{name:26}{rates}{busy}{ours.busy / peer.busy:8.1f}{f'   under {bound}/s' if late else ''}", flush=True)
    return late


def _parts(items: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


if __name__ == "__main__":
    sys.exit(main())
