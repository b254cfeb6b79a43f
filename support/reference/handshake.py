"""Who is let in: everything that is decided before a connection is accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from support.reference.config import ChatConfig
from support.reference.hub import Hub
from support.reference.tokens import Claims, InvalidToken, TokenVerifier

SUBPROTOCOL = "agent-chat.v1"
BEARER = "bearer."
TOKEN_NAMES = frozenset({"token", "access_token", "jwt", "authorization", "bearer"})
LOOKS_LIKE_A_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*")


class Refused(Exception):
    """The handshake is answered with this HTTP status and reason instead of 101."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class HandshakeRequest:
    """What a client asks for when it opens a connection."""

    path: str
    query: str
    authorization: str | None
    origins: tuple[str, ...]
    subprotocols: tuple[str, ...]

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> HandshakeRequest:
        """Return the handshake in an ASGI websocket scope."""

        def values(name: bytes) -> tuple[str, ...]:
            return tuple(value.decode("latin-1") for key, value in scope["headers"] if key == name)

        return cls(
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            authorization=next(iter(values(b"authorization")), None),
            origins=values(b"origin"),
            subprotocols=tuple(scope["subprotocols"]),
        )


class Gatekeeper:
    """Admits or refuses handshakes."""

    def __init__(self, config: ChatConfig, verifier: TokenVerifier, hub: Hub) -> None:
        self.config = config
        self.verifier = verifier
        self.hub = hub
        self.draining = False

    def admit(self, handshake: HandshakeRequest) -> Claims:
        """Return whose connection this is; raise Refused with the status to answer."""
        if handshake.path != "/ws":
            raise Refused(404, "not found")
        if self.draining:
            raise Refused(503, "draining")
        self.check_query(handshake)
        self.check_origin(handshake)
        claims = self.authenticate(self.token(handshake))
        self.check_scope(claims)
        self.check_room(claims)
        return claims

    def check_query(self, handshake: HandshakeRequest) -> None:
        """Refuse a token in the address, where logs would keep it."""
        for name, value in parse_qsl(handshake.query, keep_blank_values=True):
            if name.lower() in TOKEN_NAMES or LOOKS_LIKE_A_TOKEN.fullmatch(value):
                raise Refused(401, "unauthorized")

    def check_origin(self, handshake: HandshakeRequest) -> None:
        """Refuse browsers on other sites' pages (cross-site WebSocket hijacking)."""
        if not set(handshake.origins) <= self.config.allowed_origins:
            raise Refused(403, "forbidden")

    def token(self, handshake: HandshakeRequest) -> str | None:
        """Return the token in the header, or else in the offered subprotocols."""
        if handshake.authorization is not None:
            scheme, _, token = handshake.authorization.partition(" ")
            return token.strip() if scheme.lower() == "bearer" else None
        offered = (name for name in handshake.subprotocols if name.startswith(BEARER))
        return next((name.removeprefix(BEARER) for name in offered), None)

    def authenticate(self, token: str | None) -> Claims:
        """Return what a good token says; refuse every other, always in the same words."""
        try:
            if token:
                return self.verifier.verify(token)
        except InvalidToken:
            raise Refused(401, "unauthorized") from None
        raise Refused(401, "unauthorized")

    def check_scope(self, claims: Claims) -> None:
        """Refuse a user who may neither talk nor read."""
        if not claims.may_connect:
            raise Refused(403, "forbidden")

    def check_room(self, claims: Claims) -> None:
        """Refuse one connection too many of the same user."""
        if len(self.hub.of(claims.user_id)) >= self.config.connections_per_user:
            raise Refused(429, "too many connections")

    def subprotocol(self, handshake: HandshakeRequest) -> str | None:
        """Return the subprotocol to select: ours if it was offered, never one with a token."""
        return SUBPROTOCOL if SUBPROTOCOL in handshake.subprotocols else None
