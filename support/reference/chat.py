"""The chat backend: its parts put together, its HTTP side, and its beginning and end."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from support.reference import __version__, process
from support.reference.agent import Agent
from support.reference.config import CHAT_STORE, ChatConfig
from support.reference.connection import Connection, Services
from support.reference.formats import spoken
from support.reference.handshake import Gatekeeper, HandshakeRequest, Refused
from support.reference.hub import Hub, Recipient
from support.reference.metrics import CONTENT_TYPE, Metrics
from support.reference.runs import Runs
from support.reference.store import Store, StoreError
from support.reference.streams import Streams
from support.reference.tokens import Claims, InvalidToken, TokenVerifier
from support.reference.tools import Toolbox
from support.reference.wire import Listener, Socket

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
CHECKPOINT_S = 1.0
log = logging.getLogger(__name__)


class Chat:
    """One chat backend."""

    def __init__(self, config: ChatConfig, parts: ChatParts) -> None:
        self.config = config
        self.parts = parts
        self.started_at = time.monotonic()
        self.store = parts.store(Path(config.run_dir) / CHAT_STORE)
        self.hub = parts.hub()
        self.verifier = parts.verifier(config)
        self.gatekeeper = parts.gatekeeper(config, self.verifier, self.hub)
        self.streams = parts.streams(self.store, self.hub, config.retained_events)
        self.agent = parts.agent(self.streams, parts.toolbox(self.store), config.step_s)
        self.runs = parts.runs(self.store, self.streams, self.agent, config.runs_per_user)
        self.metrics = Metrics(self.hub.__len__, self.runs.active.__len__)
        self.services = Services(config, self.metrics, self.streams, self.runs)
        self.http = Starlette(
            routes=[
                Route("/health", self.get_health),
                Route("/metrics", self.get_metrics),
                Route("/announcements", self.post_announcement, methods=["POST"]),
                Route("/ws", self.get_ws),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request or one WebSocket (ASGI)."""
        if scope["type"] == "websocket":
            await self.serve_socket(scope, receive, send)
        else:
            await self.http(scope, receive, send)

    # WebSocket ---------------------------------------------------------------------------------

    async def serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit or refuse, then talk."""
        handshake = HandshakeRequest.of(scope)
        await receive()
        try:
            claims = self.gatekeeper.admit(handshake)
            # A new user's stream is stored here: an outage can still be answered with a status.
            self.streams.of(claims.user_id)
        except Refused as refused:
            await self.refuse(refused, scope, send)
            return
        except StoreError as error:
            log.warning("a handshake was refused: %s", error)
            await self.refuse(Refused(503, "store unavailable"), scope, send)
            return
        await self.welcome(claims, handshake, scope, receive, send)

    async def welcome(
        self,
        claims: Claims,
        handshake: HandshakeRequest,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Accept the connection and serve it to its end."""
        connection = self.parts.connection(self.services, claims, scope["state"]["socket"], send)
        self.hub.join(connection)
        self.metrics.connections_opened.inc()
        try:
            subprotocol = self.gatekeeper.subprotocol(handshake)
            await send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})
            await connection.run(receive)
        finally:
            self.hub.leave(connection)

    async def refuse(self, refused: Refused, scope: Scope, send: Send) -> None:
        """Answer the handshake with an HTTP status (ASGI denial response extension)."""
        self.metrics.handshakes_refused.inc()
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        if refused.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        if refused.status in (429, 503):
            headers.append((b"retry-after", b"1"))
        await send(
            {
                "type": "websocket.http.response.start",
                "status": refused.status,
                "headers": headers,
            }
        )
        await send({"type": "websocket.http.response.body", "body": refused.reason.encode()})

    # HTTP --------------------------------------------------------------------------------------

    async def get_health(self, request: Request) -> Response:
        """``GET /health``."""
        status, body = self.health()
        return JSONResponse(body, status)

    def health(self) -> tuple[int, dict[str, Any]]:
        """Return HTTP status and body of the health answer."""
        checks = {"store": self.store_state()}
        status = "healthy" if checks["store"] == "ok" else "degraded"
        if self.gatekeeper.draining:
            status = "draining"
        return 200 if status == "healthy" else 503, {
            "status": status,
            "version": __version__,
            "uptime_s": round(time.monotonic() - self.started_at, 3),
            "connections": len(self.hub),
            "checks": checks,
        }

    def store_state(self) -> str:
        """Return ``ok`` when the store can be written now, else ``unavailable``."""
        try:
            self.store.probe()
        except StoreError:
            return "unavailable"
        return "ok"

    async def get_metrics(self, request: Request) -> Response:
        """``GET /metrics``."""
        return Response(self.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def get_ws(self, request: Request) -> Response:
        """``GET /ws`` without an upgrade."""
        return PlainTextResponse("upgrade required", 426, {"Upgrade": "websocket"})

    async def post_announcement(self, request: Request) -> Response:
        """``POST /announcements``: 202 once queued for everybody, else 401, 403 or 422."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise InvalidToken
            claims = self.verifier.verify(token.strip())
        except InvalidToken:
            return JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"})
        if not self.may_announce(claims):
            return JSONResponse({"error": "forbidden"}, 403)
        try:
            message = msgspec.json.decode(await request.body(), type=Announcement).message
        except (msgspec.DecodeError, ValueError, RecursionError):
            return JSONResponse({"error": "malformed"}, 422)
        return JSONResponse({"announced": self.announce(message)}, 202)

    def may_announce(self, claims: Claims) -> bool:
        """Return whether this user may speak to everybody."""
        return claims.may_announce

    def announce(self, message: str) -> int:
        """Say ``message`` to every subscribed connection and return how many are connected."""
        frame = {"type": "announcement", "timestamp": time.time(), "data": {"message": message}}
        body = msgspec.json.encode(frame).decode()
        for connection in self.hub.all():
            connection.announce(body)
        return len(self.hub)

    # Beginning and end -------------------------------------------------------------------------

    async def start(self) -> None:
        """Go on with the runs of the last time."""
        self.runs.restore()
        self.checkpoints = asyncio.create_task(self.checkpoint_now_and_then())

    async def checkpoint_now_and_then(self) -> None:
        """Keep the store's log short without stopping the event loop for the disk."""
        while True:
            await asyncio.sleep(CHECKPOINT_S)
            try:
                await asyncio.to_thread(self.store.checkpoint)
            except StoreError as error:
                log.warning("no checkpoint: %s", error)

    async def drain(self) -> None:
        """Halt the runs, tell everybody, and give them a moment to leave."""
        self.gatekeeper.draining = True
        self.halt_runs()
        for connection in self.hub.all():
            self.dismiss(connection)
        deadline = time.monotonic() + max(self.config.drain_s, self.config.close_s)
        least = time.monotonic() + self.config.drain_s
        while time.monotonic() < least or (len(self.hub) and time.monotonic() < deadline):
            await asyncio.sleep(0.01)

    def halt_runs(self) -> None:
        """Stop working; the runs go on after the restart."""
        try:
            self.runs.stop()
        except StoreError as error:
            log.warning("the last events were not stored: %s", error)

    def dismiss(self, connection: Recipient) -> None:
        """Send one connection away for a restart."""
        connection.announce_restart("restart", self.config.retry_after_s)

    async def stop(self) -> None:
        """Close the store."""
        self.checkpoints.cancel()
        self.store.close()


@dataclass(frozen=True)
class ChatParts:
    """The classes that a chat backend is made of."""

    chat: type[Chat] = Chat
    verifier: type[TokenVerifier] = TokenVerifier
    gatekeeper: type[Gatekeeper] = Gatekeeper
    hub: type[Hub] = Hub
    store: type[Store] = Store
    streams: type[Streams] = Streams
    toolbox: type[Toolbox] = Toolbox
    agent: type[Agent] = Agent
    runs: type[Runs] = Runs
    connection: type[Connection] = Connection
    socket: type[Socket] = Socket
    listener: type[Listener] = Listener


class Announcement(msgspec.Struct):
    """The body of ``POST /announcements``."""

    message: str


def main(parts: ChatParts | None = None) -> int:
    """Run a chat backend configured by the environment; return the exit code."""
    return process.run(lambda: served(parts or ChatParts()))


def served(parts: ChatParts) -> process.Service:
    """Return the chat backend that the environment describes."""
    config = process.environment(ChatConfig)
    chat = parts.chat(config, parts)
    return process.Service(
        app=spoken(chat, config),
        config=config,
        start=chat.start,
        drain=chat.drain,
        stop=chat.stop,
        listener=parts.listener,
        socket=parts.socket,
        listener_settings={"handshake_s": config.handshake_s},
        socket_settings={"close_s": config.close_s},
        heartbeat_s=config.heartbeat_s,
        message_bytes=config.message_bytes,
    )


if __name__ == "__main__":
    sys.exit(main())
