"""A house of this folder's own, each part of which can be killed: the site, its worker, its PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from kivijalka.access import acting
from kivijalka.organisation import tokens
from kivijalka.organisation.models import Person
from kivijalka.register.doors.files import steps, work
from runner.account import step_down
from runner.backup import Tools
from runner.checkout import HERE
from runner.cluster import OWNER, Cluster
from runner.house import alone
from runner.place import Place
from runner.processes import Processes
from tests import database
from tests import factories as make
from tests.disks import Disk, disk
from tests.durability.house import House
from tests.files.imports import csv_of, importing
from tests.full import FULL
from tests.runner.conftest import ROOT

# Files that are imported while all is being killed, those that two workers import, and one that meets a full disk.
IMPORTS = [f"tuonti{number}" for number in range(30 if FULL else 3)]
LATER = ["myöhemmin0", "myöhemmin1"]
WITHOUT_ROOM = "täynnä"
ROWS = 200


@pytest.fixture(scope="session")
def small_disk() -> Iterator[Disk]:
    """The disk of the database alone."""
    folder = Path(tempfile.mkdtemp(prefix="kj-"))
    folder.chmod(0o755)
    with disk(folder / "disk", size=3 * 2**30) as made:
        yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(small_disk: Disk) -> Iterator[Cluster]:
    """A PostgreSQL that spares nothing: what is committed is on the disk."""
    processes, place = Processes(), Place(small_disk.folder / "data", step_down(ROOT))
    place.open()
    made = Cluster(place, ROOT / ".venv", processes)
    made.create()
    made.start()
    yield made
    processes.stop_all()
    place.close()


@pytest.fixture(scope="session")
def house(cluster: Cluster, small_disk: Disk, database_template: str, django_db_blocker: Any) -> Iterator[House]:
    """A small city, a program that may write to it, and files whose import was asked for."""
    name, copy = database.name_of(uuid4().hex[:8]), small_disk.folder.parent / "city"
    with django_db_blocker.unblock():
        database.clone(database_template, name)
        with database.connected_to(name):
            school = make.sector()
            head = make.holder("unit_head", unit=school)
            make.account_of(head)
            with acting(head.pk) as actor:
                _token, secret = tokens.make(actor, name="Ohjelma", end=make.in_days(30), reads=False)
            for asked in [*IMPORTS, *LATER, WITHOUT_ROOM]:
                ask_to_import(head, asked)
            with connection.cursor() as cursor:
                later = "select job from register_importfile where name = any(%s)"
                wait = f"update procrastinate_jobs set status = 'cancelled' where id in ({later})"
                cursor.execute(wait, [[*LATER, WITHOUT_ROOM]])
        Tools(cluster.processes, database.address_of(name)).copy(copy)
        database.drop(name)
    Tools(cluster.processes, cluster.url(OWNER)).put_back(copy)
    made = House(cluster, copy.parent, unit=school.code, owner=head.code, secret=secret)
    with alone(HERE):
        made.site().manage("collectstatic", "--noinput", "--ignore=icons", "--skip-checks", "--verbosity=0")
    made.begin("site", "worker")
    yield made
    made.end()


def ask_to_import(who: Person, name: str) -> None:
    """A file that waits for the worker. Its risks bear its name."""
    data = csv_of(["Title", "Unit"], *([f"{name}-{number}", who.unit.code] for number in range(ROWS)))
    with importing(data, who, name=name) as (found, actor, mapping):
        file = steps.keep_file(found.register, actor, name, data)
        file.mapping = mapping
        steps.keep_head(found.register, file, steps.table_of(found.register, file).head)
        work.ask(file, actor, work.COMMIT)
