"""Waiting for one moment, unless another comes first."""

from __future__ import annotations

import asyncio


async def first_of(moment: asyncio.Event, other: asyncio.Event, within_s: float) -> bool:
    """True once `moment` has come; False when the other came, or the time was up."""
    if moment.is_set():
        return True
    waits = [asyncio.ensure_future(m.wait()) for m in {moment, other}]
    try:
        await asyncio.wait(waits, timeout=max(within_s, 0.01), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return moment.is_set()
