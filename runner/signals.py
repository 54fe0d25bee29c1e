"""Ctrl-C, SIGTERM and a closed terminal, each turned into one `Stopped` in the main thread."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from runner.say import Stopped

_state = {"held": 0, "asked": 0, "raised": 0}


def listen() -> None:
    """Install the handlers, also where a shell started the runner with Ctrl-C switched off."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _asked)


def _asked(number: int, frame: FrameType | None) -> None:
    _state["asked"] += 1
    _raise_once()


def _raise_once() -> None:
    if _state["asked"] and not _state["held"] and not _state["raised"]:
        _state["raised"] = 1
        raise Stopped


@contextmanager
def held() -> Iterator[None]:
    """Hold a stop back for the moment that a child needs to be started and noted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state["held"] += 1
    try:
        yield
    finally:
        _state["held"] -= 1
    _raise_once()
