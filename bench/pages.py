"""What a page costs at the server: milliseconds, queries, and the ratio to the same page in plain Django.

Run by `./run bench pages`. Loads the example city (10,000 risks) into a database of its own, then a small one, then the
city with ten times its risks; for each, three readers open each page. Warm database, no cache of pages or results. The
time is that of the whole request in one process: middleware, queries, template, compression.

`ms` is the median of `ROUNDS` by the clock, `busy` that of the processors: this process's and the database's, which take
turns. On a machine of its own the two are the same; on a shared one the clock counts what others do, so that the bounds
and ratios are judged by `busy`.

The peer (`bench/_plain.py`) has no access, so one reading of it serves all three readers. It reads as the tables' owner.
Prints what missed its bound, and ends with 1 if anything did.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from bench import _cities as cities
from bench._clock import backend_of, spent
from kivijalka.access import acting
from kivijalka.meetings.models import Meeting
from kivijalka.organisation.models import Account
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk

ROUNDS = int(os.environ.get("KIVIJALKA_BENCH_ROUNDS", 15))
MOST_QUERIES = 12
WORDS = "sähkökatko"
NO_QUERIES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
LIST, RECORD, SEARCH, SITUATION, BY_UNIT, AGENDA = 100, 80, 150, 100, 150, 150
PLAIN_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


@dataclass(frozen=True)
class Page:
    """A page, its bound in milliseconds, and the peer's address of the same one; `{risk}` is a risk that one sees."""

    path: str
    bound: int
    peer: str = ""


@dataclass(frozen=True)
class Reading:
    """What a page took, in milliseconds: by the clock (middle of the rounds), by the processors; and its queries."""

    clock: float
    busy: float
    queries: int


def pages() -> list[Page]:
    """Every register's list, and the pages and filters with a bound of their own."""
    lists = [Page(f"/{register.path}/", LIST) for register in REGISTERS.values() if register.key != "risk"]
    return [
        Page("/risks/", LIST, "/risks/"),
        Page("/risks/?last=1", LIST, "/risks/?last=1"),
        Page("/risks/?sort=review", LIST, "/risks/?sort=review"),
        Page("/risks/?state=assessed", LIST, "/risks/?state=assessed"),
        Page(f"/risks/?q={WORDS}", LIST, f"/risks/?q={WORDS}"),
        Page("/risks/?unit={unit}", LIST),
        Page("/risks/?owner=me", LIST),
        Page("/risks/?as_of={past}", LIST),
        *lists,
        Page("/risks/{risk}/", RECORD, "/risks/{risk}/"),
        Page("/risks/{risk}/?as_of={past}", RECORD),
        Page("/risks/{risk}/history/", RECORD),
        Page("/risks/{risk}/bow-tie/", RECORD),
        Page("/risks/{risk}/story/", RECORD),
        Page(f"/search/?q={WORDS}", SEARCH, f"/search/?q={WORDS}"),
        Page("/search/?q=riski", SEARCH, "/search/?q=riski"),
        Page("/risks/similar/?title=Tietomurto palveluverkossa", SEARCH),
        Page("/situation/", SITUATION, "/situation/"),
        Page("/situation/?unit={unit}", SITUATION),
        Page("/situation/?as_of={past}", SITUATION),
        Page("/situation/heat/", BY_UNIT),
        Page("/situation/heat/?unit={unit}", BY_UNIT),
        Page("/situation/heat/?as_of={past}", BY_UNIT),
        Page("/situation/effects/", BY_UNIT),
        Page("/situation/effects/?unit={unit}", BY_UNIT),
        Page("/situation/effects/?as_of={past}", BY_UNIT),
        Page("/areas/", SITUATION),
        Page("/areas/occupational_safety/", BY_UNIT),
        Page("/areas/occupational_safety/?unit={unit}", BY_UNIT),
        Page("/areas/occupational_safety/?as_of={past}", BY_UNIT),
        Page("/first-steps/?unit={unit}", LIST),
        Page("/", LIST),
        Page("/?as_of={past}", LIST),
        Page("/responsibilities/", LIST),
        Page("/responsibilities/?as_of={past}", LIST),
        Page("/meetings/{meeting}/agenda/", AGENDA),
    ]


