"""`./run test`: every test, in parallel, on a PostgreSQL and a browser of its own."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from runner.cluster import APP, OWNER, SUPER
from runner.house import House, alone, preparation, throwaway
from runner.processes import Processes, environment
from runner.say import Problem
from runner.site import cores
from runner.steps import Step, carry_out

# The first has no window, and a page costs two thirds.
PACKAGES = ["chromium-headless-shell", "chromium"]
BROWSERS = [*PACKAGES, "chromium-browser", "google-chrome", "google-chrome-stable"]


def run(processes: Processes, args: Sequence[str]) -> int:
    """Start a throw-away cluster, find a browser, run pytest."""
    full = "--full" in args
    rest = [arg for arg in args if arg != "--full"]
    with throwaway(processes, "test") as house:
        browser = Browser(house)
        begin = [
            *preparation(processes, development=True),
            Step("postgres", "Starting PostgreSQL", house.start_cluster, after=("packages",)),
            Step("browser", "Finding a browser", browser.find, after=("packages",)),
            Step(
                "texts", "Compiling translations", lambda: house.owner.manage("texts", "compile"), after=("packages",)
            ),
            # Once, rather than in each process that tests.
            Step("engine", "Compiling the engine", lambda: house.owner.manage("warm_losses"), after=("packages",)),
        ]
        with alone(house.checkout):
            carry_out(begin, processes)
        settings = {
            "KIVIJALKA_TEST_SUPER_URL": house.cluster.url(SUPER, "postgres"),
            "KIVIJALKA_TEST_OWNER_URL": house.cluster.url(OWNER, "postgres"),
            "KIVIJALKA_TEST_APP_URL": house.cluster.url(APP, "postgres"),
            "KIVIJALKA_CHROMIUM": browser.path,
            "KIVIJALKA_MODE": "test",
            **({"KIVIJALKA_TEST_FULL": "1"} if full else {}),
        }
        # One more than cores: killing servers and driving a browser is mostly waiting.
        parallel = [] if any(arg.startswith("-n") for arg in rest) else ["-n", str(cores() + 1)]
        pytest: list[str | Path] = [house.checkout.python, "-m", "pytest", *parallel, *rest]
        return processes.attend(pytest, name="pytest", env=environment(**settings), cwd=house.checkout.root)


class Browser:
    """Chromium: the machine's own, else from the distribution, else Playwright's."""

    def __init__(self, house: House) -> None:
        """Know where to look; nothing is installed yet."""
        self.house = house
        self.path = ""

    def find(self) -> None:
        """Find or install it."""
        found = self._own() or self._of_debian() or self._of_playwright()
        if not found:
            raise Problem(
                "No Chromium was found, and none could be installed.",
                mend="Install one (Debian and Ubuntu: sudo apt-get install chromium) and run the same command again.",
            )
        self.path = found

    def _own(self) -> str | None:
        named = os.environ.get("KIVIJALKA_CHROMIUM")
        return named or next((path for path in map(shutil.which, BROWSERS) if path), None)

    def _of_debian(self) -> str | None:
        apt = shutil.which("apt-get")
        if apt is None or os.geteuid() != 0:
            return None
        if not self._asked(apt, "update", "-qq"):
            return None
        add = ["install", "--yes", "--quiet", "--no-install-recommends"]
        for package in PACKAGES:
            if self._asked(apt, *add, package):
                break
        return self._own()

    def _asked(self, apt: str, *args: str) -> bool:
        quiet = environment(DEBIAN_FRONTEND="noninteractive")
        try:
            self.house.processes.run([apt, *args], name="Installing Chromium", env=quiet)
        except Problem:
            return False
        return True

    def _of_playwright(self) -> str | None:
        folder = self.house.checkout.cache / "playwright"
        place = environment(PLAYWRIGHT_BROWSERS_PATH=str(folder))
        install: list[str | Path] = [self.house.checkout.python, "-m", "playwright", "install", "chromium"]
        try:
            self.house.processes.run(install, name="Fetching Chromium", env=place)
        except Problem:
            return None
        return next((str(path) for path in sorted(folder.glob("chromium-*/*/chrome"))), None)
