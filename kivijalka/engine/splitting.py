"""Work split into parts: over the threads of this machine, or over the machines of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Protocol, TypeVar

A = TypeVar("A")
T = TypeVar("T")
MOST = 256  # parts for a cluster: small enough that its machines end at about the same time


class Cluster(Protocol):
    """What is asked of a cluster: `dask.distributed.Client` has it."""

    def map(self, function: Callable[..., Any], /, *iterables: Any, pure: bool) -> Any: ...
    def gather(self, futures: Any) -> Any: ...


def in_parts(
    work: Callable[[int, int], T], size: int, *, workers: int | None = None, cluster: Cluster | None = None
) -> list[T]:
    """What work(first, last) gives for contiguous parts of range(size), in their order."""
    from kivijalka.engine.compiled import in_parallel

    if cluster is not None:
        parts = min(size, MOST)
        cuts = pairwise(size * i // parts for i in range(parts + 1))
        return list(cluster.gather(cluster.map(lambda cut: work(*cut), list(cuts), pure=False)))
    found: dict[int, T] = {}
    in_parallel(lambda first, last: found.update({first: work(first, last)}), size, workers)
    return [found[first] for first in sorted(found)]


def each(work: Callable[[A], T], some: Sequence[A]) -> list[T]:
    """What work gives for each of some, in their order, on all threads of this machine."""
    return [one for part in in_parts(lambda a, b: [work(x) for x in some[a:b]], len(some)) for one in part]
