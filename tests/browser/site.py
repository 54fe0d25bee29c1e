"""A server of a test worker's own, and the handful of records that its pages show."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from kivijalka.organisation.models import Person
from kivijalka.register.registry import REGISTERS
from tests import factories
from tests.database import address_of
from tests.doors import examples
from tests.workshops import people as workshop

ROOT = Path(__file__).resolve().parents[2]
EMAIL, PASSWORD = "aino.esimerkki@kaupunki.example", "kivijalka-on-luja-1"
STARTS_WITHIN = 40


@dataclass(frozen=True)
class Site:
    """Where the server is, and the ids of records by name."""

    address: str
    records: dict[str, str]

    def at(self, path: str) -> str:
        """The full address of a path; `{risk}` stands for the id of the risk."""
        return self.address + path.format(**self.records)


def fill() -> dict[str, str]:
    """Make the records, as the tables' owner; give one id for each register, and `fire`, a risk to do something to.

    A register that is not named here gets an example row.
    """
    sector = factories.sector("Kasvatuksen ja koulutuksen esimerkkitoimiala")
    school = factories.unit("Koivukylän esimerkkikoulu", parent=sector)
    head = factories.person("Aino Esimerkki", email=EMAIL)
    role = factories.role_of(head, "sector_director", unit=factories.city())
    factories.role_of(head, "access_administrator", unit=factories.city())
    factories.role_of(head, "chief_executive", unit=factories.city())
    factories.role_of(head, "city_board", unit=factories.city())
    factories.account_of(head, PASSWORD)
    colleague = factories.holder("unit_head", unit=school)
    risks = _risks(head, colleague, school)
    late = factories.action("Päivitetään lukitus", unit=school, owner=head, due=factories.in_days(-20))
    factories.action("Harjoitellaan poistumista", unit=school, owner=colleague)
    factories.link("treats", late, risks[0])
    factories.responsibility(risks[0], head)
    factories.delegation(colleague, head)
    found = {"unit": school, "person": colleague, "role": role, "risk": risks[0], "action": late, "fire": risks[2]}
    # Somebody else's exception, to decide on, and a finding of one's own raising, to close.
    found["exception"] = examples.row_of(REGISTERS["exception"].model, unit=school, person=colleague)
    found["finding"] = examples.row_of(
        REGISTERS["finding"].model, unit=school, person=colleague, given={"raised_by": head}
    )
    # One that the head takes part in and leads, and one whose answers are closed.
    room, over = workshop.opened(risks[0], risks[1], leader=head), workshop.opened(risks[0], risks[3], leader=head)
    room.joined(head)
    for likelihood, impact in ((2, 3), (4, 4)):
        over.answers(over.joined(), likelihood, impact)
    found |= {"workshop": room.workshop, "spread": over.closed().workshop}
    found["meeting"] = factories.meeting("Johtoryhmä", unit=sector, owner=head, present="Aino Esimerkki\nVieras")
    factories.item(found["meeting"], risks[0])
    factories.item(found["meeting"], "Ensi vuoden talousarvio")
    for key, register in REGISTERS.items():
        if key not in found:
            found[key] = examples.row_of(register.model, unit=school, person=head)
    # Whoever changes how they sign in is somebody else than who looks at all the pages.
    newcomer = factories.account_of(factories.holder("employee", unit=school), PASSWORD)
    return {**{key: str(record.pk) for key, record in found.items()}, "newcomer": newcomer.email}


def _risks(head: Person, colleague: Person, school: factories.Unit) -> list[factories.Risk]:
    title = "Sähkökatko pysäyttää koulun keittiön ja lämmityksen pitkäksi aikaa kesken talven pakkasten"
    text = {"cause": "Varavoimaa ei ole.", "event": "Sähkö katkeaa.", "consequence": "Koulu suljetaan."}
    return [
        factories.assessed_risk(title, unit=school, owner=colleague, likelihood=4, impact=3, **text),
        factories.assessed_risk("Tietomurto", unit=school, owner=head, review=factories.in_days(-3)),
        factories.assessed_risk("Tulipalo", unit=school, owner=colleague, likelihood=5, impact=5),
        factories.assessed_risk("Liukastuminen", unit=school, owner=head, likelihood=1, impact=1),
        factories.risk("Tilanpuute", unit=school, owner=head),
    ]


@contextmanager
def served(database: str, records: dict[str, str], folder: Path) -> Iterator[Site]:
    """Serve the database as the site's role until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.browser.served",
        "KIVIJALKA_MODE": "demo",
        "DATABASE_URL": address_of(database, "APP"),
        "KIVIJALKA_SECRET_KEY": "only-for-tests-" + "0" * 50,
        "KIVIJALKA_TEST_STATIC": str(folder / "static"),
    }
    collect = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--skip-checks", "--verbosity=0"]
    subprocess.run([*collect, "--ignore=icons"], cwd=ROOT, env=environment, check=True, timeout=60)
    server = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "server.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [*server, "--blocking-threads", "4", "kivijalka.web.wsgi:application"],
            cwd=ROOT, env=environment, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/sign-in/", running, log)
        yield Site(f"http://127.0.0.1:{port}", records)
    finally:
        running.terminate()
        try:
            running.wait(timeout=10)
        except subprocess.TimeoutExpired:
            running.kill()


def _wait(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and running.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"The server under test did not answer:\n{log.read_text()[-2000:]}")
