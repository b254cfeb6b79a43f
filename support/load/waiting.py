"""Moments in the life of a connection, and waiting for the first of several."""

from __future__ import annotations

import asyncio


class Moment:
    """Something that comes once. Thousands of users wait for some, so it costs no task."""

    def __init__(self) -> None:
        self.has_come = False
        self._waiting: list[asyncio.Future[None]] = []

    def come(self) -> None:
        """Mark the moment as come, and wake everyone who waits for it."""
        self.has_come = True
        for waiting in self._waiting:
            _end(waiting)

    def wait(self, waiting: asyncio.Future[None]) -> None:
        """That future is done once the moment has come."""
        self._waiting.append(waiting)

    def leave(self, waiting: asyncio.Future[None]) -> None:
        """That future no longer waits."""
        self._waiting.remove(waiting)


def _end(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


async def comes_first(moment: Moment, other: Moment, within_s: float) -> bool:
    """True once `moment` has come; False when the other came, or the time was up."""
    if moment.has_come or other.has_come:
        return moment.has_come
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[None] = loop.create_future()
    late = loop.call_later(max(within_s, 0.01), _end, waiting)
    both = (moment, other) if moment is not other else (moment,)
    for one in both:
        one.wait(waiting)
    try:
        await waiting
    finally:
        late.cancel()
        for one in both:
            one.leave(waiting)
    return moment.has_come
