"""GraphQL over WebSocket: the protocol ``graphql-transport-ws``, at ``/graphql``.

The token travels in ``connection_init``. ``subscription { agentEvents(after: …) }`` and
``subscription { notices }`` bring what happens, several events at a time; ``mutation { ask }`` and
``mutation { cancel }`` act. Not a GraphQL engine: of a query, the first field's name is read.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from support.reference.config import ChatConfig
from support.reference.formats import graphql_words as words
from support.reference.formats.inner import (
    DISCONNECT,
    App,
    Message,
    Receive,
    Scope,
    Send,
    decoded,
    inside,
    place_of,
    renamed,
    sent,
    text,
)

PROTOCOL = "graphql-transport-ws"
FIRST_FIELD = re.compile(r"\{\s*(\w+)")
#: How a refusal by HTTP status is told on a WebSocket that is open already.
CLOSES = {401: 4401, 403: 4403, 404: 4404, 429: 4429, 503: 1013}
AT_MOST = 50  # events in one message
CANCELLED = "cancelled: "


class GraphQL:
    """The chat backend ``app``, spoken to in this format."""

    def __init__(self, app: App, config: ChatConfig) -> None:
        self.app = app
        self.init_s = config.handshake_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request or one WebSocket (ASGI)."""
        if scope["type"] == "websocket":
            await Operations(scope, receive, send).run(self.app, self.init_s)
        else:
            await self.app(scope, receive, send)


