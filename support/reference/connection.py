"""One user's connection: what is said on it, in which order, and when it ends."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from support.reference import messages
from support.reference.config import ChatConfig
from support.reference.limits import RateLimit
from support.reference.messages import CancelRun, Message, Ping, Rejected, Subscribe, UserMessage
from support.reference.metrics import Metrics
from support.reference.runs import Runs
from support.reference.send_queue import SendQueue
from support.reference.store import StoredEvent, StoreError
from support.reference.streams import Streams
from support.reference.tokens import Claims
from support.reference.wire import Socket

REPLAY_BATCH = 200
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """What a connection needs of its backend."""

    config: ChatConfig
    metrics: Metrics
    streams: Streams
    runs: Runs


class Connection:
    """Speaks the contract on one accepted socket. All methods run on the event loop."""

    def __init__(self, services: Services, claims: Claims, socket: Socket, send: Send) -> None:
        self.services = services
        self.claims = claims
        self.user_id = claims.user_id
        self.connection_id = self.new_id()
        self.socket = socket
        self.send = send
        self.send_queue = SendQueue(self.transmit)
        self.rate = RateLimit(services.config.messages_per_s)
        self.live = False
        self.subscription = 0
        self.closed = False

    def new_id(self) -> str:
        """Return the id of a new connection."""
        return f"c-{secrets.token_hex(6)}"

    async def run(self, receive: Receive) -> None:
        """Talk until either side has closed."""
        sender = asyncio.create_task(self.send_queue.run())
        sender.add_done_callback(self.on_sender_end)
        expiry = asyncio.get_running_loop().call_later(
            self.claims.expires_at - time.time(), self.expire
        )
        try:
            await self.greet()
            await self.listen(receive)
        finally:
            self.live = False
            expiry.cancel()
            sender.cancel()

    def on_sender_end(self, sender: asyncio.Task[None]) -> None:
        """Close rather than leave the user waiting when sending has failed."""
        if not sender.cancelled() and (error := sender.exception()) is not None:
            log.error("sending failed: %r", error)
            self.close(1011, "internal error")

    async def greet(self) -> None:
        """Send the first frame."""
        config, streams = self.services.config, self.services.streams
        stream = streams.of(self.user_id)
        self.push(
            {
                "type": "ready",
                "connection_id": self.connection_id,
                "user_id": self.user_id,
                "server_time": time.time(),
                "heartbeat_s": config.heartbeat_s,
                "stream": {
                    "epoch": stream.epoch,
                    "position": stream.last_stored,
                    "oldest": streams.oldest(stream),
                },
                "limits": {
                    "message_bytes": config.message_bytes,
                    "retained_events": config.retained_events,
                    "messages_per_s": config.messages_per_s,
                    "connections_per_user": config.connections_per_user,
                },
            }
        )

    async def listen(self, receive: Receive) -> None:
        """Handle what the client sends until it is gone."""
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is None:
                self.on_binary(message["bytes"])
            else:
                self.hear(message["text"])

    def on_binary(self, data: bytes) -> None:
        """Close: there are no binary messages."""
        self.close(1003, "text only")

    def hear(self, text: str) -> None:
        """Handle one message, or answer with the error it deserves."""
        if self.closed:
            return
        self.services.metrics.messages_received.inc()
        try:
            self.check_rate(text)
            self.handle(self.decode(text))
        except Rejected as error:
            self.reject(error)

    def decode(self, text: str) -> Message:
        """Return the message in ``text``; see ``messages.decode``."""
        return messages.decode(text)

    def check_rate(self, text: str) -> None:
        """Raise Rejected for a message too many; close on a client that does not listen."""
        if self.rate.admits():
            return
        if self.rate.refused_in_a_row > self.services.config.refusals_in_a_row:
            self.close(1008, "too many messages")
        raise Rejected(
            "rate_limited", "Too many messages; slow down.", messages.request_id_of(text)
        )

    def handle(self, message: Message) -> None:
        """Do what a well-formed message asks."""
        if isinstance(message, UserMessage):
            self.on_user_message(message)
        elif isinstance(message, CancelRun):
            self.on_cancel_run(message)
        elif isinstance(message, Subscribe):
            self.on_subscribe(message)
        else:
            self.on_ping(message)

    def reject(self, error: Rejected) -> None:
        """Send a structured error; the connection stays open."""
        self.services.metrics.messages_rejected.inc()
        self.push(error.frame())

    def on_user_message(self, message: UserMessage) -> None:
        """Accept a request to the agent. Always in the name of the token's user."""
        self.check_may_talk(message.request_id)
        run, duplicate = self.services.runs.accept(self.user_id, message)
        self.push(
            {
                "type": "accepted",
                "request_id": message.request_id,
                "run_id": run.run_id,
                "thread_id": run.thread_id,
                "duplicate": duplicate,
            }
        )
        if not duplicate:
            self.services.metrics.runs_accepted.inc()
            self.services.runs.start(run)

    def on_cancel_run(self, message: CancelRun) -> None:
        """End one of the user's runs."""
        self.check_may_talk(None)
        self.services.runs.cancel(self.user_id, message.run_id)

    def check_may_talk(self, request_id: str | None) -> None:
        """Raise Rejected for a user who may only read."""
        if not self.claims.may_talk:
            raise Rejected("forbidden", "This token may only read.", request_id)

    def on_ping(self, message: Ping) -> None:
        """Answer at once."""
        self.push({"type": "pong", "nonce": message.nonce, "server_time": time.time()})

    def on_subscribe(self, message: Subscribe) -> None:
        """Begin, or begin again: the answer, then what was missed, then live events."""
        try:
            resumption = self.services.streams.resume(self.user_id, message.epoch, message.after)
        except StoreError as error:
            log.warning("a subscribe was turned away: %s", error)
            raise Rejected("overloaded", "The store is not available; try again.") from None
        self.subscription += 1
        self.live = not resumption.count
        self.push(resumption.frame())
        if resumption.count:
            self.replay_soon(self.subscription, resumption.after)

    def replay_soon(self, subscription: int, after: int) -> None:
        """Queue the replay behind what is being sent."""
        self.send_queue.put_job(lambda: self.replay(subscription, after))

    async def replay(self, subscription: int, after: int) -> None:
        """Send stored events until none is left, then go live in the same breath."""
        while subscription == self.subscription:
            batch = self.services.streams.read(self.user_id, after, REPLAY_BATCH)
            if not batch:
                self.live = True
                return
            for event_id, body in batch:
                await self.transmit_event(body)
                after = max(after, event_id)
            await asyncio.sleep(0)

    def deliver(self, event: StoredEvent) -> None:
        """Queue a live event. While a replay runs it is left to the replay, which reads it."""
        if self.live:
            self.services.metrics.events_sent.inc()
            self.put(event.body)

    def announce(self, body: str) -> None:
        """Queue an announcement if this connection has subscribed."""
        if self.subscription:
            self.put(body)

    def push(self, frame: dict[str, Any]) -> None:
        """Queue a frame that is not an event."""
        self.put(msgspec.json.encode(frame).decode())

    def put(self, text: str) -> None:
        """Queue a text, unless the client has let too much pile up."""
        if self.closed:
            return
        self.send_queue.put(text)
        if self.send_queue.waiting_bytes > self.services.config.unsent_bytes:
            self.close(1008, "the client does not read")

    async def transmit_event(self, body: str) -> None:
        """Send a replayed event now."""
        self.services.metrics.events_sent.inc()
        await self.transmit(body)

    async def transmit(self, text: str) -> None:
        """Hand a text to the socket; waits while the client reads slowly."""
        if time.time() >= self.claims.expires_at:
            self.expire()
        if not self.closed:
            await self.send({"type": "websocket.send", "text": text})

    def expire(self) -> None:
        """End the connection because its token has ended."""
        self.close(4401, "token expired")

    def announce_restart(self, reason: str, retry_after_s: float) -> None:
        """Announce a restart, and close once everything queued has been sent."""
        self.live = False
        self.push({"type": "closing", "reason": reason, "retry_after_s": retry_after_s})
        self.send_queue.put_job(self.close_for_restart)

    async def close_for_restart(self) -> None:
        """Close as announced."""
        self.close(1012, "restart")

    def close(self, code: int, reason: str) -> None:
        """Close now: what is queued is dropped, no frame follows."""
        if self.closed:
            return
        self.closed = True
        self.live = False
        self.send_queue.items.clear()
        self.socket.finish(code, reason)
