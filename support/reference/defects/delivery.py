"""Defects in delivery: lost, doubled, mixed up, cut short."""

from __future__ import annotations

import asyncio
import dataclasses
import html
import secrets
import unicodedata
from functools import cached_property
from typing import Any, ClassVar

import msgspec
from websockets.frames import Frame

from support.reference.agent import Agent, Event
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.hub import Recipient
from support.reference.messages import Message, Rejected, UserMessage
from support.reference.plan import Plan
from support.reference.runs import Runs
from support.reference.store import Run, StoredEvent
from support.reference.streams import Stream, Streams
from support.reference.wire import Socket

SEVERAL = 3
Data = dict[str, Any]


@defect("questions-out-of-order", "C1")
class QuestionsOutOfOrder(Connection):
    """Every tenth question waits for 20 ms, so that later ones are accepted before it"""

    asked = 0

    def on_user_message(self, message: UserMessage) -> None:
        self.asked += 1
        if self.asked % 10:
            super().on_user_message(message)
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(0.02, super().on_user_message, message)


@defect("every-tenth-message-lost", "C1", "A7", "B2")
class EveryTenthLost(Runs):
    """Every tenth message is accepted and then forgotten"""

    count = 0

    def start(self, run: Run) -> None:
        self.count += 1
        if self.count % 10:
            super().start(run)


@defect("every-tenth-message-doubled", "C1", "B2")
class EveryTenthDoubled(Runs):
    """Every tenth message is answered twice, by two runs"""

    count = 0

    def start(self, run: Run) -> None:
        super().start(run)
        self.count += 1
        if self.count % 10 == 0:
            super().start(dataclasses.replace(run, run_id=f"{run.run_id}-again", results=[]))


@defect("every-tenth-event-doubled", "C1", "H1")
class EveryTenthEventDoubled(Streams):
    """Every tenth event is delivered twice"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        return tuple(super().audience(event)) * (1 if event.event_id % 10 else 2)


@defect("every-tenth-event-lost", "C1", "H1", "A2")
class EveryTenthEventLost(Streams):
    """Every tenth event is stored but not delivered"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        return tuple(super().audience(event)) if event.event_id % 10 else ()


@defect("answer-of-another-request", "C1", "A7", "B2")
class AnswerOfAnotherRequest(Agent):
    """A user gets the answer to the request before"""

    @cached_property
    def earlier(self) -> dict[str, str]:
        """The last right answer of every user."""
        return {}

    def answer(self, run: Run, intent: Plan) -> str:
        right = super().answer(run, intent)
        wrong = self.earlier.get(run.user_id, right)
        self.earlier[run.user_id] = right
        return wrong


@defect("event-id-gap", "C1", "H1")
class EventIdGap(Streams):
    """Every tenth event id is left out"""

    def next_id(self, stream: Stream) -> int:
        if stream.newest % 10 == 8:
            stream.newest += 1
        return super().next_id(stream)


