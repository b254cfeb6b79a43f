"""Waiting for what only HTTP can tell: there is no event to wait for, so it is asked again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

POLL_S = 0.05


async def until(condition: Callable[[], bool], within_s: float, poll_s: float = POLL_S) -> bool:
    """True once `condition`, asked on another thread every `poll_s` seconds, is true.

    False after `within_s` seconds.
    """
    deadline = time.monotonic() + within_s
    while not await asyncio.to_thread(condition):
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(poll_s)
    return True
