"""The parts of a running house, begun and killed one by one, and programs that go on writing to it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from runner.checkout import HERE
from runner.cluster import APP, OWNER, SUPER, Cluster
from runner.processes import Child
from runner.site import Site, wait_for_first_page
from tests.full import FULL

HOST = "127.0.0.1"
PATIENCE = 180.0
# Processes of a site: the more, the longer it takes to begin anew.
SERVERS = 2 if FULL else 1
SECRETS = {"KIVIJALKA_SECRET_KEY": "only-for-tests-" + "0" * 50, "KIVIJALKA_SEAL_KEY": "only-for-tests-" + "1" * 50}


# Each finds what may not be: rows that are there without what belongs to them.
HALF_DONE = {
    "a record without its node, or with another one's": """
        select r.title from (select id, title, key from risks_risk union all select id, title, key from actions_action) r
        left join register_node n on n.id = r.id and n.title = r.title and n.key & 4294967295 = r.key where n.id is null
    """,
    "a record whose history is not its own": """
        select r.title from risks_risk r join history.risks_risk h using (id) group by r.id
        having r.version <> count(*) or 1 <> count(*) filter (where h.kept_to = 'infinity')
    """,
    "an action that treats nothing": """
        select a.title from actions_action a
        where 1 <> (select count(*) from register_link l where l.a_id = a.id and l.kind = 'treats')
    """,
    "a file whose content is not its own": """
        select a.name from register_attachment a left join register_content c on c.id = a.content_id
        where encode(sha256(c.content), 'hex') is distinct from a.sha256
    """,
    "a key that was taken for nothing": "select key from register_sent where status is null",
}
IMPORTS = """
    select f.name, j.status, j.attempts, f.done_at is not null as is_kept, (
        select count(*) from risks_risk r where r.title like f.name || '-%'
    ) as rows from register_importfile f join procrastinate_jobs j on j.id = f.job
"""


def _named(names: list[str]) -> str:
    return f"name = any(array[{', '.join(repr(name) for name in names)}])"


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def until(is_so: Callable[[], bool], standing: Callable[[], str] = str) -> None:
    """Wait for what comes by itself; where it does not, say how the house stands."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, standing()
        time.sleep(0.1)


