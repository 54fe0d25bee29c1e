"""A small checkout of its own for each test of the launcher: its runner, these packages, and a stand-in for the site."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.account import step_down
from runner.cluster import Cluster
from runner.place import Place
from runner.processes import Processes

ROOT = Path(__file__).resolve().parent.parent.parent
STAND_IN = Path(__file__).parent / "stand_in"
PATIENCE = 40.0


class Demo:
    """A demo of the stand-in, running in a process of its own."""

    def __init__(self, checkout: Path, *options: str) -> None:
        """Start it; its words go to a file."""
        self.checkout = checkout
        self.words = checkout / "words.txt"
        with self.words.open("w") as words:
            self.process = subprocess.Popen(
                [sys.executable, checkout / "run", "demo", *options],
                cwd=checkout,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """Give everything that it printed so far."""
        return self.words.read_text()

    def wait_until_it_serves(self) -> str:
        """Give the address, once it is printed."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if "Ctrl-C" in self.said():
                found = re.search(r"http://\S+", self.said())
                assert found
                return found.group()
            time.sleep(0.05)
        raise AssertionError(f"The demo does not serve:\n{self.said()}")

    def will_say(self, words: str) -> bool:
        """Wait for words."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.said() and time.monotonic() < deadline:
            time.sleep(0.05)
        return words in self.said()

    def stop(self, number: int) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def clean_environment() -> dict[str, str]:
    """This process's environment without what the test run itself set."""
    foreign = ("KIVIJALKA_", "DATABASE_URL", "OWNER_DATABASE_URL", "DJANGO_", "PYTEST_", "COV")
    return {key: value for key, value in os.environ.items() if not key.startswith(foreign)}


def processes_of(folder: Path) -> list[str]:
    """Command lines of all living processes that name a folder, so of the servers that belong to it."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "stat=,args="], capture_output=True, text=True, check=True)
    lines = [line for line in listed.stdout.splitlines() if str(folder) in line]
    return [line for line in lines if not line.lstrip().startswith("Z")]


def all_gone(folder: Path, patience: float = 15.0) -> bool:
    """Wait until no process of a folder is left; False when one stays."""
    deadline = time.monotonic() + patience
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_of(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that every account can enter; processes that a broken test left in it are ended."""
    made = Path(tempfile.mkdtemp(prefix="kj-"))
    made.chmod(0o755)
    yield made
    end_all(made)
    shutil.rmtree(made, ignore_errors=True)


def end_all(folder: Path) -> None:
    """End whatever still names the folder."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, _, words = line.strip().partition(" ")
        if str(folder) in words and int(pid) != os.getpid():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue


@pytest.fixture
def checkout(folder: Path) -> Path:
    """A checkout with the real runner and packages, and a tiny site in the place of the real one."""
    shutil.copy(ROOT / "run", folder / "run")
    shutil.copytree(ROOT / "runner", folder / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(STAND_IN, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    for name in (*(path.name for path in ROOT.glob("requirements*.txt")), "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(ROOT / ".venv" / name)
    mark_as_installed(folder)
    return folder


MARK = """
from runner.checkout import HERE
from runner.frontend import Frontend
from runner.packages import RUNTIME, Packages
from runner.processes import Processes

processes = Processes()
HERE.vendor.mkdir(parents=True)
HERE.fonts.mkdir(parents=True)
Packages(HERE, processes).remember(RUNTIME)
Frontend(HERE, processes).remember()
processes.stop_all()
"""


def mark_as_installed(folder: Path) -> None:
    """Leave the stamps of a finished installation, since the packages are those of the real checkout."""
    subprocess.run([sys.executable, "-c", MARK], cwd=folder, env=clean_environment(), check=True, timeout=30)


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Children of this test, all ended after it."""
    ours = Processes()
    yield ours
    ours.stop_all()


@pytest.fixture
def cluster(folder: Path, processes: Processes) -> Iterator[Cluster]:
    """A cluster in a data folder of its own, made but not started."""
    place = Place(folder / "data", step_down(ROOT))
    place.open()
    made = Cluster(place, ROOT / ".venv", processes, throwaway=True)
    made.create()
    yield made
    made.stop()
    place.close()
