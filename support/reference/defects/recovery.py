"""Defects in recovery: what happens while a user is away, and when they come back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from functools import cached_property
from typing import Any, ClassVar

import jwt
import msgspec

from support.reference.agent import Agent
from support.reference.connection import Connection, Receive
from support.reference.defects.catalogue import defect
from support.reference.handshake import Gatekeeper, Refused
from support.reference.plan import Plan
from support.reference.store import Run, StoredEvent
from support.reference.streams import Resumption, Streams
from support.reference.tokens import Claims
from support.reference.wire import Socket


@defect("missed-not-replayed", "H1", "H2", "H8")
class MissedNotReplayed(Streams):
    """After a reconnect the service claims that nothing was missed"""

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        right = super().resume(user_id, epoch, after)
        return Resumption(right.recovered, right.reason, right.to, right.to)


@defect("replay-promised-only", "H1", "H2")
class ReplayPromisedOnly(Streams):
    """After a reconnect the service counts what was missed, and sends none of it"""

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        return []


@defect("replay-loses-long-events", "H1")
class ReplayLosesLongEvents(Streams):
    """Missed events of more than eight kilobytes are not replayed"""

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        return [event for event in super().read(user_id, after, limit) if len(event[1]) < 8192]


@defect("replay-doubled", "H1", "H2", "C1")
class ReplayDoubled(Streams):
    """Missed events are replayed twice each"""

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        return [event for event in super().read(user_id, after, limit) for _ in range(2)]


@defect("replay-out-of-order", "H1", "H2")
class ReplayOutOfOrder(Streams):
    """Missed events are replayed newest first"""

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        return super().read(user_id, after, limit)[::-1]


@defect("replay-skips-first", "H1", "H2")
class ReplaySkipsFirst(Connection):
    """The first event after the drop is not replayed"""

    def replay_soon(self, subscription: int, after: int) -> None:
        super().replay_soon(subscription, after + 1)


@defect("replay-skips-last", "H1", "H2")
class ReplaySkipsLast(Streams):
    """The last event before the user is live again is not replayed"""

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        return super().read(user_id, after, limit)[:-1]


@defect("replay-starts-too-early", "H1", "H2")
class ReplayStartsTooEarly(Connection):
    """The last event that the user has seen is replayed as well"""

    def replay_soon(self, subscription: int, after: int) -> None:
        super().replay_soon(subscription, max(0, after - 1))


@defect("replay-after-live", "H1")
class ReplayAfterLive(Connection):
    """Live events arrive before the missed ones"""

    def replay_soon(self, subscription: int, after: int) -> None:
        missed = self.services.streams.read(self.user_id, after, 1_000)
        self.live = True
        for _, body in missed:
            asyncio.get_running_loop().call_later(2.0, self.put, body)


@defect("replay-slow", "H8", "H9")
class ReplaySlow(Connection):
    """Coming back takes seven seconds"""

    async def replay(self, subscription: int, after: int) -> None:
        await asyncio.sleep(7)
        await super().replay(subscription, after)


@defect("run-stops-when-user-leaves", "H3", "H1")
class RunStopsWhenUserLeaves(Connection):
    """When a user leaves, the agent drops what it was doing for them"""

    async def run(self, receive: Receive) -> None:
        try:
            await super().run(receive)
        finally:
            for run_id in tuple(self.services.runs.of(self.user_id)):
                self.services.runs.tasks[run_id].cancel()


@defect("run-pauses-while-away", "H3")
class RunPausesWhileAway(Agent):
    """The agent works only while its user is connected"""

    async def pace(self, run: Run, intent: Plan) -> None:
        await super().pace(run, intent)
        while not self.streams.hub.of(run.user_id):
            await asyncio.sleep(0.01)


@defect("resume-always-refused", "H1", "H2", "H5")
class ResumeAlwaysRefused(Streams):
    """Nobody can resume: every position is called expired"""

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        right = super().resume(user_id, epoch, after)
        return right if epoch is None else Resumption(False, "expired")


@defect("expired-position-silent", "H4")
class ExpiredPositionSilent(Streams):
    """After too long an absence the service claims that all is recovered; the rest is missing"""

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        right = super().resume(user_id, epoch, after)
        stream = self.of(user_id)
        if right.reason != "expired":
            return right
        return Resumption(True, None, self.oldest(stream) - 1, stream.last_stored)


@defect("replay-capped", "H1")
class ReplayCapped(Streams):
    """Of a long absence only the last hundred events are replayed; that is called recovered"""

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        right = super().resume(user_id, epoch, after)
        return Resumption(right.recovered, right.reason, max(right.after, right.to - 100), right.to)


@defect("replay-loses-at-batch", "H1")
class ReplayLosesAtBatch(Streams):
    """A long replay is read in batches of 256 events, and the first one of the next is left out"""

    batch = 256

    @cached_property
    def ends(self) -> set[tuple[str, int]]:
        """Users and the last events of whole batches."""
        return set()

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        skipped = (user_id, after) in self.ends
        events = super().read(user_id, after + skipped, self.batch)
        if len(events) == self.batch:
            self.ends.add((user_id, events[-1][0]))
        return events


@defect("any-epoch-accepted", "H4", "E6")
class AnyEpochAccepted(Streams):
    """A position of another stream is taken for one of this stream"""

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        mine = self.of(user_id).epoch
        return super().resume(user_id, epoch and mine, after)


@defect("future-position-accepted", "H4")
class FuturePositionAccepted(Streams):
    """A position that does not exist yet is accepted"""

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        right = super().resume(user_id, epoch, after)
        return Resumption(True) if right.reason == "invalid_position" else right


@defect("next-position-accepted", "H4")
class NextPositionAccepted(Streams):
    """The position of the next event, which has not happened yet, is accepted"""

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        right = super().resume(user_id, epoch, after)
        ahead = right.reason == "invalid_position" and after == self.of(user_id).last_stored + 1
        return Resumption(True) if ahead else right


@defect("second-resume-differs", "H5")
class SecondResumeDiffers(Streams):
    """Resuming again from the same position gives nothing"""

    @cached_property
    def used(self) -> set[Any]:
        """The positions that have been resumed from."""
        return set()

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        right = super().resume(user_id, epoch, after)
        again = (epoch, after) in self.used
        self.used.add((epoch, after))
        return Resumption(right.recovered, right.reason) if again and right.count else right


@defect("replayed-events-emptied", "H1", "H5")
class ReplayedEventsEmptied(Connection):
    """Thoughts and the arguments of tools are not stored: in a replay they are empty"""

    async def transmit_event(self, body: str) -> None:
        event = msgspec.json.decode(body)
        empty = {
            name: type(event["data"][name])()
            for name in ("text", "arguments")
            if name in event["data"]
        }
        event["data"] |= empty
        await super().transmit_event(msgspec.json.encode(event).decode())


@defect("one-resume-at-a-time", "H5")
class OneResumeAtATime(Connection):
    """When two connections of a user resume at once, only one gets what was missed"""

    busy: ClassVar[set[str]] = set()

    async def replay(self, subscription: int, after: int) -> None:
        if self.user_id in self.busy:
            self.live = True
            return
        self.busy.add(self.user_id)
        await asyncio.sleep(0.05)
        await super().replay(subscription, after)
        self.busy.discard(self.user_id)


@defect("replay-given-once", "H2", "H5")
class ReplayGivenOnce(Streams):
    """What was once replayed is taken for seen, even if the connection dropped meanwhile"""

    @cached_property
    def given(self) -> dict[str, int]:
        """How far each user's stream has been replayed to them."""
        return {}

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        right = super().resume(user_id, epoch, after)
        if not right.count:
            return right
        start = max(right.after, self.given.get(user_id, 0))
        self.given[user_id] = right.to
        return Resumption(True, None, min(start, right.to), right.to)


