"""A small disk of a test's own, that can be filled and emptied: a tmpfs, which only root can make."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

NONE_SMALL = "2026-11-30: no small disk can be made here: only root can, and not in every container"


@dataclass(frozen=True)
class Disk:
    """A folder; where one can be made, a disk of so many bytes."""

    folder: Path
    size: int
    is_small: bool

    def fill(self) -> None:
        """Leave no room."""
        if not self.is_small:
            pytest.skip(NONE_SMALL)
        assert mount(self.folder, "remount", self.size - shutil.disk_usage(self.folder).free)

    def empty(self) -> None:
        """Leave the room that there was."""
        assert mount(self.folder, "remount", self.size)


@contextmanager
def disk(folder: Path, size: int) -> Iterator[Disk]:
    """A disk at a new folder until the block ends. Where none can be made, it is as any other folder."""
    folder.mkdir()
    is_small = mount(folder, "rw", size)
    try:
        yield Disk(folder, size, is_small)
    finally:
        if is_small:
            subprocess.run(["umount", "-l", folder], check=True, timeout=20)


def mount(folder: Path, how: str, size: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"{how},size={size},mode=0755", "none", folder]
    is_possible = os.geteuid() == 0 and shutil.which("mount") is not None
    return is_possible and subprocess.run(command, check=False, capture_output=True, timeout=20).returncode == 0
