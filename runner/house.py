"""What the verbs share: the checkout made ready, and a data folder with its running cluster."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from runner.account import step_down
from runner.checkout import HERE, Checkout
from runner.cluster import APP, OWNER, Cluster
from runner.frontend import Frontend
from runner.packages import Packages
from runner.place import InUse, Place, place_for
from runner.processes import Processes
from runner.say import line
from runner.site import Site
from runner.steps import Step


@dataclass
class House:
    """One checkout with one data folder."""

    checkout: Checkout
    processes: Processes
    place: Place
    cluster: Cluster

    def site(self, mode: str, role: str, **more: str) -> Site:
        """The application in a mode, connected as a role."""
        settings = {
            "KIVIJALKA_MODE": mode,
            "DATABASE_URL": self.cluster.url(role),
            "KIVIJALKA_SECRET_KEY": self.place.secret("key"),
            "KIVIJALKA_SEAL_KEY": self.place.secret("seal"),
            "KIVIJALKA_DATA": str(self.place.files),
            **more,
        }
        return Site(self.checkout, self.processes, settings)

    @property
    def owner(self) -> Site:
        """The application as the owner of the tables."""
        return self.site("demo", OWNER)

    @property
    def app(self) -> Site:
        """The application as the role that owns nothing."""
        return self.site("demo", APP)

    def start_cluster(self) -> None:
        """Start PostgreSQL, made before if need be."""
        if not self.cluster.exists():
            self.cluster.create()
        self.cluster.start()


@contextmanager
def opened(processes: Processes, name: str) -> Iterator[House]:
    """Take a data folder for this run; its cluster stops and the folder is given back at the end."""
    place = place_for(HERE, name, step_down(HERE.root))
    place.open()
    cluster = Cluster(place, HERE.environment, processes)
    try:
        yield House(HERE, processes, place, cluster)
    finally:
        cluster.stop()
        place.close()


@contextmanager
def joined(processes: Processes, name: str) -> Iterator[House]:
    """Give a data folder with its cluster running: the one that another runner runs, else started for this verb."""
    place = place_for(HERE, name, step_down(HERE.root))
    cluster = Cluster(place, HERE.environment, processes)
    house = House(HERE, processes, place, cluster)
    try:
        place.open()
    except InUse:
        yield house
        return
    try:
        house.start_cluster()
        yield house
    finally:
        cluster.stop()
        place.close()


@contextmanager
def throwaway(processes: Processes, name: str) -> Iterator[House]:
    """Give an empty folder for one run, whose cluster is quick instead of durable; a second run gets one of its own."""
    account = step_down(HERE.root)
    place = place_for(HERE, name, account)
    try:
        place.open()
    except InUse:
        place = Place(place.folder.with_name(f"{name}-{os.getpid()}"), account)
        place.open()
    place.empty()
    cluster = Cluster(place, HERE.environment, processes, throwaway=True)
    try:
        yield House(HERE, processes, place, cluster)
    finally:
        cluster.stop()
        place.close()
        shutil.rmtree(place.folder, ignore_errors=True)


@contextmanager
def alone(checkout: Checkout) -> Iterator[None]:
    """Let only one runner at a time set up a checkout; the next one waits and finds it done."""
    checkout.cache.mkdir(exist_ok=True)
    handle = os.open(checkout.cache / "setup.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            line("Another ./run sets up this checkout; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def preparation(processes: Processes, *, development: bool) -> list[Step]:
    """The steps that every verb begins with: Python packages and front-end packages, at the same time."""
    packages = Packages(HERE, processes, development)
    frontend = Frontend(HERE, processes)
    return [
        Step("packages", "Installing packages", packages.install, needed=packages.missing),
        Step(
            "frontend",
            "Fetching front-end packages",
            frontend.install,
            after=() if shutil.which("npm") else ("packages",),
            needed=frontend.missing,
        ),
    ]
