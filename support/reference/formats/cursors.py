"""Events over a WebSocket, questions over HTTP, opaque cursors for positions.

``POST /conversations`` opens the caller's conversation, ``/conversations/{id}/events?cursor=`` is
the WebSocket, ``POST /conversations/{id}/messages`` asks, ``POST …/jobs/{job}/cancel`` cancels.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from support.reference.config import ChatConfig
from support.reference.formats import inner

PATH = re.compile(r"/conversations/([\w-]+)/events")
EVENTS = {
    "agent_started": "job.started",
    "agent_thinking": "job.thought",
    "tool_executing": "tool.called",
    "tool_completed": "tool.returned",
    "agent_completed": "job.answered",
    "agent_failed": "job.failed",
}
FIELDS = {"run_id": "job", "thread_id": "topic", "user_id": "owner", "data": "body"}
STATUSES = {"not_found": 404, "forbidden": 403, "rate_limited": 429, "overloaded": 503}


class Cursors:
    """The chat backend ``app``, spoken to in this format."""

    def __init__(self, app: inner.App, config: ChatConfig) -> None:
        self.app = app
        here = "/conversations"
        self.http = Starlette(
            routes=[
                Route(here, self.post_conversation, methods=["POST"]),
                Route(here + "/{id}/messages", self.post_message, methods=["POST"]),
                Route(here + "/{id}/jobs/{job}/cancel", self.post_cancel, methods=["POST"]),
            ]
        )

    async def __call__(self, scope: inner.Scope, receive: inner.Receive, send: inner.Send) -> None:
        """Serve one HTTP request or one WebSocket (ASGI)."""
        if scope["type"] == "websocket":
            await Listening(scope, receive, send).run(self.app)
        elif scope["path"].startswith("/conversations"):
            await self.http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def post_conversation(self, request: Request) -> Response:
        """Return the id of the caller's conversation."""
        talk = await self.talk(request)
        if talk.status != 101:
            return JSONResponse({"error": "refused"}, talk.status)
        return JSONResponse({"id": conversation_of(talk.first("ready"))}, 201)

    async def post_message(self, request: Request) -> Response:
        """Take a question: 202 with its job."""
        body = inner.decoded((await request.body()).decode("utf-8", "replace"))
        names = {"ref": "request_id", "text": "content", "topic": "thread_id"}
        asked = inner.renamed(body, names) if isinstance(body, dict) else {}
        talk = await self.talk(request, {**asked, "type": "user_message"})
        names = {"request_id": "ref", "duplicate": "again", **FIELDS}
        return self.answer(request, talk, "accepted", names)

    async def post_cancel(self, request: Request) -> Response:
        """End a job early."""
        job = request.path_params["job"]
        talk = await self.talk(request, {"type": "cancel_run", "run_id": job})
        return self.answer(request, talk, "pong", {"nonce": "done"})

    async def talk(self, request: Request, *messages: dict[str, Any]) -> inner.Exchange:
        """Say this to the service in the caller's name."""
        talk = inner.Exchange(messages)
        who = [(key, value) for key, value in request.headers.raw if key == b"authorization"]
        await talk.hold(self.app, request.scope, who)
        return talk

    def answer(
        self, request: Request, talk: inner.Exchange, wanted: str, names: dict[str, str]
    ) -> Response:
        """Return what came of it as HTTP has it."""
        if talk.status != 101:
            return JSONResponse({"error": "refused"}, talk.status)
        if conversation_of(talk.first("ready")) != request.path_params["id"]:
            return JSONResponse({"error": "not_found"}, 404)
        frame = talk.first(wanted, "error")
        if frame.get("type") == wanted:
            kept = {key: value for key, value in frame.items() if key != "type"}
            return JSONResponse(inner.renamed(kept, names), 202)
        code = frame.get("code", "internal")
        return JSONResponse({"error": code}, STATUSES.get(str(code), 422 if frame else 500))


