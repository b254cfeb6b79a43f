"""The stalled handshake: the beginning of it arrives, and then nothing."""

from __future__ import annotations

from support.faults.fault import Direction
from support.faults.silence import Silence
from support.faults.trigger import AfterBytes


class StalledHandshake(Silence, name="stalled_handshake"):
    """Forwards the first `count` bytes in `direction` of each new connection, then no more.

    `to_target` the target is left with half a request, and what it says to that still reaches the
    user; `to_user` the user is left with half an answer. Fires when a byte is held back: not for a
    handshake that is shorter. When it is removed the rest follows.
    """

    def __init__(
        self, count: int = 20, direction: Direction = "to_target", times: int | None = None
    ) -> None:
        super().__init__(direction=direction, when=AfterBytes(count, direction), scope="new")
        self.times = times