@defect("join-loses-one", "H1", "H2")
class JoinLosesOne(Connection):
    """The first live event after a replay is lost"""

    async def replay(self, subscription: int, after: int) -> None:
        await super().replay(subscription, after)
        self.late = True

    def deliver(self, event: StoredEvent) -> None:
        if self.live and getattr(self, "late", False):
            self.late = False
            return
        super().deliver(event)


@defect("join-doubles-one", "H1", "H2")
class JoinDoublesOne(Connection):
    """The last missed event comes again as the first live one"""

    async def replay(self, subscription: int, after: int) -> None:
        await super().replay(subscription, after)
        for _, body in self.services.streams.read(self.user_id, after, 1_000)[-1:]:
            await self.transmit_event(body)


@defect("ended-tokens-resume", "H6", "F4")
class EndedTokensResume(Gatekeeper):
    """Anyone who has been here before may come back with a token that has ended"""

    @cached_property
    def known(self) -> set[str]:
        """The users that were let in."""
        return set()

    def authenticate(self, token: str | None) -> Claims:
        try:
            claims = super().authenticate(token)
        except Refused:
            stale = self.unverified(token or "")
            if stale is None or stale.user_id not in self.known or self.hub.of(stale.user_id):
                raise
            return stale
        self.known.add(claims.user_id)
        return claims

    def unverified(self, token: str) -> Claims | None:
        """What a token of ours says whose time is over."""
        try:
            said = jwt.decode(
                token,
                self.config.jwt_secret,
                algorithms=["HS256"],
                audience=self.config.audience,
                options={"verify_exp": False},
            )
        except jwt.InvalidTokenError:
            return None
        return Claims(str(said["sub"]), frozenset({"chat"}), time.time() + 60)


