"""What the verbs share: the checkout made ready, and a data folder with its running cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from runner.account import step_down
from runner.checkout import HERE, Checkout
from runner.cluster import APP, OWNER, Cluster
from runner.frontend import Frontend
from runner.packages import Packages
from runner.place import Place, place_for
from runner.processes import Processes
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
def opened(processes: Processes, name: str, *, throwaway: bool = False) -> Iterator[House]:
    """Take a data folder for this run; its cluster stops and the folder is given back at the end."""
    place = place_for(HERE, name, step_down(HERE.root))
    place.open()
    cluster = Cluster(place, HERE.environment, processes, throwaway)
    try:
        yield House(HERE, processes, place, cluster)
    finally:
        cluster.stop()
        place.close()


def preparation(processes: Processes, *, development: bool) -> list[Step]:
    """The steps that every verb begins with: Python packages and front-end packages, at the same time."""
    packages = Packages(HERE, processes, development)
    frontend = Frontend(HERE, processes)
    return [
        Step("packages", "Installing packages", packages.install, needed=packages.missing),
        Step("frontend", "Fetching front-end packages", frontend.install, needed=frontend.missing),
    ]
