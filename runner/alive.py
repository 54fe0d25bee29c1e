"""Tells whether a process that was once started is still the same process, and ends it. Imports nothing of ours."""

import os
import signal
import subprocess
import time
from pathlib import Path


def born(pid: int) -> str | None:
    """When the process began, as the system tells it; None when it is not there (or dead and unburied)."""
    if Path("/proc/self/stat").exists():
        return _born_by_proc(pid)
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, began = told.stdout.strip().partition(" ")
    return began.strip() if began and not state.startswith("Z") else None


def _born_by_proc(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def end(pid: int, birth: str, first: int, patience: float = 10.0) -> bool:
    """End a process and its group, kindly and then by force; True when there was something to end.

    The birth guards against another process that has been given the same number since.
    """
    if born(pid) != birth:
        return False
    send(pid, first)
    deadline = time.monotonic() + patience
    while born(pid) == birth and time.monotonic() < deadline:
        time.sleep(0.05)
    if born(pid) == birth:
        send(pid, signal.SIGKILL)
    send_group(pid, signal.SIGKILL)
    return True


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def send_group(pid: int, number: int) -> None:
    """Send a signal to the group that a process led; it may be gone."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
