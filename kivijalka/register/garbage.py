"""The collector of garbage, where a process lives long or makes much: what refers to itself is seldom in a hurry."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@cache
def collect_seldom() -> None:
    """What was loaded so far stays to the end and is not gone through again; of what comes later, more gathers first.

    Once in a process: what is under way when it is asked again, such as another job's work, would stay to the end too.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@contextmanager
def uncollected() -> Iterator[None]:
    """What is made inside is collected at its end alone: of very many rows that stay, looking again and again finds nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
        gc.collect()