class Operations:
    """One WebSocket and the operations on it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.outer_receive, self.outer_send = scope, receive, send
        self.running: dict[str, str] = {}  # the id of each subscription, by its field
        self.pending: list[Message] = [{"type": "websocket.connect"}]
        self.cancelling: list[str] = []  # ids of mutations that are not answered yet, in order
        self.after: object = None
        self.greeting: dict[str, Any] = {}
        self.batch: list[dict[str, Any]] = []
        self.writing = asyncio.Lock()
        self.flushes: set[asyncio.Task[None]] = set()

    async def run(self, app: App, init_s: float) -> None:
        """Accept, wait for the token, and speak until either side has closed."""
        await self.outer_receive()
        if self.scope["path"] != "/graphql" or PROTOCOL not in self.scope["subprotocols"]:
            start = {"type": "websocket.http.response.start", "status": 404, "headers": []}
            await self.outer_send(start)
            await self.outer_send({"type": "websocket.http.response.body", "body": b"not found"})
            return
        await self.outer_send({"type": "websocket.accept", "subprotocol": PROTOCOL, "headers": []})
        try:
            first = await asyncio.wait_for(self.outer_receive(), init_s)
        except TimeoutError:
            await self.close(4408, "connection initialisation timeout")
            return
        body = decoded(first.get("text"))
        if not isinstance(body, dict) or body.get("type") != "connection_init":
            await self.close(4401, "unauthorized")
            return
        given = body.get("payload")
        token = str(given.get("token", "")) if isinstance(given, dict) else ""
        headers = [pair for pair in self.scope["headers"] if pair[0] != b"authorization"]
        if token:
            headers.append((b"authorization", b"Bearer " + token.encode("latin-1", "replace")))
        await app(inside(self.scope, headers, subprotocols=[]), self.receive, self.send)

    async def close(self, code: int, reason: str) -> None:
        """Close with this code."""
        await self.outer_send({"type": "websocket.close", "code": code, "reason": reason})

    # What the client says ----------------------------------------------------------------------

    async def receive(self) -> Message:
        """Return what the client's next operation means to the service."""
        if self.pending:
            return self.pending.pop()
        while True:
            message = await self.outer_receive()
            if message["type"] == "websocket.disconnect":
                return message
            meant = self.meant(decoded(message.get("text")))
            if isinstance(meant, int):
                await self.close(meant, "")
                return DISCONNECT
            if meant is not None:
                return text(meant)

    def meant(self, body: Any) -> dict[str, Any] | int | None:
        """Return the service's own message, None where it has none, or the code to close with."""
        if not isinstance(body, dict):
            return 4400
        kind, payload = body.get("type"), body.get("payload") or {}
        if kind == "ping":
            return {"type": "ping", "nonce": payload.get("nonce", "")}
        if kind == "complete":
            self.running = {k: v for k, v in self.running.items() if v != body.get("id")}
            return None
        if kind == "connection_init":
            return 4429
        if kind == "pong":
            return None
        if kind != "subscribe" or not isinstance(body.get("id"), str):
            return 4400
        return self.operation(body["id"], payload)

    def operation(self, id_: str, payload: dict[str, Any]) -> dict[str, Any] | int | None:
        """Return what a subscription or a mutation means."""
        found = FIRST_FIELD.search(str(payload.get("query")))
        field, given = found.group(1) if found else "", payload.get("variables") or {}
        if field == "notices":
            self.running[field] = id_
            return None
        if field == "agentEvents":
            self.running[field], self.after = id_, given.get("after")
            return {"type": "subscribe", **(place_of(self.after) if self.after else {})}
        if field == "cancel":
            # Only a refusal is answered by the service: what comes after it tells a success.
            self.cancelling.append(id_)
            self.pending.append(text({"type": "ping", "nonce": f"{CANCELLED}{id_}"}))
            return {"type": "cancel_run", "run_id": given.get("task")}
        if field == "ask":
            names = {"text": "content", "topic": "thread_id"}
            return {"type": "user_message", "request_id": id_, **renamed(given, names)}
        return 4400

    # What the service says ---------------------------------------------------------------------

    async def send(self, message: Message) -> None:
        """Say what the service says."""
        if message["type"] == "websocket.http.response.start":
            await self.close(CLOSES.get(message["status"], 1011), "")
        frame = decoded(message.get("text"))
        if message["type"] != "websocket.send":
            return
        if isinstance(frame, dict) and frame.get("type") in words.EVENTS:
            await self.add(frame)
            return
        async with self.writing:
            await self.write_batch()
            if not isinstance(frame, dict):
                await self.outer_send(message)  # nothing that can be translated
            for body in self.translated(frame) if isinstance(frame, dict) else ():
                await self.outer_send(sent(body))

    async def add(self, frame: dict[str, Any]) -> None:
        """Send an event together with those that follow at once."""
        async with self.writing:
            self.batch.append(words.event(frame))
            if len(self.batch) >= AT_MOST:
                await self.write_batch()
        if len(self.batch) == 1:
            task = asyncio.create_task(self.flush())
            self.flushes.add(task)
            task.add_done_callback(self.flushes.discard)

    async def flush(self) -> None:
        """Send what has gathered in this moment."""
        async with self.writing:
            await self.write_batch()

    async def write_batch(self) -> None:
        """Send the events that have gathered, in order, as one message."""
        batch, self.batch = self.batch, []
        if batch and "agentEvents" in self.running:
            await self.outer_send(sent(self.next("agentEvents", batch)))

    def next(self, field: str, value: Any, **more: Any) -> dict[str, Any]:
        """Return the next value of a subscription."""
        id_ = self.running.get(field, "")
        return {"type": "next", "id": id_, "payload": {"data": {field: value, **more}}}

    def translated(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        """Return a message of the service in this format."""
        kind = frame.get("type")
        if kind == "ready":
            self.greeting = frame
            return [{"type": "connection_ack"}]
        if kind == "subscribed":
            begin = words.beginning(self.greeting, frame, self.after)
            return [self.next("agentEvents", [], stream=begin)]
        if kind == "announcement":
            return [self.next("notices", words.notice(frame))] if "notices" in self.running else []
        if kind == "accepted":
            return words.done(str(frame.get("request_id")), {"ask": words.accepted(frame)})
        if kind == "pong" and str(frame.get("nonce")).startswith(CANCELLED):
            return self.cancelled(str(frame["nonce"]).removeprefix(CANCELLED))
        if kind == "pong":
            return [words.pong(frame)]
        if kind == "error":
            own = self.cancelling.pop(0) if self.cancelling else ""
            return [words.error(frame.get("request_id") or own, frame)]
        return []

    def cancelled(self, id_: str) -> list[dict[str, Any]]:
        """Return the answer to a mutation, if it has had none."""
        if id_ not in self.cancelling:
            return []
        self.cancelling.remove(id_)
        return words.done(id_, {"cancel": True})
