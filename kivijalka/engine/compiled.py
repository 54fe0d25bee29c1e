"""Compiling of the inner loops with numba: imported on first use, cached on disk wherever a folder can be written."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


@lru_cache(maxsize=1)
def _kept_in() -> str:
    """A folder for this very code: numba looks at a function's own file only, not at those it calls into."""
    here = Path(__file__).parent
    text = b"".join(path.read_bytes() for path in sorted(here.glob("*.py")))
    name = hashlib.sha256(text + numba.__version__.encode()).hexdigest()[:16]
    for base in (getattr(numba.config, "CACHE_DIR", "") or here / "__pycache__", here / "__pycache__"):
        try:
            (folder := Path(base) / f"compiled-{name}").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return str(folder)
        except OSError:
            continue
    # a private folder, as whoever can write a cache can run code; set NUMBA_CACHE_DIR to keep it
    return tempfile.mkdtemp(prefix="kivijalka-")


def compiled(function: F) -> F:
    """`function` compiled on first call, without the interpreter's lock, so that threads run it side by side."""
    before = getattr(numba.config, "CACHE_DIR", "")
    try:
        setattr(numba.config, "CACHE_DIR", _kept_in())  # noqa: B010  # set at run time
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    finally:
        setattr(numba.config, "CACHE_DIR", before)  # noqa: B010


def threads() -> int:
    """How many threads to use: the processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads(), "engine")


_busy = threading.local()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not live on in a child process


def in_parallel(work: Callable[[int, int], object], size: int, workers: int | None = None) -> None:
    """Call work(first, last) on contiguous parts of range(size), one part a thread; inside such a part all in one."""
    parts = 1 if getattr(_busy, "here", False) else max(1, min(workers or threads(), size))
    cuts = [size * i // parts for i in range(parts + 1)]

    def part(first: int, last: int) -> None:
        _busy.here = True
        try:
            work(first, last)
        finally:
            _busy.here = False

    if parts == 1:
        work(0, size)
        return
    others = [_pool().submit(part, a, b) for a, b in zip(cuts[1:-1], cuts[2:], strict=True)]
    try:
        part(cuts[0], cuts[1])
    finally:
        for other in others:
            other.exception()
    for other in others:
        other.result()