def main() -> int:
    """Measure each size; 1 when a page misses its bound."""
    missed = []
    with cities.city("city"):
        readers = cities.readers()
        missed += report(readers)
        cities.multiply(10)
        missed += report(readers)
    with cities.city("small"):
        missed += report(cities.readers())
    for line in missed:
        print(line)
    return 1 if missed else 0


def report(readers: dict[str, UUID]) -> list[str]:
    """A line for each page; what missed its bound."""
    print(f"\n{cities.rows_of('risks_risk'):,} risks, {cities.rows_of('actions_action'):,} actions")
    print(f"{'page':28}{'plain':>11}" + "".join(f"{name:>26}" for name in readers))
    print(f"{'':28}   ms busy" + "    ms busy queries ratio" * len(readers))
    missed = []
    for page in pages():
        peer = plain(page, readers["sees all"])
        line = f"{page.path:28}" + (f"{peer.clock:6.0f}{peer.busy:5.0f}" if peer else " " * 11)
        for name, person in readers.items():
            found = ours(page, person)
            ratio = f"{found.busy / peer.busy:6.1f}" if peer else " " * 6
            line += f"{found.clock:7.0f}{found.busy:5.0f}{found.queries:8}{ratio}"
            if found.busy > page.bound or found.queries > MOST_QUERIES:
                missed.append(f"missed: {page.path}, {name}: {found}, {page.bound} ms")
        print(line, flush=True)
    return missed


def ours(page: Page, person: UUID) -> Reading:
    """The page as this person gets it, from the site's role."""
    with cities.connected_as("site"):
        return measured(page.path.format(**seen_by(person)), person)


def plain(page: Page, person: UUID) -> Reading | None:
    """The same page of the peer, which anybody sees whole."""
    if not page.peer:
        return None
    with cities.connected_as("site"):
        address = page.peer.format(**seen_by(person))
    with cities.connected_as("owner"), in_plain_django():
        return measured(address, person)


@contextmanager
def in_plain_django() -> Iterator[None]:
    """The peer's addresses and templates, without the middleware that says who acts."""
    [engine] = settings.TEMPLATES
    options = {**engine["OPTIONS"], "context_processors": ["django.template.context_processors.request"]}
    templates = [{**engine, "DIRS": [settings.ROOT / "bench/templates"], "OPTIONS": options}]
    with override_settings(ROOT_URLCONF="bench._plain", MIDDLEWARE=PLAIN_MIDDLEWARE, TEMPLATES=templates):
        yield


def seen_by(person: UUID) -> dict[str, str]:
    """What the addresses need: a risk that was there on the past day too, its unit, that day, and this person's meeting."""
    with acting(person):
        risks = Risk.objects.seen().order_by("id")
        risk = risks[risks.count() // 20]
        meeting = Meeting.objects.seen().get(owner=person, title="Bench")
        past = str(date.today() - timedelta(days=365))
        return {"risk": str(risk.pk), "unit": risk.unit.code, "past": past, "meeting": str(meeting.pk)}


def measured(address: str, person: UUID) -> Reading:
    """Open the page again and again, signed in; the first time counts the queries and warms it up."""
    client = Client(headers={"accept-encoding": "gzip"}, SERVER_NAME="localhost")
    client.force_login(Account.objects.get(person_id=person), backend="django.contrib.auth.backends.ModelBackend")
    with CaptureQueriesContext(connection) as captured:
        status = client.get(address).status_code
    if status != 200:
        raise SystemExit(f"{address} answered {status}.")
    queries = [query["sql"] for query in captured if not query["sql"].startswith(NO_QUERIES)]
    backend = backend_of(connection)
    rounds = [timed(client, address, backend) for _ in range(ROUNDS)]
    clock, busy = (statistics.median(taken) for taken in zip(*rounds, strict=True))
    return Reading(clock, busy, len(queries))


def timed(client: Client, address: str, backend: Path) -> tuple[float, float]:
    """Milliseconds of one opening: by the clock, and by the processors."""
    clock, own, database = time.perf_counter(), time.process_time(), spent(backend)
    client.get(address)
    took = time.perf_counter() - clock
    return took * 1000, (time.process_time() - own + spent(backend) - database) * 1000


if __name__ == "__main__":
    sys.exit(main())