@defect("impatient-with-slow-users", "J1")
class ImpatientWithSlowUsers(Connection):
    """Anyone who has not subscribed a moment after the greeting is disconnected"""

    async def greet(self) -> None:
        await super().greet()
        asyncio.get_running_loop().call_later(0.03, self.show_out)

    def show_out(self) -> None:
        """Close on a client that has not subscribed yet."""
        if not self.subscription:
            self.close(1008, "too slow")


@defect("frames-must-come-whole", "J1", "C4")
class FramesMustComeWhole(Socket):
    """A message that arrives in pieces ends the connection"""

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete and (len(data) < 2 or len(data) < 6 + (data[1] & 0x7F)):
            self.transport.abort()  # header, mask and payload of a short frame are not all there
            return
        super().data_received(data)


@defect("first-return-refused", "I3", "H8")
class FirstReturnRefused(Gatekeeper):
    """Who comes back is turned away the first time, and let in the second"""

    @cached_property
    def admitted(self) -> Counter[str]:
        """How often each user has connected with a valid token."""
        return Counter()

    def check_room(self, claims: Claims) -> None:
        super().check_room(claims)
        self.admitted[claims.user_id] += 1
        if self.admitted[claims.user_id] == 2:
            raise Refused(503, "try again")


@defect("second-subscription-doubles", "A6", "H1")
class SecondSubscriptionDoubles(Connection):
    """A connection that has subscribed twice receives every live event twice"""

    def deliver(self, event: StoredEvent) -> None:
        for _ in range(self.subscription):
            super().deliver(event)


@defect("second-subscription-silences", "A6", "H1")
class SecondSubscriptionSilences(Connection):
    """A connection that has subscribed twice receives no live event any more"""

    def deliver(self, event: StoredEvent) -> None:
        if self.subscription < 2:
            super().deliver(event)


@defect("events-without-subscription", "A6")
class EventsWithoutSubscription(Connection):
    """A connection receives live events whether it has subscribed or not"""

    def deliver(self, event: StoredEvent) -> None:
        if not self.subscription:
            self.put(event.body)
        super().deliver(event)