@defect("wrong-run-id", "A2", "C1")
class WrongRunId(Streams):
    """Tool events carry the id of a run that nobody started"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        if type_.startswith("tool_"):
            event["run_id"] = f"r-{secrets.token_hex(8)}"
        return event


@defect("runs-interleave-ids", "A5")
class RunsInterleaveIds(Streams):
    """Of several runs of a user at once, events carry the id of the run before"""

    before: ClassVar[dict[str, str]] = {}

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        event["run_id"] = self.before.get(run.user_id, run.run_id)
        self.before[run.user_id] = run.run_id
        return event


@defect("dropped-when-busy", "A5", "B2", "C1", "L2")
class DroppedWhenBusy(Connection):
    """While three runs of a user are under way, further requests vanish without an answer"""

    def on_user_message(self, message: UserMessage) -> None:
        if len(self.services.runs.of(self.user_id)) < SEVERAL:
            super().on_user_message(message)


@defect("neighbouring-events-swapped", "C1", "A2")
class NeighboursSwapped(Connection):
    """Now and then two events arrive in the wrong order"""

    held: StoredEvent | None = None

    def deliver(self, event: StoredEvent) -> None:
        if event.event_id % 5 == 2:
            self.held = event
            return
        super().deliver(event)
        if self.held is not None:
            held, self.held = self.held, None
            super().deliver(held)


@defect("duplicate-runs-twice", "C2")
class DuplicateRunsTwice(Runs):
    """The same request sent twice runs twice"""

    def find_or_add(self, user_id: str, message: UserMessage) -> tuple[Run, bool]:
        fresh = f"{message.request_id[:100]}-{secrets.token_hex(4)}"
        return super().find_or_add(user_id, UserMessage(fresh, message.content, message.thread_id))


@defect("repetition-in-another-thread", "C2")
class RepetitionInAnotherThread(Connection):
    """A repeated request is accepted with its own run, and with the id of another conversation"""

    def push(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "accepted" and frame["duplicate"]:
            frame["thread_id"] = self.services.runs.new_thread_id()
        super().push(frame)


@defect("bad-json-ends-connection", "C3")
class BadJsonEndsConnection(Connection):
    """A message that is not JSON breaks the connection"""

    def reject(self, error: Rejected) -> None:
        if error.code == "invalid_json":
            self.close(1011, "internal error")
        super().reject(error)


@defect("errors-swallowed", "C3")
class ErrorsSwallowed(Connection):
    """A message that cannot be understood is ignored without a word"""

    def reject(self, error: Rejected) -> None:
        if error.code == "rate_limited":
            super().reject(error)


@defect("errors-show-internals", "C3", "A4")
class ErrorsShowInternals(Connection):
    """Errors are plain text with a stack trace instead of the agreed shape"""

    def reject(self, error: Rejected) -> None:
        self.push({"type": "error", "detail": f"Traceback (most recent call last): {error.code}"})


@defect("events-stop-after-error", "C3")
class EventsStopAfterError(Connection):
    """A connection that sent a malformed message stays open and receives no more events"""

    def reject(self, error: Rejected) -> None:
        super().reject(error)
        if error.code in ("invalid_json", "invalid_message", "unknown_type"):
            self.live = False


@defect("bad-message-hurts-everyone", "C3")
class BadMessageHurtsEveryone(Connection):
    """One user's broken message ends everybody's connections"""

    def reject(self, error: Rejected) -> None:
        if error.code in ("invalid_json", "invalid_message"):
            for connection in self.services.streams.hub.all():
                connection.close(1011, "internal error")
        super().reject(error)


@defect("binary-accepted", "C3")
class BinaryAccepted(Connection):
    """A binary frame is taken for text instead of being refused"""

    def on_binary(self, data: bytes) -> None:
        self.hear(data.decode(errors="replace"))


@defect("large-answers-cut", "C4")
class LargeAnswersCut(Agent):
    """Answers are cut after a thousand characters"""

    def end(self, run: Run, response: str, status: str) -> Event:
        return super().end(run, response[:1000], status)


@defect("questions-normalised", "A7")
class QuestionsNormalised(Connection):
    """Accents that were written as characters of their own are joined with their letters"""

    def decode(self, text: str) -> Message:
        return super().decode(unicodedata.normalize("NFC", text))


@defect("quotes-lost", "A7")
class QuotesLost(Connection):
    """Quotation marks and backslashes in a question are lost"""

    def decode(self, text: str) -> Message:
        message = super().decode(text)
        if isinstance(message, UserMessage):
            message.content = message.content.translate({ord('"'): None, ord("\\"): None})
        return message


@defect("answers-escaped", "A7")
class AnswersEscaped(Agent):
    """Answers are escaped for HTML: users read “&amp;”"""

    def end(self, run: Run, response: str, status: str) -> Event:
        return super().end(run, html.escape(response, quote=False), status)


@defect("large-messages-refused", "C4")
class LargeMessagesRefused(Socket):
    """Messages over half the promised size are refused"""

    def start_keepalive(self) -> None:
        self.conn.max_message_size = self.config.ws_max_size // 2
        super().start_keepalive()


@defect("thought-in-half-a-character", "A1", "A2")
class ThoughtInHalfACharacter(Connection):
    """A thought is cut in the middle of a character: half a surrogate pair is sent"""

    async def transmit(self, text: str) -> None:
        await super().transmit(text.replace('"text":"Working', '"text":"\\ud83d Working'))


@defect("greeting-in-half-a-character", "B1")
class GreetingInHalfACharacter(Connection):
    """The greeting holds a name that is cut in the middle of a character"""

    def push(self, frame: dict[str, Any]) -> None:
        if frame["type"] != "ready":
            super().push(frame)
            return
        text = msgspec.json.encode({**frame, "name": "Alice CUT"}).decode()
        self.put(text.replace("CUT", "\\udc4b"))


@defect("oversize-accepted", "C4", "G2")
class OversizeAccepted(Socket):
    """There is no limit to the size of a message, not even of one that inflates"""

    def start_keepalive(self) -> None:
        self.conn.max_message_size = None
        super().start_keepalive()


@defect("limit-in-characters", "C4")
class LimitInCharacters(OversizeAccepted):
    """The limit of a message is counted in characters, not in bytes"""

    def send_receive_event_to_app(self) -> None:
        size = len(b"".join(self.frames).decode(errors="replace"))
        if size <= self.config.ws_max_size:
            super().send_receive_event_to_app()
            return
        self.frames = []
        self.conn.fail(1009, "too long")
        self.handle_parser_exception()


@defect("limit-per-fragment", "C4")
class LimitPerFragment(Socket):
    """The limit of a message holds for each of its fragments, not for all of them together"""

    def start_keepalive(self) -> None:
        receive = self.conn.recv_frame

        def forgetful(frame: Frame) -> None:
            receive(frame)
            if self.conn.current_size is not None:
                self.conn.current_size = 0

        self.conn.recv_frame = forgetful  # type: ignore[method-assign]
        super().start_keepalive()


@defect("fragments-lost", "C4")
class FragmentsLost(Socket):
    """Of a message in several frames only the first and the last arrive"""

    def send_receive_event_to_app(self) -> None:
        self.frames = [self.frames[0], *self.frames[1:][-1:]]
        super().send_receive_event_to_app()


@defect("ping-breaks-fragments", "C4")
class PingBreaksFragments(Socket):
    """A ping between the fragments of a message makes the service forget all but the first"""

    def handle_ping(self) -> None:
        if self.frames:
            self.frames = self.frames[:1]
        super().handle_ping()


@defect("compressed-messages-damaged", "C4")
class CompressedMessagesDamaged(Socket):
    """Of a long message on a compressed connection a piece in the middle is lost"""

    def send_receive_event_to_app(self) -> None:
        whole = b"".join(self.frames)
        if self.conn.extensions and len(whole) > 4096:
            self.frames = [whole[:1024] + b"84?", whole[-1:]]
        super().send_receive_event_to_app()


@defect("one-device-only", "A6")
class OneDeviceOnly(Streams):
    """Of several devices of a user only one receives events"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        return tuple(super().audience(event))[:1]


@defect("one-device-misses-events", "A6")
class OneDeviceMissesEvents(Streams):
    """Of several devices of a user only one receives every seventh event"""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        devices = tuple(super().audience(event))
        return devices[:1] if event.event_id % 7 == 0 else devices