@dataclass
class House:
    """The site, its worker and its PostgreSQL; and another site and worker on the same."""

    cluster: Cluster
    folder: Path
    unit: str
    owner: str
    secret: str
    children: dict[str, Child] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = self.folder / "house.log"
        self.ports = {"site": free_port(), "other site": free_port()}

    def site(self, role: str = APP) -> Site:
        """The application, connected as a role of the database."""
        settings = {"KIVIJALKA_MODE": "demo", "DATABASE_URL": self.cluster.url(role), **SECRETS}
        return Site(HERE, self.cluster.processes, settings)

    def begin(self, *parts: str) -> None:
        """Start parts, as their supervisor does when they are gone."""
        for part in parts:
            with self.log.open("a") as log:
                if part == "database":
                    self.cluster.start()
                elif part in self.ports:
                    self.children[part] = self.site().start_server(HOST, self.ports[part], SERVERS, 4, log)
                    wait_for_first_page(self.children[part], HOST, self.ports[part], self.log)
                else:
                    if part == "worker":
                        self._fall_silent()
                    self.children[part] = self.site().start_worker(log)

    def kill(self, *parts: str) -> None:
        """End parts at once, whatever they are at."""
        for part in parts:
            child = self.cluster.server if part == "database" else self.children.pop(part)
            assert child is not None
            child.process.kill()
            child.process.wait()
            self.cluster.processes.forget(child)

    def _fall_silent(self) -> None:
        """Let as much time pass as it takes to see that the worker was killed."""
        self.do("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")

    def attend(self) -> None:
        """Begin anew what ended by itself, as a worker does without its database."""
        if self.cluster.server is not None and self.cluster.server.process.poll() is not None:
            self.kill("database")
            self.begin("database")
        worker = self.children.get("worker")
        if worker is not None and worker.process.poll() is not None:
            self.kill("worker")
            self.begin("worker")

    def release(self, names: list[str]) -> None:
        """Let files be imported that were held back."""
        named = f"select job from register_importfile where {_named(names)}"
        self.do(f"update procrastinate_jobs set status = 'todo' where id in ({named})")

    def end(self, *parts: str) -> None:
        """Stop parts, or all that runs."""
        for part in parts or tuple(self.children):
            self.cluster.processes.stop(self.children.pop(part))

    def ask(self, question: str) -> Any:
        """All rows of an answer, to one who is held to no policy."""
        with psycopg.connect(self.cluster.url(SUPER)) as connection:
            return connection.execute(question).fetchall()  # type: ignore[call-overload]  # questions of the tests

    def do(self, statement: str) -> None:
        """Carry out a statement as one who is held to no policy."""
        with psycopg.connect(self.cluster.url(SUPER)) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # statements of the tests

    def importing(self, names: list[str]) -> bool:
        """Whether files of these names still wait to be imported, or are under way."""
        return bool(self.ask(f"select 1 from ({IMPORTS}) i where {_named(names)} and status in ('todo', 'doing')"))

    def tried(self, name: str) -> bool:
        """Whether the import of a file was tried and is not under way, or has ended its worker."""
        asked = f"select 1 from ({IMPORTS}) i where {_named([name])} and attempts > 0 and status <> 'doing'"
        return self.children["worker"].process.poll() is not None or bool(self.ask(asked))

    def wrongly_imported(self, names: list[str], rows: int) -> list[Any]:
        """Files that are there in part, twice, or not as they are told to be. One that was given up is not there."""
        asked = self.ask(f"select name, status, is_kept, rows from ({IMPORTS}) i where {_named(names)}")
        assert len(asked) == len(names)
        right = {("succeeded", True, rows), ("failed", False, 0)}
        return [told for told in asked if told[1:] not in right]

    def half_done(self) -> dict[str, Any]:
        """What is there without what belongs to it."""
        found = {what: self.ask(question) for what, question in HALF_DONE.items()}
        return {what: rows for what, rows in found.items() if rows}

    def standing(self) -> str:
        """What a reader of a failed run needs: which parts run, the jobs, who is at the database, the end of the log."""
        ended = {part: child.process.poll() for part, child in self.children.items()}
        jobs = self.ask("select task_name, status, count(*), max(id) from procrastinate_jobs group by 1, 2")
        seals = self.ask(
            "select count(*), max(last), count(signature), (select max(no) from history.entry) from register_seal"
        )
        sessions = self.ask(
            "select pid, state, wait_event, backend_xmin::text, xact_start, left(query, 80) from pg_stat_activity"
        )
        log = self.log.read_text(errors="replace")[-3000:]
        return "\n".join(map(str, (ended, jobs, seals, *sessions, log)))

    def verify(self) -> str:
        """What the check of the trail says; it raises when something is wrong."""
        return self.site(OWNER).manage("verify_trail")

    def send(self, path: str, body: Any, key: str, at: str = "site") -> tuple[int, Any]:
        """One request of a program, and its answer."""
        kind, text = written(body)
        headers = {"Content-Type": kind, "Idempotency-Key": key}
        answer, told = self.request("POST", f"/api{path}", text, headers, at)
        return answer.status, json.loads(told or b"null")

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None, at: str = "site"
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request with the program's token, its answer, and what stands in that."""
        connection = http.client.HTTPConnection(HOST, self.ports[at], timeout=30)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.secret}", **(headers or {})})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


def written(body: Any) -> tuple[str, bytes]:
    """A body as a program sends it: JSON, or bytes as a form with a file."""
    if not isinstance(body, bytes):
        return "application/json", json.dumps(body).encode()
    head = b'Content-Disposition: form-data; name="file"; filename="liite.txt"'
    return "multipart/form-data; boundary=raja", b"\r\n".join([b"--raja", head, b"", body, b"--raja--", b""])


class Writer(threading.Thread):
    """A program that adds risks, treats each and attaches a file to it, and sends what got no answer again, by the same key."""

    def __init__(self, house: House, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.house, self.done, self.refused = house, [], []  # type: ignore[var-annotated]  # titles; answers
        self._leaves = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._leaves.is_set():
            number += 1
            title = f"{self.name}-{number}"
            risk = self._sent("/risks", {"title": title, "unit": self.house.unit})
            action = {
                "title": title, "owner": self.house.owner, "due": "2031-12-31", "cost_eur": "1",
                "expected_effect": "Vähemmän häiriöitä", "how_measured": "Häiriöt vuodessa",
            }  # fmt: skip
            self._sent(f"/risks/{risk['id']}/treat", action)
            self._sent(f"/risks/{risk['id']}/files", title.encode())
            self.done.append(title)

    def leave(self) -> None:
        """Stop after the risk that is under way."""
        self._leaves.set()
        self.join(PATIENCE)
        assert not self.is_alive()

    def _sent(self, path: str, body: dict[str, str] | bytes) -> Any:
        key, deadline = uuid4().hex, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                status, answer = self.house.send(path, body, key)
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.05)
                continue
            if status < 300:
                return answer
            if status < 500:
                self.refused.append((status, answer))
            time.sleep(0.05)
        raise AssertionError(f"{path} got no answer in time: {self.refused[-1:]}")
