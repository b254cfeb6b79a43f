"""Journals made by hand: what people say and hear, in the order in which it happened.

    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.fence(BOB)
    finding = nothing_leaked()(tape.history)

Every call adds the records that a real client would have left. Nothing is judged in here.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from support.checks.finding import Finding
from support.dialects import load_dialect
from support.journal import History, Redactor, facts, records
from support.journal.canaries import new_canary

WALL = 1_763_690_400.0  # Unix seconds at the journal's zero
TICK_S = 0.001  # from one record to the next
ALICE, BOB, CAROL = "s01/Alice", "s01/Bob", "s01/Carol"
EPOCH = "e-1"
DIALECT = load_dialect("agent-chat-v1")


class Tape:
    """Records in order. `at` is the time of the newest, in seconds since the journal's zero."""

    def __init__(self, scenario: str = "s01") -> None:
        self.records: list[records.Record] = []
        self.scenario = scenario
        self.at = 0.0
        self.stream: Counter[str] = Counter()  # user → position of the newest event
        self.devices: Counter[str] = Counter()  # user → connections tried

    @property
    def history(self) -> History:
        """What checks are asked about."""
        return History(list(self.records))

    def add(self, kind: type[records.Record], **what: Any) -> records.Record:
        """One record more, a tick later."""
        self.at += TICK_S
        given = {"t": self.at, "seq": len(self.records) + 1, "scenario": self.scenario}
        self.records.append(kind(**{**given, **what}))
        return self.records[-1]

    def opened(self) -> None:
        """The first record of a journal."""
        self.add(
            records.Opened, wall=WALL, target="test", environment="test", dialect="agent-chat-v1"
        )

    def starts(self, name: str = "A scenario", **what: Any) -> None:
        """A scenario begins."""
        self.add(records.ScenarioStarted, **{"name": name, "category": "functional", **what})

    # --- coming and going

    def comes(self, user: str, **greeting: Any) -> str:
        """Sign in, connect, be greeted, subscribe to live events; the connection's name."""
        self.signs_in(user)
        connection = self.connects(user, **greeting)
        self.subscribes(user)
        return connection

    def signs_in(self, user: str, user_id: str | None = None, *, ok: bool = True) -> None:
        """`user_id` defaults to one made of the user's name."""
        given = user_id or id_of(user)
        self.add(records.SignedIn, user=user, ok=ok, way="service", user_id=given if ok else None)

    def tries(self, user: str, **what: Any) -> str:
        """A handshake begins; the connection's name."""
        self.devices[user] += 1
        connection = f"{user}#{self.devices[user]}"
        self.add(records.Connecting, connection=connection, user=user, **what)
        return connection

    def connects(self, user: str, *, expect: str = "admitted", means: str = "", **what: Any) -> str:
        """A handshake that succeeds, and the greeting; `what` changes the greeting."""
        connection = self.tries(user, expect=expect, means=means)
        self.add(records.Connected, connection=connection, user=user, took_ms=1.0)
        greeting = {
            "user_id": id_of(user),
            "connection_id": connection,
            "server_time": WALL + self.at,
            "epoch": EPOCH,
            "position": self.stream[user],
        }
        self.hears(user, facts.Ready(**{**greeting, **what}))
        return connection

    def refused(self, user: str, *, agreed: bool = True, **what: Any) -> str:
        """A handshake that is refused; `what` goes into `Connecting`."""
        connection = self.tries(user, **what)
        status = 401 if agreed else 500
        self.add(
            records.Refused,
            connection=connection,
            user=user,
            how="http",
            status=status,
            agreed=agreed,
            detail=f"HTTP {status}",
        )
        return connection

    def ends(self, user: str, by: str = "user", code: int | None = 1000, **what: Any) -> None:
        """The connection is over; `device` names another than the newest."""
        connection = what.pop("connection", None) or self.newest(user)
        causes = DIALECT.close_causes(code) if by == "target" else ()
        what = {"causes": causes, **what}
        self.add(records.Closed, connection=connection, user=user, by=by, code=code, **what)

    def cut(self, user: str, **what: Any) -> None:
        """The connection is lost without a word."""
        connection = what.get("connection") or self.newest(user)
        self.add(records.Fault, name="cut", connection=connection, user=user)
        self.ends(user, by="fault", code=None, **what)

    def newest(self, user: str) -> str:
        """The connection tried last."""
        return f"{user}#{self.devices[user]}"

    # --- talking

    def says(self, user: str, *said: facts.Fact, **what: Any) -> None:
        """A frame that was sent."""
        self._frame(user, "sent", said, **what)

    def hears(self, user: str, *said: facts.Fact, **what: Any) -> None:
        """A frame that arrived; `mentions` and `connection` can be given."""
        self._frame(user, "received", said, **what)

    def _frame(self, user: str, direction: str, said: Sequence[facts.Fact], **what: Any) -> None:
        usual = {"connection": self.newest(user), "size": 1, "text": "…"}
        self.add(
            records.Frame, user=user, direction=direction, facts=tuple(said), **{**usual, **what}
        )

    def subscribes(self, user: str, **what: Any) -> None:
        """Ask for live events, and get the answer."""
        self.says(user, facts.Subscribing(), **what)
        self.hears(user, facts.Subscribed(recovered=True, first=0, last=0, count=0), **what)

    def resumes(self, user: str, after: int, **answer: Any) -> None:
        """Ask for what came after position `after`; by default the whole truth is answered."""
        missed = self.stream[user] - after
        truth = {"recovered": True, "first": 0, "last": 0, "count": 0}
        if missed > 0:
            truth = {**truth, "first": after + 1, "last": self.stream[user], "count": missed}
        self.says(user, facts.Subscribing(epoch=EPOCH, after=after))
        self.hears(user, facts.Subscribed(**{**truth, **answer}))

    def asks(self, user: str, request: str = "q1", run: str | None = "r-1", **what: Any) -> None:
        """A question, and its acceptance (`run` None: it is never accepted)."""
        self.says(user, facts.Asked(request_id=request))
        if run is not None:
            given = {"request_id": request, "run_id": run, "thread_id": f"t-{user}"}
            self.hears(user, facts.Accepted(**{**given, **what}))

    def event(self, user: str, event: facts.Event, **what: Any) -> None:
        """An event arrives, and the user's stream has come as far as it."""
        self.stream[user] = max(self.stream[user], event.position or 0)
        self.hears(user, event, **what)

    def run(self, user: str, request: str = "q1", run: str = "r-1", **shape: Any) -> None:
        """A question and the whole run that answers it."""
        self.asks(user, request, run)
        for event in whole_run(user, run, first=self.stream[user] + 1, at=self.at, **shape):
            self.event(user, event)

    def fence(self, user: str, *, held: bool = True, **what: Any) -> None:
        """A round trip on the newest connection; it took no time to speak of."""
        self.add(
            records.Fence, **{"connection": self.newest(user), "user": user, "held": held, **what}
        )

    def ping(
        self, user: str, *, round_trip_s: float = 0.002, offset_s: float = 0.0, **pong: Any
    ) -> None:
        """A ping and its pong, by a deployment whose clock is `offset_s` ahead of ours."""
        nonce = f"n{len(self.records)}"
        self.says(user, facts.Pinged(nonce=nonce))
        theirs = WALL + self.at + round_trip_s / 2 + offset_s
        self.at += round_trip_s - TICK_S
        self.hears(user, facts.Pong(**{"nonce": nonce, "server_time": theirs, **pong}))

    def heartbeat(self, user: str, level: str, **what: Any) -> None:
        """A ping of that level, answered after a millisecond."""
        usual = {"connection": self.newest(user), "user": user, "answered": True, "took_ms": 1.0}
        self.add(records.Heartbeat, level=level, **{**usual, **what})


