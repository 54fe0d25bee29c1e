"""What something takes: by the clock, and by the processors, this process's and the database's, which take turns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection


@dataclass
class Cost:
    """Seconds."""

    clock: float = 0.0
    busy: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Of the block. The connection stays the same in it."""
    found, backend = Cost(), backend_of(connection)
    clock, busy = time.perf_counter(), time.process_time() + spent(backend)
    yield found
    found.clock = time.perf_counter() - clock
    found.busy = time.process_time() + spent(backend) - busy


def backend_of(connection: Any) -> Path:
    """Where Linux tells what the database's process has spent."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return Path(f"/proc/{cursor.fetchone()[0]}/schedstat")


def spent(backend: Path) -> float:
    return int(backend.read_text().split()[0]) / 1e9
