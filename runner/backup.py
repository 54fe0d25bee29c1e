"""`./run backup` and `./run restore`: all that the city stored in one file, and back into an empty database.

Everything is in the database: records, files, history, seals. The two secrets are not, and belong elsewhere.
"""

import argparse
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from runner import demo
from runner.checkout import HERE
from runner.cluster import APP, OWNER, programs
from runner.house import House, alone, joined, opened, preparation
from runner.processes import Processes, environment
from runner.say import Problem, line, step
from runner.site import Site
from runner.steps import carry_out

SECRETS = "KIVIJALKA_SECRET_KEY and KIVIJALKA_SEAL_KEY are not in it: keep them, and keep them somewhere else."
IS_HELD = f"select pg_has_role(current_user, '{APP}', 'usage')"
COUNT_TABLES = "select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"


@dataclass(frozen=True)
class Tools:
    """PostgreSQL's own programs for one database, as the owner of its tables."""

    processes: Processes
    address: str

    def copy(self, target: Path) -> None:
        """Write the whole database, as it is at one moment, into a file. Who works goes on working."""
        if self._ask(IS_HELD) == "t":
            raise Problem(
                f"The owner of the tables is held to the policies of {APP}, so a backup would not hold everything.",
                mend=f"As PostgreSQL's superuser: grant {APP} to {OWNER} with inherit false, set true",
            )
        # Row-level security is forced on the owner too, whose own policies let everything through.
        self._run("pg_dump", "--format=custom", "--enable-row-security", "--file", target, name="Copying the database")

    def is_empty(self) -> bool:
        """Tell whether the database has no tables."""
        return self._ask(COUNT_TABLES) == "0"

    def put_back(self, source: Path) -> None:
        """Fill the empty database from a file, completely or not at all."""
        whole = ["--exit-on-error", "--single-transaction", "--no-owner"]
        self._run("pg_restore", *whole, "--dbname", self._without_password(), source, name="Filling the database")

    def _ask(self, question: str) -> str:
        return self._run("psql", "-XAtc", question, name="Looking into the database").strip()

    def _run(self, program: str, *args: str | Path, name: str) -> str:
        where: list[str | Path] = [] if "--dbname" in args else ["--dbname", self._without_password()]
        command = [programs(HERE.environment) / program, *where, *args]
        # The password where no list of processes shows it.
        secret = environment(PGPASSWORD=unquote(urlsplit(self.address).password or ""))
        return self.processes.run(command, name=name, env=secret)

    def _without_password(self) -> str:
        parts = urlsplit(self.address)
        name, _, host = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{name.partition(':')[0]}@{host}" if name else host))


def run_backup(processes: Processes, args: Sequence[str]) -> int:
    """Write a backup, read it once more, and only then give it its name."""
    options = argparse.ArgumentParser(prog="./run backup", description="Write all that is stored into one file.")
    options.add_argument("file", type=Path, help="a file that is not there yet")
    target: Path = options.parse_args(args).file
    if target.exists():
        raise Problem(f"{target} is there already.", mend="Choose another name: a backup overwrites nothing.")
    if not target.absolute().parent.is_dir():
        raise Problem(f"There is no folder {target.absolute().parent}.")
    with alone(HERE):
        carry_out(preparation(processes, development=False), processes)
    draft = target.with_name(target.name + ".part")
    draft.touch(mode=0o600)
    try:
        with _address(processes) as address, step("Copying the database"):
            Tools(processes, address).copy(draft)
        with step("Reading the copy"):
            digest = _digest(draft)
            processes.run([programs(HERE.environment) / "pg_restore", "--list", draft], name="Reading the copy")
        os.link(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    line(f"{target}: {target.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}")
    line(SECRETS)
    return 0


def run_restore(processes: Processes, args: Sequence[str]) -> int:
    """Fill an empty database from a backup, bring its tables up to date and hold its trail against its seals."""
    options = argparse.ArgumentParser(prog="./run restore", description="Put a backup into an empty database.")
    options.add_argument("file", type=Path, help="what ./run backup wrote")
    options.add_argument("--fresh", action="store_true", help="of the demo: forget its data first")
    wanted = options.parse_args(args)
    source: Path = wanted.file.absolute()
    if not source.is_file():
        raise Problem(f"There is no file {source}.")
    with alone(HERE):
        carry_out(preparation(processes, development=False), processes)
    owner = os.environ.get("OWNER_DATABASE_URL")
    if owner:
        tools = Tools(processes, owner)
        refuse_full(tools)
        return _restored(tools, Site(HERE, processes, {"DATABASE_URL": owner}), source)
    with opened(processes, "demo") as house:
        return _restored_demo(house, source, fresh=wanted.fresh)


def _restored_demo(house: House, source: Path, *, fresh: bool) -> int:
    if fresh:
        # The secrets stay: with them the seals were signed.
        shutil.rmtree(house.cluster.data, ignore_errors=True)
    with step("Starting PostgreSQL"):
        house.start_cluster()
    tools = Tools(house.processes, house.cluster.url(OWNER))
    refuse_full(tools)
    house.place.stamps.set(example=demo.FILLING)
    code = _restored(tools, house.owner, source)
    # The next ./run demo serves this city, and does not fill another one into it.
    house.place.stamps.set(example=f"restored from {source.name}")
    return code


def refuse_full(tools: Tools) -> None:
    """Refuse a database that holds something: a backup overwrites nothing."""
    if not tools.is_empty():
        raise Problem(
            "The database holds tables already. Nothing was changed.",
            mend="Give an empty one in OWNER_DATABASE_URL; for the demo: ./run restore FILE --fresh",
        )


def _restored(tools: Tools, site: Site, source: Path) -> int:
    with step("Filling the database"):
        tools.put_back(source)
    with step("Bringing the tables up to date"):
        site.manage("migrate", "--verbosity", "0")
    return site.attend("verify_trail")


@contextmanager
def _address(processes: Processes) -> Iterator[str]:
    """The city's database, as its tables' owner; without one, the demo's."""
    owner = os.environ.get("OWNER_DATABASE_URL")
    if owner:
        yield owner
        return
    with joined(processes, "demo") as house:
        yield house.cluster.url(OWNER)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
