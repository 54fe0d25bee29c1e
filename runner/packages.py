"""The virtual environment: made once, filled with exactly the pinned packages, left alone while the pins are the same."""

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from runner.checkout import Checkout, Stamps, fingerprint
from runner.place import refuse_full_disk
from runner.processes import Processes, environment
from runner.say import Problem, line

ROOM_FOR_PACKAGES = 1_800_000_000
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
INSTALLER, NODE = "requirements-uv.txt", "requirements-node.txt"
# Standing in a virtual environment, the interpreter below it is the one that lasts.
PYTHON: str = getattr(sys, "_base_executable", sys.executable)


@dataclass(frozen=True)
class Packages:
    """The Python packages of a checkout; the set for development holds the one for running."""

    checkout: Checkout
    processes: Processes
    development: bool = False

    @property
    def _stamps(self) -> Stamps:
        return Stamps(self.checkout.environment / "kivijalka.json")

    def _pins(self, wanted: str) -> str:
        return f"{wanted} {fingerprint([self.checkout.root / wanted], self.checkout.root)}"

    def missing(self) -> bool:
        """Tell whether anything has to be installed."""
        enough = [DEVELOPMENT] if self.development else [DEVELOPMENT, RUNTIME]
        return not self.checkout.python.exists() or self._stamps.get("packages") not in map(self._pins, enough)

    def install(self) -> None:
        """Fill the environment, with uv where it is to be had, else with pip alone."""
        refuse_full_disk(self.checkout.root, ROOM_FOR_PACKAGES)
        had_all = self._stamps.get("packages").startswith(DEVELOPMENT)
        wanted = DEVELOPMENT if self.development or had_all else RUNTIME
        uv = find_uv(self.checkout, self.processes)
        if uv:
            self._with_uv(uv, wanted)
        else:
            self._with_pip(wanted)
        self.remember(wanted)

    def remember(self, wanted: str) -> None:
        """Note that the environment holds what these pins name."""
        self._stamps.set(packages=self._pins(wanted))

    def _with_uv(self, uv: Path, wanted: str) -> None:
        if not runs(self.checkout.python):
            make: list[str | Path] = [uv, "venv", "--quiet", "--clear", "--python", PYTHON, self.checkout.environment]
            self.processes.run(make, name="Making the virtual environment", cwd=self.checkout.root)
        sync: list[str | Path] = [
            uv,
            "pip",
            "sync",
            "--quiet",
            "--require-hashes",
            "--python",
            self.checkout.python,
            wanted,
        ]
        self.processes.run(sync, name="Installing packages", cwd=self.checkout.root)

    def _with_pip(self, wanted: str) -> None:
        if not runs(self.checkout.python):
            make_environment(self.checkout.environment, self.processes)
        install = ["-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", wanted]
        self.processes.run([self.checkout.python, *install], name="Installing packages", cwd=self.checkout.root)


def find_uv(checkout: Checkout, processes: Processes) -> Path | None:
    """Give uv: the machine's own, the one fetched before, or a pinned one fetched now; None where there is none."""
    own = shutil.which("uv")
    if own and runs(Path(own)):
        return Path(own)
    fetched = checkout.cache / "uv" / "bin" / "uv"
    if not runs(fetched):
        try:
            fetch(checkout, processes, INSTALLER, checkout.cache / "uv")
        except Problem as problem:
            line(f"uv could not be fetched, pip installs the packages instead (slower). {problem.what}")
    return fetched if runs(fetched) else None


def fetch(checkout: Checkout, processes: Processes, pins: str, target: Path) -> None:
    """Install a pinned tool into a folder of its own, with the pip at hand."""
    install: list[str | Path] = [
        "install",
        "--quiet",
        "--no-compile",
        "--require-hashes",
        "--target",
        target,
        "--requirement",
        pins,
    ]
    if importlib.util.find_spec("pip"):
        pip: list[str | Path] = [PYTHON, "-m", "pip"]
    else:
        bare = checkout.cache / "pip"
        if not runs(bare / "bin" / "python"):
            make_environment(bare, processes)
        pip = [bare / "bin" / "python", "-m", "pip"]
    settings = environment(PIP_ROOT_USER_ACTION="ignore", PIP_DISABLE_PIP_VERSION_CHECK="1")
    processes.run([*pip, *install], name=f"Fetching {target.name}", env=settings, cwd=checkout.root)


def make_environment(folder: Path, processes: Processes) -> None:
    """Make a virtual environment with pip; where the system split that off, install it or tell how."""
    if not importlib.util.find_spec("ensurepip"):
        add_venv_of_debian(processes)
    processes.run([PYTHON, "-m", "venv", "--clear", folder], name="Making the virtual environment")


def add_venv_of_debian(processes: Processes) -> None:
    """Add the package in which Debian and Ubuntu keep a part of Python, when root; else say which one it is."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise Problem(
            "This Python came without its modules venv and pip.",
            mend=f"Install them, on Debian and Ubuntu with: sudo apt-get install {package}",
        )
    quiet = environment(DEBIAN_FRONTEND="noninteractive")
    processes.run([apt, "update", "-qq"], name="Asking for the list of packages", env=quiet)
    add = [apt, "install", "--yes", "--quiet", "--no-install-recommends", package]
    processes.run(add, name=f"Installing {package}", env=quiet)


def runs(program: Path) -> bool:
    """Tell whether a program is there and starts."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0
