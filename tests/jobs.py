"""Periodic jobs, run by hand at the moment that a test asks for."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import async_to_sync


def run(task: Any) -> None:
    """What the worker does with a periodic job that is a coroutine.

    A browser that an earlier test of this process opened marks its loop as running in this thread, and there is
    room for one: it is set aside for so long.
    """
    browser = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        async_to_sync(task.func)(timestamp=0)
    finally:
        asyncio._set_running_loop(browser)
