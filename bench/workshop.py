"""What a workshop costs: 60 phones in one, answering ten risks each, over the network, some of them losing their connection.

Run by `./run bench workshop`. The example city (40,000 persons, 10,000 risks) in a database of its own, served by granian as
`./run serve` does, with as many processes as there are processors. Each phone joins by the code, then for each risk opens the
page, thinks for a few seconds, and sends the answer. One phone in four now and then closes its connection without
waiting for what comes of it, and sends the same once more. At the end the database must hold every answer, once, as it was given.

Then all phones send at the very same moment, which is told without a bound: it is how fast a queue of 60 goes through.

Milliseconds by the phones' clock, from the request to the last byte of the answer. The phones share the machine with the site,
and with whatever else runs on it: so the bound is judged by what a risk and an answer cost at the server, in this process and
one after another, by the processors' time as in `bench/pages.py`.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from socket import create_server
from tempfile import TemporaryFile
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client

from bench import _cities as cities
from bench._clock import measured
from kivijalka.access import acting
from kivijalka.organisation.models import Account, Person
from kivijalka.register.command import add
from kivijalka.risks.models import Risk
from kivijalka.workshops import codes, commands
from kivijalka.workshops.models import Answer, Workshop
from kivijalka.workshops.registers import workshops

PHONES, RISKS = 60, 10
THINKS = tuple(float(part) for part in os.environ.get("KIVIJALKA_BENCH_THINKS", "3 9").split())  # seconds
JOINS = 15  # seconds
BOUND, ROUNDS = 100, 5
HOST, STARTS_WITHIN = "127.0.0.1", 60
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WORKING = """
    select p.id from organisation_person p join organisation_account a on a.person_id = p.id
    where (p."end" is null or p."end" >= kj.today()) order by p.id limit %s
"""


@dataclass
class Phone:
    """Somebody with a phone: their cookies, what they answered, and what each request took."""

    port: int
    cookies: str
    chance: Random
    loses: bool
    answers: dict[str, tuple[int, int]] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lost: int = 0

    def request(self, kind: str, path: str, sent: dict[str, Any] | None = None) -> tuple[int, str, str]:
        """Status, where it leads, and the page."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=60)
        begun = time.perf_counter()
        line.request(
            "POST" if sent else "GET", path, urlencode(sent) if sent else None, {**FORM, "Cookie": self.cookies}
        )
        answer = line.getresponse()
        page = answer.read().decode()
        self.took[kind].append((time.perf_counter() - begun) * 1000)
        line.close()
        return answer.status, answer.headers.get("Location", ""), page

    def join(self, code: str) -> str:
        """Joins, some time while the code is shown, and is led to the page of answers."""
        time.sleep(self.chance.uniform(0, JOINS))
        _status, _where, page = self.request("join: the page", "/join/")
        status, where, page = self.request("join: the code", "/join/", {**hidden(page), "code": code})
        if status != 302:
            raise SystemExit(f"Joining was answered {status}: {page[-2000:]}")
        return where

    def take_part(self, address: str) -> None:
        """Answers risk after risk, thinking in between."""
        time.sleep(self.chance.uniform(0, THINKS[0]))
        while (form := self.opened(address)) is not None:
            time.sleep(self.chance.uniform(*THINKS))
            self.send(address, form)

    def opened(self, address: str) -> dict[str, Any] | None:
        """The form of the next risk, filled in; None when all are answered."""
        _status, _where, page = self.request("a risk", address)
        if 'name="likelihood"' not in page:
            return None
        levels = {name: self.chance.randint(1, 5) for name in ("likelihood", "impact")}
        return {**hidden(page), **levels}

    def send(self, address: str, form: dict[str, Any]) -> None:
        if self.loses and self.chance.random() < 0.3:
            self.lose(address, form)
        status, _where, page = self.request("an answer", address, form)
        if status != 302:
            raise SystemExit(f"An answer was answered {status}: {page[-2000:]}")
        self.answers[form["question"]] = (form["likelihood"], form["impact"])

    def lose(self, address: str, form: dict[str, Any]) -> None:
        """Sends, or half sends, and hears nothing of it."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=60)
        body = urlencode(form)
        line.putrequest("POST", address)
        for name, value in {**FORM, "Cookie": self.cookies, "Content-Length": str(len(body))}.items():
            line.putheader(name, value)
        line.endheaders((body if self.chance.random() < 0.5 else body[: len(body) // 2]).encode())
        line.close()
        self.lost += 1
        time.sleep(self.chance.uniform(0.2, 1))


def main() -> int:
    """Measure; 1 when answers are slower than their bound, or are not all there as they were given."""
    with cities.city("city"):
        workshop, people = prepared()
        with served() as port:
            phones = [phone_of(port, person, number) for number, person in enumerate(people)]
            with ThreadPoolExecutor(PHONES) as pool:
                code = codes.code_of(workshop.pk)
                list(pool.map(lambda phone: phone.request("", "/join/"), phones))  # whatever is slow the first time
                [address, *_others] = pool.map(lambda phone: phone.join(code), phones)
                list(pool.map(lambda phone: phone.take_part(address), phones))
                report(phones)
                wrong = differing(phones, people, workshop)
                together(pool, phones, address)
        late = at_the_server(people, address)
        lost = sum(phone.lost for phone in phones)
        print(f"{lost} connections lost; {wrong} answers of {PHONES * RISKS} not as they were given", flush=True)
    return int(late or wrong > 0)


def prepared() -> tuple[Workshop, list[Any]]:
    """A workshop that is open, over some risks of the city, and the people who will join."""
    with connection.cursor() as cursor:
        cursor.execute(WORKING, [PHONES])
        people = [row[0] for row in cursor.fetchall()]
    leader = cities.readers()["sees all"]
    with acting(leader) as actor:
        me = Person.objects.get(pk=leader)
        given = {"title": "Mittaus", "held_on": "2026-12-01", "unit": me.unit, "owner": me, "confidentiality": 1}
        made = add(workshops, actor, **given)
        for risk in Risk.objects.may("assess").exclude(state="closed").order_by("id")[:RISKS]:
            commands.take_up(actor, made, risk=risk)
        commands.open_answers(actor, made)
    return made, people


def phone_of(port: int, person: Any, number: int) -> Phone:
    """A phone that is signed in."""
    client = signed_in(person)
    token = "a" * 32
    cookies = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}; csrftoken={token}"
    return Phone(port, cookies, Random(number), loses=number % 4 == 0)


def signed_in(person: Any) -> Client:
    """A browser in this process that is signed in."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(Account.objects.get(person_id=person), backend="django.contrib.auth.backends.ModelBackend")
    return client


