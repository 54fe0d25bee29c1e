"""The unprivileged account that PostgreSQL runs as when the caller is root, because PostgreSQL refuses root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

NAME = "kivijalka"


class AsSubprocess(TypedDict, total=False):
    """The part of subprocess's arguments that changes the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user of the operating system that the runner steps down to."""

    name: str
    uid: int
    gid: int

    def as_subprocess(self) -> AsSubprocess:
        """Give the arguments with which a child runs as this account alone."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand a file or an empty folder over to the account."""
        os.chown(path, self.uid, self.gid)

    def may_run(self, program: Path) -> bool:
        """Tell whether the account reaches a program and can execute it."""
        return self._does(["test", "-x", str(program)])

    def may_enter(self, folder: Path) -> bool:
        """Tell whether the account can enter a folder, through every folder above it."""
        return self._does(["test", "-x", str(folder)])

    def _does(self, test: list[str]) -> bool:
        return subprocess.run(test, cwd="/", check=False, **self.as_subprocess()).returncode == 0


def step_down(checkout: Path) -> Account | None:
    """Choose the account for PostgreSQL: None (the caller itself) unless the caller is root.

    The owner of the checkout, where that is a person; else an account made for this, else `nobody`.
    """
    if os.geteuid() != 0:
        return None
    owner = checkout.stat().st_uid
    found = _by_uid(owner) if owner != 0 else None
    return found or _by_name(NAME) or _made(NAME) or _by_name("nobody")


def _by_uid(uid: int) -> Account | None:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _by_name(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _made(name: str) -> Account | None:
    """Make a system account without home or shell, where the system knows how."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd is None:
        return None
    make = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    subprocess.run([*make, "--shell", "/usr/sbin/nologin", name], capture_output=True, check=False)
    return _by_name(name)
