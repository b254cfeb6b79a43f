"""Safe mode: what is never done to a deployment that real people depend on. One list, here.

Each kind of action is left out where it is done (`Safety.guard`), whatever tags or settings say.
The rest is kept small: sizes are capped by `MOST`, and every message, connection attempt and call
to the auth service waits for its turn. Nothing of this has any effect where `safe` is false.
"""

from __future__ import annotations

from support.config.errors import NotOffered
from support.config.pace import Pacer

#: Kind of action → why safe mode leaves it out. A scenario names those it needs: `@needs.flood`.
KINDS = {
    "announcements": "every real user would receive the announcement",
    "control": "stopping, killing or restarting a part of the deployment affects every user",
    "flood": "sending far more than is allowed takes capacity from other users",
    "unread_answers": "answers that nobody reads fill the deployment's memory",
    "compression_bomb": "a message that decompresses to 45 MB could exhaust the memory",
    "deep_nesting": "JSON nested thousands of levels deep could crash a parser",
    "large_messages": "a message over 128 KiB takes memory and bandwidth from other users",
    "protocol_violations": "frames that break the WebSocket protocol could crash a shared proxy",
    "header_injection": "control characters in an HTTP header could confuse a shared proxy",
    "token_injection": "a key name with a file path or a database query could do damage",
    "key_fetching": "a token that names an address could make the deployment connect to it",
    "password_guessing": "wrong passwords could lock accounts or addresses out",
    "id_enumeration": "an id that is guessed could be a real user's",
    "connection_cap": "opening as many connections as one user may have takes room from others",
    "slow_handshakes": "handshakes that never finish take room from others",
    "reconnect_storm": "many users who reconnect at once could slow others down",
}

#: Setting → the largest value in safe mode, whatever the environment asks for.
MOST: dict[str, int] = {
    "sizes.group": 5,
    "sizes.messages": 20,
    "sizes.total_messages": 20,
    "sizes.load_users": 4,
    "sizes.load_runs": 12,
    "sizes.long_runs": 12,
    "sizes.connects": 20,
    "sizes.pings": 5,
    "sizes.history": 300,
    "sizes.storm": 10,
    "sizes.large_crowd": 10,
    "chaos.users": 6,
    "chaos.questions": 4,
}

#: In any one second, of all users together.
MESSAGES_PER_S = 30
CONNECTS_PER_S = 10
AUTH_CALLS_PER_S = 10
#: From one look at a health or metrics endpoint to the next, at least.
POLL_S = 0.5

MESSAGE_BYTES = 128 * 1024
LEVELS = 32  # of nested JSON


class NotSafe(NotOffered):
    """Safe mode leaves an action of this `kind` out."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"safe mode leaves this out: {KINDS[kind]}")
        self.kind = kind


class Safety:
    """What may be done to one deployment, and how fast. Without `on`: anything, at once."""

    def __init__(self, on: bool) -> None:
        self.on = on
        self._messages = _at_most(MESSAGES_PER_S if on else None)
        self._connects = _at_most(CONNECTS_PER_S if on else None)
        self._auth_calls = _at_most(AUTH_CALLS_PER_S if on else None)

    def allows(self, kind: str) -> bool:
        """True where an action of that kind may be done."""
        return not (self.on and kind in KINDS)

    def guard(self, kind: str) -> None:
        """Stand before an action of that kind. Raises `NotSafe` where it is left out."""
        if not self.allows(kind):
            raise NotSafe(kind)

    async def message(self, message: str | bytes) -> None:
        """Wait until one more message may be sent. Raises `NotSafe` for one that never may."""
        if self.on:
            data = message.encode() if isinstance(message, str) else message
            if len(data) > MESSAGE_BYTES:
                self.guard("large_messages")
            if _nesting(data) > LEVELS:
                self.guard("deep_nesting")
        await self._messages.turn()

    async def connect(self) -> None:
        """Wait until one more connection may be attempted."""
        await self._connects.turn()

    async def auth_call(self) -> None:
        """Wait until the auth service may be asked once more."""
        await self._auth_calls.turn()

    def poll_s(self, wished_s: float) -> float:
        """How long to wait from one look at an HTTP endpoint to the next."""
        return max(wished_s, POLL_S) if self.on else wished_s


def _nesting(data: bytes) -> int:
    """How deep brackets and braces may be nested: those in strings are counted, too."""
    if data.count(b"[") + data.count(b"{") <= LEVELS:
        return 0
    deepest = level = 0
    for byte in data:
        if byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest


def _at_most(per_second: int | None) -> Pacer:
    pacer = Pacer(share=1.0)
    if per_second is not None:
        pacer.limit(per_second)
    return pacer
