"""`./run check`: everything that can be told without running a test, at the same time, all failures shown."""

import os
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner.checkout import HERE
from runner.cluster import APP, OWNER
from runner.house import House, alone, preparation, throwaway
from runner.processes import Processes, environment
from runner.say import Problem, complain, line
from runner.site import Site, cores
from runner.steps import carry_out

# Where packages come from, and where somebody's machine keeps things: neither belongs into the repository.
HOSTS = re.compile(
    "|".join([r"files\.python" + r"hosted\.org", r"pypi" + r"\.org/simple", r"registry\.npm" + r"js\.org"])
)
PATHS = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/\w")


def run(processes: Processes, args: Sequence[str]) -> int:
    """Run every check and say which failed; 1 when one did."""
    with alone(HERE):
        carry_out(preparation(processes, development=True), processes)
    with throwaway(processes, "check") as house, ThreadPoolExecutor(cores()) as pool:
        results = list(pool.map(lambda check: _carried_out(*check), all_checks(processes, house)))
    failed = [name for name, ok in results if not ok]
    line(f"\n{len(failed)} of {len(results)} checks failed: {', '.join(failed)}" if failed else "\nEvery check passed.")
    return 1 if failed else 0


def all_checks(processes: Processes, house: House) -> list[tuple[str, Callable[[], object]]]:
    """Each check: its name, and what raises a Problem when it fails."""
    site = Site(HERE, processes, {"KIVIJALKA_MODE": "test"})
    tools = HERE.environment / "bin"

    def tool(name: str, *args: str) -> Callable[[], object]:
        where = environment(
            DJANGO_SETTINGS_MODULE="kivijalka.web.settings", KIVIJALKA_MODE="test", PYTHONPATH=str(HERE.root)
        )
        return lambda: processes.run([tools / name, *args], name=name, cwd=HERE.root, env=where)

    return [
        ("types", tool("mypy")),
        ("format", tool("ruff", "format", "--check", "--quiet", ".")),
        ("lint", tool("ruff", "check", "--quiet", ".")),
        ("templates", tool("djlint", "--lint", "--quiet", "kivijalka")),
        ("rooms", tool("lint-imports")),
        ("migrations complete", lambda: site.manage("makemigrations", "--check", "--dry-run")),
        ("declarations and the migrated database", lambda: refuse_other_database(house)),
        ("translations complete", lambda: site.manage("texts", "check")),
        ("no address of a machine", lambda: refuse_addresses(processes)),
    ]


def _carried_out(name: str, check: Callable[[], object]) -> tuple[str, bool]:
    began = time.monotonic()
    try:
        check()
    except Problem as problem:
        complain(f"{name}: failed ({time.monotonic() - began:.1f} s)\n{problem}\n")
        return name, False
    line(f"{name} ... {time.monotonic() - began:.1f} s")
    return name, True


def refuse_other_database(house: House) -> None:
    """Migrate an empty database as its owner, and let the application hold it against its declarations."""
    house.start_cluster()
    house.site("test", OWNER).manage("migrate", "--noinput", "--verbosity", "0")
    house.site("test", APP).manage("check", "--database", "default", "--fail-level", "WARNING")


def refuse_addresses(processes: Processes) -> None:
    """Refuse hosts of package registries and paths of a machine in any file that git keeps."""
    listed = processes.run(["git", "ls-files", "-z"], name="git ls-files", cwd=HERE.root)
    found = [told for name in listed.split("\0") if name for told in addresses_in(HERE.root / name)]
    if found:
        raise Problem("Addresses that belong to a machine:\n" + "\n".join(found), mend="Take them out.")


def addresses_in(path: Path) -> list[str]:
    """Lines of a file with such an address, each with its place."""
    if not path.is_file() or os.path.getsize(path) > 2_000_000:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []
    name = path.relative_to(HERE.root)
    return [
        f"  {name}:{n}: {text.strip()[:120]}"
        for n, text in enumerate(lines, 1)
        if HOSTS.search(text) or PATHS.search(text)
    ]
