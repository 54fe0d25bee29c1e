"""Compiling of the inner loops with numba: imported on first use, cached on disk wherever a folder can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """`function` compiled on first call, without the interpreter's lock, so that threads run it side by side."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        # a private folder, as whoever can write a cache can run code; set NUMBA_CACHE_DIR to keep it
        setattr(numba.config, "CACHE_DIR", tempfile.mkdtemp(prefix="kivijalka-"))  # noqa: B010  # set at run time
        return cast(F, numba.njit(cache=True, nogil=True)(function))


def threads() -> int:
    """How many threads to use: the processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def in_parallel(work: Callable[[int, int], object], size: int, workers: int | None = None) -> None:
    """Call work(first, last) on contiguous parts of range(size), one part a thread."""
    parts = max(1, min(workers or threads(), size))
    cuts = [size * i // parts for i in range(parts + 1)]
    if parts == 1:
        work(0, size)
        return
    with ThreadPoolExecutor(parts) as pool:
        for done in [pool.submit(work, a, b) for a, b in zip(cuts, cuts[1:], strict=False)]:
            done.result()