class Listening:
    """One WebSocket: events go out, pings come in."""

    def __init__(self, scope: inner.Scope, receive: inner.Receive, send: inner.Send) -> None:
        self.scope, self.outer_receive, self.outer_send = scope, receive, send
        asked = parse_qsl(scope["query_string"].decode("latin-1"))
        self.cursor = dict(asked).get("cursor")
        rest = urlencode([pair for pair in asked if pair[0] != "cursor"])
        known = PATH.fullmatch(scope["path"])
        self.conversation = known.group(1) if known else ""
        self.inner = inner.inside(scope, scope["headers"], query_string=rest.encode())
        if not known:
            self.inner["path"] = scope["path"].replace("/ws", "/", 1)
        self.acceptance: inner.Message = {}
        self.greeting: dict[str, Any] = {}
        self.begun = self.refused = False

    async def run(self, app: inner.App) -> None:
        """Speak until either side has closed."""
        await app(self.inner, self.receive, self.send)

    async def receive(self) -> inner.Message:
        """Return the client's next message; the first is a subscription."""
        if self.refused:
            return inner.DISCONNECT
        if self.acceptance and not self.begun:
            self.begun = True
            place = inner.place_of(self.cursor) if self.cursor else {}
            return inner.text({"type": "subscribe", **place})
        message = await self.outer_receive()
        body = inner.decoded(message.get("text"))
        if not isinstance(body, dict):
            return message
        kind = body.pop("kind", None)
        return inner.text({**body, "type": kind if kind == "ping" else f"no {kind}"})

    async def send(self, message: inner.Message) -> None:
        """Say what the service says."""
        if message["type"] == "websocket.accept":
            self.acceptance = message
            return
        frame = inner.decoded(message.get("text"))
        if message["type"] != "websocket.send" or not isinstance(frame, dict):
            await self.outer_send(message)
        elif frame.get("type") == "ready":
            await self.greet(frame)
        elif not self.refused:
            await self.outer_send(inner.sent(self.translated(frame)))

    async def greet(self, frame: dict[str, Any]) -> None:
        """Let the client in, if the conversation is theirs; the rest follows the subscription."""
        self.greeting = frame
        if conversation_of(frame) == self.conversation:
            await self.outer_send(self.acceptance)
            return
        self.refused = True
        start = {"type": "websocket.http.response.start", "status": 404, "headers": []}
        await self.outer_send(start)
        await self.outer_send({"type": "websocket.http.response.body", "body": b"not found"})

    def translated(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Return a message in this format."""
        kind = str(frame.pop("type", ""))
        if "timestamp" in frame:
            frame["at"] = inner.iso(frame.pop("timestamp"))
        if kind == "subscribed":
            return self.welcome(frame)
        if kind in EVENTS:
            cursor = inner.cursor_of(frame.pop("epoch", ""), frame.pop("event_id", ""))
            event = inner.renamed(frame, FIELDS)
            return {"kind": "event", "name": EVENTS[kind], "cursor": cursor, **event}
        if kind == "pong":
            return {
                "kind": "pong",
                "nonce": frame.get("nonce"),
                "now": inner.iso(frame.get("server_time")),
            }
        names = {"announcement": "notice", "closing": "leaving"}
        return {"kind": names.get(kind, kind), **inner.renamed(frame, FIELDS)}

    def welcome(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return the greeting, which says whether the cursor was good, and where it goes on."""
        stream, resumed = self.greeting["stream"], answer.get("recovered")
        here = inner.cursor_of(stream["epoch"], stream["position"])
        return {
            "kind": "welcome",
            "owner": self.greeting["user_id"],
            "now": inner.iso(self.greeting["server_time"]),
            "heartbeat_s": self.greeting["heartbeat_s"],
            "limits": self.greeting["limits"],
            "resumed": resumed if self.cursor else None,
            "reason": answer.get("reason"),
            "cursor": self.cursor if self.cursor and resumed else here,
        }


def conversation_of(greeting: dict[str, Any]) -> str:
    """Return the id of the conversation of the user who was greeted so."""
    return hashlib.sha256(f"conversation of {greeting.get('user_id')}".encode()).hexdigest()[:20]
