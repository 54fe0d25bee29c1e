"""What all tests share: the database, and how they get it.

Tests run as the tables' owner, who sees everything; the code under test runs inside `acting(person)`, as the
site's role.
Nouns to begin with are in `tests/factories.py`, who acts in `tests/who.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from xdist.scheduler import LoadScopeScheduling

from kivijalka.register.garbage import collect_seldom
from tests import database
from tests.who import as_nobody


def pytest_configure(config: pytest.Config) -> None:
    """The first process names the run; workers inherit the name."""
    os.environ.setdefault("KIVIJALKA_TEST_RUN", uuid4().hex[:8])


# Folders whose tests share something dear within a process: a server with its browser, compiled code.
TOGETHER = ("browser", "durability", "engine")


class Together(LoadScopeScheduling):
    """Tests are handed out one by one, but those of such a folder to one process."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return folder if folder in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """How tests are handed out to several processes."""
    return Together(config, log)


def pytest_collection_finish() -> None:
    """What was imported stays to the end."""
    collect_seldom()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Give a test's calls room in one piece.

    CPython takes room for calls from the system by 16 KB and gives a piece back as soon as it is empty: a loop at the edge
    of one asks the system with every round. A call that wants much gets a large piece, and all within it find room there.
    """
    test = pyfuncitem.obj

    @wraps(test)
    def roomy(*args: Any, **named: Any) -> Any:
        return test(*args, **named)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=100_000)
    pyfuncitem.obj = roomy


def pytest_sessionfinish(session: pytest.Session) -> None:
    """When all workers are done, the first process removes the databases of the run."""
    if not hasattr(session.config, "workerinput") and "KIVIJALKA_TEST_OWNER_URL" in os.environ:
        database.drop_all_of_this_run()


@pytest.fixture(scope="session")
def database_template(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> str:
    """Name of the migrated database that all others are copied from."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with django_db_blocker.unblock():
        try:
            return database.make_template(Path(shared) / "template.lock")
        except LookupError as missing:
            pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def django_db_setup(database_template: str, django_db_blocker: Any) -> Iterator[None]:
    """A database of this worker's own, connected to as the tables' owner."""
    name = database.name_of(os.environ.get("PYTEST_XDIST_WORKER", "alone"))
    database.clone(database_template, name)
    with django_db_blocker.unblock(), database.connected_to(name):
        yield


@pytest.fixture
def committed(database_template: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database for one test in which transactions really end: for history, locks, a second connection. Its name."""
    name = database.name_of(uuid4().hex[:8])
    database.clone(database_template, name)
    with django_db_blocker.unblock(), database.connected_to(name):
        yield name
    database.drop(name)


@pytest.fixture
def site_role(db: None) -> Iterator[None]:
    """The whole test runs as the site's role with nobody acting."""
    with as_nobody():
        yield