def hidden(page: str) -> dict[str, Any]:
    """The hidden fields of the page's own form."""
    form = page[page.index('<form class="kj-form') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def together(pool: ThreadPoolExecutor, phones: list[Phone], address: str) -> None:
    """All change their first answer at the same moment."""
    _status, _where, page = phones[0].request("", address)
    [first, *_rest] = re.findall(r"\?question=([0-9a-f-]{36})", page)
    forms = [hidden(phone.request("", f"{address}?question={first}")[2]) for phone in phones]
    start = Barrier(PHONES)

    def send(phone: Phone, form: dict[str, Any]) -> None:
        start.wait()
        phone.request("all at the same moment", address, {**form, "likelihood": 3, "impact": 3})

    list(pool.map(send, phones, forms))
    told("all at the same moment", phones)


def report(phones: list[Phone]) -> None:
    """A line for each kind of request."""
    print(f"{'':26}{'requests':>10}{'median':>10}{'p95':>10}{'most':>10}   ms", flush=True)
    for kind in ("join: the page", "join: the code", "a risk", "an answer"):
        told(kind, phones)


def at_the_server(people: list[Any], address: str) -> bool:
    """What a risk and an answer cost the processors, this one's and the database's; whether either is over the bound."""
    spent: dict[str, list[float]] = {"a risk": [], "an answer": []}
    with cities.connected_as("site"):
        for number, person in enumerate(people):
            client = signed_in(person)
            [first, *_rest] = re.findall(r"\?question=([0-9a-f-]{36})", client.get(address).content.decode())
            for turn in range(ROUNDS):
                with measured() as opened:
                    client.get(f"{address}?question={first}")
                given = {"question": first, "likelihood": 1 + turn % 5, "impact": 1 + (turn + number) % 5}
                with measured() as answered:
                    status = client.post(address, given).status_code
                if status != 302:
                    raise SystemExit(f"An answer was answered {status}.")
                if number:  # the first opens everything for the first time
                    spent["a risk"].append(opened.busy * 1000)
                    spent["an answer"].append(answered.busy * 1000)
    found = {kind: row(f"{kind}, at the server", took) for kind, took in spent.items()}
    for kind, p95 in found.items():
        if p95 > BOUND:
            print(f"missed: {kind}, p95 {p95:.0f} ms of the processors, bound {BOUND}")
    return max(found.values()) > BOUND


def told(kind: str, phones: list[Phone]) -> float:
    """What requests of a kind took; their 95th percentile."""
    return row(kind, [one for phone in phones for one in phone.took[kind]])


def row(kind: str, took: list[float]) -> float:
    took = sorted(took)
    p95 = took[min(len(took) - 1, int(len(took) * 0.95))]
    print(f"{kind:26}{len(took):10}{statistics.median(took):10.0f}{p95:10.0f}{took[-1]:10.0f}", flush=True)
    return p95


def differing(phones: list[Phone], people: list[Any], workshop: Workshop) -> int:
    """How many answers the database lacks, has otherwise, or has too many."""
    rows = Answer.objects.filter(question__workshop=workshop).values_list("person", "question", "likelihood", "impact")
    stored = [((person, str(question)), levels) for person, question, *levels in rows]
    given = {
        (person, question): list(levels)
        for phone, person in zip(phones, people, strict=True)
        for question, levels in phone.answers.items()
    }
    return abs(len(stored) - PHONES * RISKS) + sum(given.get(key) != levels for key, levels in stored)


@contextmanager
def served() -> Iterator[int]:
    """Serve the database as the site's role until the block ends; the port."""
    with create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    workers = str(os.cpu_count() or 1)
    given = {**os.environ, "DATABASE_URL": cities.address_of("site")}
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--no-ws"),
        *("--workers", workers, "--blocking-threads", "4", "--backlog", "512", "--backpressure", "16"),
        "kivijalka.web.wsgi:application",
    ]
    with TemporaryFile() as log:
        running = subprocess.Popen(command, env=given, stdout=log, stderr=log)
        try:
            _wait(port, running, log)
            yield port
        finally:
            running.terminate()
            running.wait(timeout=20)


def _wait(port: int, running: subprocess.Popen[bytes], log: Any) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and running.poll() is None:
        try:
            line = http.client.HTTPConnection(HOST, port, timeout=5)
            line.request("GET", "/sign-in/")
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    log.seek(0)
    raise SystemExit(f"The site did not answer:\n{log.read().decode()[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