class Wire(Tape):
    """A tape for native frames: each goes through a real dialect and redactor, as in the client."""

    def __init__(self) -> None:
        super().__init__()
        self.redactor = Redactor()
        self.dialect = DIALECT

    def meets(self, user: str, user_id: str | None = None, canary: str = "") -> None:
        """A user comes; from now on the redactor knows their id and canary."""
        given = user_id or id_of(user)
        self.redactor.add_canary(canary or canary_of(user), user)
        self.redactor.add_identifier(given, "user", user)
        self.signs_in(user, given)
        self.connects(user, user_id=given)
        self.subscribes(user)

    def asked(self, user: str, run: str, thread: str) -> None:
        """A question of the user was accepted; the redactor knows what it was given."""
        self.redactor.add_identifier(run, "run", user)
        self.redactor.add_identifier(thread, "thread", user)
        self.asks(user, f"q-{run}", run, thread_id=thread)

    def arrives(self, user: str, message: dict[str, Any] | str, **what: Any) -> None:
        """A native message, exactly as `Connection` takes it in."""
        text = message if isinstance(message, str) else json.dumps(message)
        clean = self.redactor.redact(text)
        mentions = self.redactor.mentions(text)
        self.hears(user, *self.dialect.read(clean), text=clean, mentions=mentions, **what)


def id_of(user: str) -> str:
    """The id the deployment knows a user by."""
    return f"user-id-of-{user.rsplit('/', 1)[-1].lower()}"


def canary_of(user: str) -> str:
    """A user's secret, the same in every run of a test."""
    return new_canary(random.Random(user).choice)


def whole_run(
    user: str = ALICE,
    run: str = "r-1",
    *,
    tools: int = 1,
    first: int = 1,
    at: float = 0.0,
    end: str = facts.COMPLETED,
    status: str = "succeeded",
) -> list[facts.Event]:
    """The events of a run as they should be, `first` their first position in the stream."""
    said: list[tuple[str, dict[str, Any]]] = [
        (facts.STARTED, {"agent": "helper", "request": "…"}),
        (facts.THINKING, {"text": "hm", "step": 1}),
    ]
    for number in range(1, tools + 1):
        call = {"tool": f"tool{number}", "call_id": f"{run}-c{number}"}
        said.append((facts.TOOL_EXECUTING, {**call, "arguments": {}}))
        said.append((facts.TOOL_COMPLETED, {**call, "result": "84", "ok": True, "duration_ms": 1}))
    if end == facts.COMPLETED:
        said.append((end, {"response": "It is 84.", "status": status, "duration_ms": 5}))
    else:
        said.append((end, {"code": "E_X", "message": "it failed"}))
    return numbered(said, user, run, first=first, at=at)


def numbered(
    said: Sequence[tuple[str, dict[str, Any]]],
    user: str = ALICE,
    run: str = "r-1",
    *,
    first: int = 1,
    at: float = 0.0,
) -> list[facts.Event]:
    """Events of one run, given their types and data, in the order of the stream."""
    return [
        facts.Event(
            type=kind,
            position=position,
            epoch=EPOCH,
            run_id=run,
            thread_id=f"t-{user}",
            user_id=id_of(user),
            timestamp=WALL + at,
            data=data,
        )
        for position, (kind, data) in enumerate(said, start=first)
    ]


def answer_of(finding: Finding) -> tuple[str, str]:
    """What a check answered, and why."""
    return finding.state, finding.summary
