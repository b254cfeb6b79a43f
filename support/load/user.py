"""One user of the load engine: connects, asks, is dropped and comes back, and is judged."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Protocol

from support.checks.connection_ends import announced
from support.dialects import Conversation, Dialect, Outgoing, Person
from support.journal import Redactor
from support.journal.canaries import PREFIX, may_hold_canary
from support.journal.facts import (
    COMPLETED,
    Accepted,
    AnyFact,
    Closing,
    Event,
    Pong,
    Ready,
    Rejected,
    Subscribed,
)
from support.load.judge import UserJudge
from support.load.messages import Account
from support.load.question import Question
from support.load.round_trips import RoundTrips
from support.load.tally import Tally
from support.load.waiting import Moment, comes_first
from support.load.wire import NOT_IN_TIME, Line, Refused

MOST_PAUSE_S = 5.0
MOST_AWAY_S = 86_400.0  # more is announced by mistake, and is judged as such
ATTEMPTS = 8
USUAL_HEARTBEAT_S = 20.0  # where the deployment does not say
_FRAME = 2_000  # characters of a message kept to show a violation


class Crowd(Protocol):
    """What users of a shard share."""

    dialect: Dialect
    variables: dict[str, str]
    redactor: Redactor
    tally: Tally
    run_budget_s: float
    connect_s: float
    kind: str
    examine_every: int

    @property
    def expected_end(self) -> str:
        """How a run of the kind that is asked for now should end."""

    async def dial(
        self, path: str, headers: dict[str, str], protocols: list[str], owner: LoadUser
    ) -> Line:
        """An open WebSocket. Raises `Refused`."""

    def judge(self, user: LoadUser) -> UserJudge:
        """A new judge of that user."""

    def excused(self, what: str, allowed_s: float, within_s: float) -> bool:
        """True, and counted, where this process may itself have been too late for it."""

    def given(self, run_id: str | None, name: str) -> None:
        """That run belongs to the user of that name."""

    def idle(self, user: LoadUser) -> None:
        """The user has no question under way any more."""


class LoadUser:
    """Speaks the dialect on one connection at a time; everything that arrives is judged."""

    def __init__(self, account: Account, crowd: Crowd) -> None:
        self.account = account
        self.question: Question | None = None
        self.here = False
        self.fenced = False
        self.gone = False
        self.returning: asyncio.Future[None] | None = None  # after an announced end
        self._crowd = crowd
        self._tally = crowd.tally
        own = {"user_id": account.user_id, "token": account.token}
        self._person = Person(crowd.variables | own)
        self._speaker = crowd.dialect.speaker(self._person)
        self._conversation: Conversation  # since the first attempt to connect
        self._judge = crowd.judge(self)
        self._own_marks = account.canary.count(PREFIX)
        self._line: Line | None = None
        self._count = 0
        self._ready = Moment()
        self._over = Moment()
        self._heartbeat_s = USUAL_HEARTBEAT_S
        self._round_trips = RoundTrips(crowd.tally.clock)
        self._notices: list[tuple[float, Closing]] = []
        self._began = 0.0
        self._leaving = False
        self.dropped_at: float | None = None
        self._replay_to = 0
        self._frame = ""
        self._questions = 0
        self._early_end: tuple[Event, float] | None = None

    @property
    def shown(self) -> str:
        """The message that is being read, redacted, to show what is wrong with it."""
        return self._crowd.redactor.redact(self._frame)[:_FRAME]

    # --- coming and going

    async def come(self) -> bool:
        """Connect, be greeted and subscribe; False, and counted by cause, where that fails."""
        started = self._began = time.monotonic()
        self._conversation = self._crowd.dialect.conversation(self._person)
        self._ready, self._over = Moment(), Moment()
        self._notices, self._leaving, self._count = [], False, 0
        self._judge.connect()
        plan = self._conversation.handshake(self.account.token, "header", resuming=True)
        try:
            self._line = await self._crowd.dial(plan.path, plan.headers, plan.subprotocols, self)
        except Refused as refused:
            if refused.cause == NOT_IN_TIME:
                self._excused_attempt(started)
            self._conversation.over()
            self._tally.count("refusals", refused.cause)
            return False
        for message in self._conversation.opened(self.account.token):
            self._say(message)
        if self._conversation.established and not self._conversation.greets:
            self._heard((self._conversation.implied(),), started)
        left_s = self._crowd.connect_s - (time.monotonic() - started)
        if not await comes_first(self._ready, self._over, left_s) or self._over.has_come:
            self._tally.count("refusals", "no greeting")
            self._excused_attempt(started)
            self._leaving = True
            self._line.cut()
            return False
        self._tally.time("connect_us", time.monotonic() - started)
        self._subscribe()
        self.here = True
        self._ask_again()
        await self.ping(self._crowd.connect_s)
        return self.here

    def _excused_attempt(self, started: float) -> None:
        took_s = time.monotonic() - started
        self._crowd.excused("connection attempts", self._crowd.connect_s, took_s)

    def _ask_again(self) -> None:
        """A question whose acceptance never came may have been lost on the way: repeat it.

        Where the same request would run twice, nobody can tell what became of it.
        """
        question = self.question
        if question is None or question.run_id is not None or question.message is None:
            return
        if "idempotent" in self._crowd.dialect.capabilities:
            if self._line is not None:
                self._line.send(question.message.text)
            return
        self._judge.forget(question.request_id)
        self._settled()

    def _subscribe(self) -> None:
        data = self._crowd.dialect.data
        last = self._judge.last
        can_resume = "resume" in data.send and data.resume.mode not in ("none", "live")
        if last is not None and can_resume:
            self._say(self._speaker.resume(*last))
        elif "subscribe" in data.send:
            self._say(self._speaker.subscribe())
            self._back()
        else:
            self._back()

    def _back(self) -> None:
        """A user whose connection was dropped has all of their stream again."""
        if self.dropped_at is not None:
            self._tally.time("recovery_us", time.monotonic() - self.dropped_at)
            self._tally.add("recovered")
            self.dropped_at = None

    async def drop(self) -> None:
        """Lose the connection without a word, and come back until it succeeds."""
        await self.lose_connection()
        await self.come_back()

    async def lose_connection(self) -> None:
        """Lose the connection without a word."""
        if not self.here or self._line is None:
            return
        self.dropped_at = time.monotonic()
        self._tally.add("dropped")
        self._leaving, self.here = True, False
        self._line.cut()
        await comes_first(self._over, self._over, self._crowd.connect_s)

    async def come_back(self) -> None:
        """Connect anew after a lost connection, again and again until it succeeds."""
        if self.dropped_at is not None and not self.here:
            await self._return(0.0)

    async def _return(self, pause_s: float) -> None:
        for attempt in range(ATTEMPTS):
            await asyncio.sleep(pause_s)
            if await self.come():
                return
            pause_s = min(0.1 * 2**attempt, MOST_PAUSE_S)
        self.gone = True
        self._settled()

    async def leave(self, within_s: float) -> None:
        """Close normally, and wait for the answer."""
        self._leaving = True
        if self._line is not None and self.here:
            self._line.leave()
            if not await comes_first(self._over, self._over, within_s):
                self._line.cut()

    async def ping(self, within_s: float) -> bool:
        """A round trip after which all has arrived that was sent before; False without one."""
        data = self._crowd.dialect.data
        if "ping" not in data.send and "fence" not in data.send:
            return False
        nonce, done = self._round_trips.begin()
        self._say(self._speaker.fence(nonce))
        answered = await comes_first(done, self._over, within_s)
        self._round_trips.give_up(nonce)
        return answered

    async def fence(self, within_s: float) -> None:
        """The last round trip: whatever is missing after it is missing for good."""
        held = self.ping if self._crowd.dialect.round_trips else self._quiet
        self.fenced = self.here and await held(within_s)

    async def _quiet(self, within_s: float) -> bool:
        """True once nothing has arrived for as long as the dialect says."""
        quiet_s = self._crowd.dialect.data.fence.quiet_s
        deadline = time.monotonic() + max(within_s, 2 * quiet_s)
        while self.here and time.monotonic() < deadline:
            before = self._count
            await comes_first(self._over, self._over, quiet_s)
            if self.here and self._count == before:
                return True
        return False

    def finish(self) -> None:
        """Judge what is still open."""
        self._frame = ""
        self._judge.finish(stayed=self.fenced)
        self._tally.add("tool_runs", self._judge.tool_runs)

    # --- asking

    def ask(self, due: float) -> None:
        """Ask the next question, which was due at that moment of the monotonic clock."""
        self._questions += 1
        self._early_end = None
        tag, kind = f"note {self._questions}", self._crowd.kind
        text = self._speaker.prompt(kind, self.account.canary, tag)
        now = time.monotonic()
        self.question = Question(str(uuid.uuid4()), due, now)
        message = self._speaker.ask(self.question.request_id, text, kind, tag)
        self.question.message = message
        self._tally.add("asked")
        self._say(message)

    def _settled(self) -> None:
        self.question = None
        self._crowd.idle(self)

    def _say(self, message: Outgoing) -> bool:
        if self._line is None:
            return False
        for fact in (message.fact, *message.also):
            self._judge.sent(fact)
        self._conversation.sent(message.fact)
        sent = self._line.send(message.text)
        for follow_up in self._conversation.following(message.then, "follow-up"):
            self._line.send(follow_up.text)
        return sent

    # --- hearing

    def message(self, frame: str | bytes, stamp: float) -> None:
        """A message arrived: read it, judge it, measure it."""
        tally, conversation = self._tally, self._conversation
        tally.frames += 1
        self._count += 1
        frame = conversation.as_text(frame)
        self._frame = text = frame if isinstance(frame, str) else frame.hex()
        plain = conversation.plain(frame)
        heard = conversation.by_rules(frame) if plain is None else None
        canary = self.account.canary
        odd = PREFIX in text and text.count(PREFIX) != self._own_marks * text.count(canary)
        if odd or self._count % self._crowd.examine_every == 0 or may_hold_canary(text):
            tally.examined += 1
            self._judge.mentioned(self._crowd.redactor.mentions(text))
        if isinstance(plain, Event):  # nearly always
            self._judge.event(plain)
            self._event(plain, stamp)
        elif plain is not None:
            self._heard((plain,), stamp)
        if heard is not None:
            self._heard(heard.facts, stamp)
            for reply in heard.replies:
                self._say(reply)

    def _heard(self, said: tuple[AnyFact, ...], stamp: float) -> None:
        self._judge.heard(said)
        for fact in said:
            if isinstance(fact, Event):
                self._event(fact, stamp)
            elif isinstance(fact, Accepted):
                self._accepted(fact)
            elif isinstance(fact, Rejected):
                self._rejected(fact)
            elif isinstance(fact, Ready):
                self._heartbeat_s = fact.heartbeat_s or USUAL_HEARTBEAT_S
                self._ready.come()
            elif isinstance(fact, Pong):
                self._round_trips.answered(fact, stamp)
            elif isinstance(fact, Subscribed):
                self._replay_to = (fact.last or 0) if fact.recovered else 0
                if not fact.count:
                    self._back()
            elif isinstance(fact, Closing):
                self._notices.append((stamp, fact))

    def _event(self, event: Event, stamp: float) -> None:
        tally = self._tally
        tally.events[event.type] += 1
        position = event.position or 0
        if self._replay_to and position and position <= self._replay_to:
            if position == self._replay_to:
                self._back()
        elif event.timestamp is not None:
            tally.event_time(stamp, event.timestamp)
        question = self.question
        if question is None:
            return
        if question.run_id is None:  # a replay may be ahead of the acceptance
            if event.ends_run:
                self._early_end = event, stamp
            return
        if event.run_id != question.run_id:
            return
        if not question.first:
            question.first = True
            tally.time("first_us", stamp - question.due)
        if event.ends_run:
            self._answered(question, event, stamp)

    def _answered(self, question: Question, end: Event, stamp: float) -> None:
        self._tally.time("response_us", stamp - question.due)
        self._tally.answered += 1
        ended = str(end.data.get("status")) if end.type == COMPLETED else "failed"
        self._tally.right += ended == self._crowd.expected_end
        self._settled()

    def _accepted(self, fact: Accepted) -> None:
        question = self.question
        if question is None or fact.request_id != question.request_id:
            return
        question.run_id = fact.run_id
        self._crowd.given(fact.run_id, self.account.name)
        if self._early_end is not None and self._early_end[0].run_id == fact.run_id:
            self._answered(question, *self._early_end)

    def _rejected(self, fact: Rejected) -> None:
        if self.question is not None and fact.request_id == self.question.request_id:
            self._tally.add("rejected")
            self._settled()

    def closed(self, code: int | None, reason: str) -> None:
        """The connection is over."""
        self._conversation.over()
        self._over.come()
        was_here, self.here = self.here, False
        cause = "user" if self._leaving else f"code {code}" if code is not None else "no close"
        self._tally.count("closes", cause)
        if self._leaving or not was_here:
            return
        noticed = announced(self._notices, time.monotonic())
        aged = "aged" in self._crowd.dialect.close_causes(code, time.monotonic() - self._began)
        if noticed or aged:
            asked_s = (self._notices[-1][1].retry_after_s if noticed else None) or 0.0
            self.returning = asyncio.ensure_future(self._return(min(asked_s, MOST_AWAY_S)))
            return
        self._frame = ""
        heartbeat_s = self._heartbeat_s
        if not self._crowd.excused("connections that ended", heartbeat_s, 2 * heartbeat_s):
            self._judge.ended(reason or (f"closed with code {code}" if code else "no close frame"))
        self.gone = True
        self._settled()
