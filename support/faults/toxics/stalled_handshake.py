"""The stalled handshake: its beginning arrives, and then nothing."""

from __future__ import annotations

from support.faults.toxics.silence import Silence
from support.faults.trigger import AfterBytes
from support.faults.types import Direction


class StalledHandshake(Silence, name="stalled_handshake"):
    """Forwards the first `count` bytes in `direction` of each new connection, then no more.

    `to_service`: the service is left with half a request, and what it answers still reaches the
    user; `to_user`: the user is left with half an answer. Fires when a byte is held back, so not
    for a shorter handshake. When it is removed the rest follows.
    """

    def __init__(
        self, count: int = 20, direction: Direction = "to_service", times: int | None = None
    ) -> None:
        super().__init__(
            direction=direction, when=AfterBytes(count, direction), scope="new", times=times
        )
