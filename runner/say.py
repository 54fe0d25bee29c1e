"""What the runner says: one calm line for each step, and a problem with what to do about it."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_running: list[str] = []


class Problem(Exception):
    """Something that the runner can't mend by itself: what is wrong, and what the reader can do."""

    def __init__(self, what: str, *, mend: str = "", detail: str = "") -> None:
        """Hold the sentence, the advice and, last, what a failed command printed."""
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.detail = detail.strip()

    def __str__(self) -> str:
        """Give the whole message as the terminal shows it."""
        return "\n".join(part for part in (self.detail, self.what, self.mend) if part)


class Stopped(Exception):
    """Someone asked the runner to stop."""


def line(text: str = "") -> None:
    """Print a line of its own."""
    with _lock:
        _wipe()
        print(text, flush=True)
        _show_running()


def complain(text: object) -> None:
    """Print a line on the error stream."""
    with _lock:
        _wipe()
        print(text, file=sys.stderr, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tell, when the step is over, how long it took; on a terminal also that it goes on."""
    began = time.monotonic()
    _begin(name)
    try:
        yield
    except BaseException:
        _end(name)
        raise
    _end(name)
    line(f"{name} ... {time.monotonic() - began:.1f} s")


def _begin(name: str) -> None:
    with _lock:
        _running.append(name)
        _wipe()
        _show_running()


def _end(name: str) -> None:
    with _lock:
        _running.remove(name)
        _wipe()


def _wipe() -> None:
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)


def _show_running() -> None:
    if _running and sys.stdout.isatty():
        print(", ".join(_running) + " ...", end="", flush=True)
