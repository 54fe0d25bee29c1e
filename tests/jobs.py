"""A worker that ends when nothing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from procrastinate.contrib.django import app


def work_off() -> None:
    """A worker does all that waits, and what is periodic, in a database where transactions really end."""

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    with no_other_loop(), app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        asyncio.run(work())


@contextmanager
def no_other_loop() -> Iterator[None]:
    """A browser that an earlier test of this process opened marks its loop as running in this thread, and there is
    room for one: it is set aside for so long."""
    browser = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(browser)
