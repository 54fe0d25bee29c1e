"""The data folder: who uses it now, which version made it, its secrets, and what a killed runner left in it."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path

from runner import alive
from runner.account import Account
from runner.checkout import Checkout, Stamps
from runner.processes import Child
from runner.say import Problem, line

VERSION = 1
ROOM_FOR_DATA = 600_000_000


class InUse(Problem):
    """Another runner uses the folder."""


class Place:
    """One data folder, for instance that of the demo."""

    def __init__(self, folder: Path, account: Account | None) -> None:
        """Know the folder; nothing is made yet."""
        self.folder = folder
        self.account = account
        self._lock: int | None = None

    @property
    def stamps(self) -> Stamps:
        """What was done in this folder, from what."""
        return Stamps(self.folder / "stamps.json")

    @property
    def files(self) -> Path:
        """Where the site keeps its files."""
        return self.folder / "files"

    def open(self) -> None:
        """Take the folder for this run: make it, refuse a second runner or a newer version, end what was left behind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        self._take()
        self._refuse_newer()
        refuse_full_disk(self.folder, ROOM_FOR_DATA)
        self._end_leftovers()
        self.files.mkdir(mode=0o700, exist_ok=True)
        (self.folder / "VERSION").write_text(f"{VERSION}\n")

    def _take(self) -> None:
        """Lock the folder until this process ends, in whatever way it ends."""
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = os.read(handle, 1000).decode()
            os.close(handle)
            raise in_use(self.folder, told) from None
        self._lock = handle
        self.tell("")

    def tell(self, address: str) -> None:
        """Write who uses the folder and where the site answers, for a second runner to read."""
        assert self._lock is not None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, json.dumps({"pid": os.getpid(), "address": address}).encode(), 0)

    def close(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _refuse_newer(self) -> None:
        try:
            found = int((self.folder / "VERSION").read_text())
        except FileNotFoundError:
            return
        except ValueError:
            found = VERSION + 1
        if found > VERSION:
            raise newer(self.folder, f"its layout has number {found}, this Kivijalka knows {VERSION}")

    def record(self, child: Child) -> None:
        """Note a process that would outlive a killed runner and a killed guardian."""
        known = [*self._recorded(), [child.pid, child.born, child.signal]]
        (self.folder / "processes.json").write_text(json.dumps(known))

    def _recorded(self) -> list[tuple[int, str, int]]:
        try:
            return [(int(pid), str(born), int(stop)) for pid, born, stop in json.loads(self._processes.read_text())]
        except (FileNotFoundError, ValueError):
            return []

    @property
    def _processes(self) -> Path:
        return self.folder / "processes.json"

    def _end_leftovers(self) -> None:
        """End what a killed runner left running; the one started last goes first."""
        ended = sum(alive.end(pid, born, stop) for pid, born, stop in reversed(self._recorded()) if born)
        self._processes.unlink(missing_ok=True)
        if ended:
            line("Ended what an interrupted start had left running; its data is kept.")

    def secret(self, name: str) -> str:
        """Give a random secret that stays the same for this folder; only its owner can read the file."""
        path = self.folder / f"secret-{name}"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text()
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        return path.read_text()

    def empty(self) -> None:
        """Forget everything in the folder but the lock that this run holds."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()
        self.files.mkdir(mode=0o700)
        (self.folder / "VERSION").write_text(f"{VERSION}\n")


def place_for(checkout: Checkout, name: str, account: Account | None) -> Place:
    """Choose the folder: in the checkout, or outside where PostgreSQL's account could not enter the checkout."""
    if account is None:
        return Place(checkout.data / name, None)
    checkout.data.mkdir(exist_ok=True)
    if account.may_enter(checkout.data):
        return Place(checkout.data / name, account)
    key = hashlib.sha256(str(checkout.root).encode()).hexdigest()[:12]
    folder = Path("/var/lib") / f"kivijalka-{key}" / name
    line(f"The account {account.name}, which PostgreSQL runs as, can't enter {checkout.root}: the data is in {folder}.")
    return Place(folder, account)


def in_use(folder: Path, told: str) -> InUse:
    """Say who uses the folder already, and where to find it."""
    try:
        user = json.loads(told)
    except ValueError:
        user = {"pid": "?", "address": ""}
    where = f" at {user['address']}" if user["address"] else ", still starting or without an address"
    return InUse(
        f"Kivijalka already runs on {folder}{where} (process {user['pid']}).",
        mend="Open that address, or stop the other one first: Ctrl-C in its terminal.",
    )


def newer(folder: Path, why: str) -> Problem:
    """Say that the data is of a newer Kivijalka than this checkout."""
    return Problem(
        f"The data in {folder} was made by a newer Kivijalka: {why}. Nothing was changed.",
        mend="Update this checkout (git pull), or start over with an empty city: ./run demo --fresh",
    )


def refuse_full_disk(folder: Path, needed: int) -> None:
    """Refuse to begin what the disk can't hold."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Problem(
            f"The disk is almost full: {free // 1_000_000} MB are free at {folder}, {needed // 1_000_000} MB are needed.",
            mend="Free some space and run the same command again.",
        )
