"""When bytes arrived: by the kernel's clock, however late this process comes to read them.

Linux stamps each segment as it comes in and hands out the stamp of the last byte that is read
(socket(7), SO_TIMESTAMPNS). What is read together may have come earlier, but not before the loop
last saw that nothing was there: by so much the stamp of all but the last message is unsure.
"""

from __future__ import annotations

import asyncio
import math
import os
import selectors
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import Any

_SO_TIMESTAMPNS = 35  # Linux, asm-generic/socket.h; Python has no name for it
_TIMESPEC = struct.Struct("@ll")
_SPACE = socket.CMSG_SPACE(_TIMESPEC.size)
_WINDOW_S = 5.0
_UNKNOWN_S = 0.005  # how late a loop may wake up as long as it has not been watched
_LEAST_S = 0.000_2  # a thread is never woken sooner than that for certain
_TIGHT_S = 0.000_1  # between two clocks that are read as one


class WakingSelector(selectors.DefaultSelector):
    """Knows when a loop last saw that nothing was there, and how late it wakes up."""

    def __init__(self) -> None:
        super().__init__()
        self._before = self._called = self._returned = time.monotonic()
        self._late = [_UNKNOWN_S, 0.0]  # the worst of the window before, and of this one
        self._window = self._returned
        self._schedule = _Schedule()
        self._waited_s = self._queued_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._before = self._looked()
        self._called = time.monotonic()
        ready = super().select(timeout)
        self._returned = time.monotonic()
        waited_s = self._schedule.waited_s()
        self._queued_s, self._waited_s = waited_s - self._waited_s, waited_s
        if timeout is not None and timeout > 0:
            due = self._called + math.ceil(timeout * 1e3) * 1e-3  # epoll counts milliseconds
            self.woke_late(self._returned - due)
        return ready

    def close(self) -> None:
        super().close()
        self._schedule.close()

    def woke_late(self, late_s: float) -> None:
        """It has been seen to wake up so late."""
        if self._returned - self._window > _WINDOW_S:
            whole = self._returned - self._window <= 2 * _WINDOW_S
            self._late = [self._late[1] if whole else 0.0, 0.0]
            self._window = self._returned
        self._late[1] = max(self._late[1], late_s)

    @property
    def waited(self) -> bool:
        """True when there was nothing to read before the loop began to wait."""
        return self._returned - self._called > _TIGHT_S

    @property
    def returned(self) -> float:
        """When it woke up, by the monotonic clock."""
        return self._returned

    @property
    def nothing_until(self) -> float:
        """Until when nothing had come of what can be read now, by the monotonic clock."""
        return self._looked() if self.waited else self._before

    def _looked(self) -> float:
        """When the kernel has said last what is there; it takes a while until that is heard."""
        late_s = max(_LEAST_S, *self._late) + self._queued_s
        return max(self._called, self._returned - late_s)


class _Schedule:
    """How long the calling thread has been ready to run while others ran (Linux, sched_info)."""

    def __init__(self) -> None:
        self._thread, self._fd = 0, -1

    def waited_s(self) -> float:
        """In total; 0 where the kernel does not tell."""
        if self._thread != threading.get_ident():
            self.close()
            self._thread = threading.get_ident()
            with suppress(OSError):  # not everywhere
                self._fd = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        if self._fd < 0:
            return 0.0
        return int(os.pread(self._fd, 64, 0).split()[1]) * 1e-9

    def close(self) -> None:
        """Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


class ReceivingLoop(asyncio.SelectorEventLoop):
    """An event loop that knows when it woke up."""

    def __init__(self) -> None:
        self.waking = WakingSelector()
        super().__init__(self.waking)


class StampedSocket(socket.socket):
    """A TCP socket; after each read `arrived` is when its last byte came, monotonic.

    What came before it came at most `spread_s` earlier. Where the kernel stamps nothing, `arrived`
    is the time of reading, and `exact` is False.
    """

    __slots__ = ("_full", "_read", "_waking", "arrived", "exact", "spread_s")

    def __init__(self, family: int, kind: int, proto: int, waking: WakingSelector | None) -> None:
        super().__init__(family, kind, proto)
        self._waking = waking
        self._read = self.arrived = time.monotonic()
        self._full = True  # something may be left in the kernel that the loop knows nothing of
        self.exact, self.spread_s = False, 0.0
        if sys.platform == "linux":
            self.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        began = time.monotonic()
        data, ancillary, _, _ = self.recvmsg(size, _SPACE, flags)
        self._stamp(began, ancillary, len(data) == size)
        return data

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        room = memoryview(buffer)[: size or None]
        began = time.monotonic()
        count, ancillary, _, _ = self.recvmsg_into([room], _SPACE, flags)
        self._stamp(began, ancillary, count == len(room))
        return count

    def leave_unread(self) -> None:
        """From now on nobody waits for it: what is read next may have come at any time since."""
        self._full = True

    def _stamp(self, began: float, ancillary: list[tuple[int, int, bytes]], full: bool) -> None:
        now, waking = time.monotonic(), self._waking
        since = self._read if self._full or waking is None else waking.nothing_until
        arrived = _monotonic(ancillary)
        self.exact = arrived is not None
        self.arrived = now if arrived is None else min(max(arrived, self._read), now)
        if since > self.arrived:  # it was there before: it had not been looked at, after all
            since = self._read
        self.spread_s = max(self.arrived - max(since, self._read), 0.0)
        if arrived is not None and waking is not None and waking.waited and not self._full:
            waking.woke_late(waking.returned - self.arrived)
        self._read, self._full = (self.arrived if full else began), full


def _monotonic(ancillary: list[tuple[int, int, bytes]]) -> float | None:
    """The kernel's stamp by the monotonic clock; None where there is none."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            for _ in range(3):
                before, wall, after = time.monotonic(), time.time(), time.monotonic()
                if after - before < _TIGHT_S:
                    return float(before - (wall - seconds - nanoseconds * 1e-9))
    return None


async def connected(host: str, port: int) -> StampedSocket:
    """A TCP connection. Raises `OSError` as `create_connection` of the loop does."""
    loop = asyncio.get_running_loop()
    waking = loop.waking if isinstance(loop, ReceivingLoop) else None
    found: list[tuple[Any, ...]] = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    errors: list[OSError] = []
    for family, kind, proto, _, address in found:
        try:
            made = StampedSocket(family, kind, proto, waking)
        except OSError as error:
            errors.append(error)
            continue
        try:
            made.setblocking(False)
            await loop.sock_connect(made, address)
            return made
        except OSError as error:
            made.close()
            errors.append(error)
        except BaseException:
            made.close()
            raise
    if len({str(error) for error in errors}) == 1:
        raise errors[0]
    raise OSError("; ".join(map(str, errors)) or f"no address was found for {host}")
