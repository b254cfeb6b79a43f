"""One user of a load run, judged while it runs: what the invariants ask of a journal. No I/O.

Everything goes in in the order in which it happened: `connect`, `sent`, `heard`, `ended`, `finish`.
A user resumes after the last event that they have seen (`last`), never before it.
Nothing is kept of an event once its run is over. Whatever is wrong goes to `report`, with the name
of the failure pattern that the invariants know it by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from support.checks.answers import answer_problems, response
from support.checks.runs import run_problems
from support.checks.stream import StreamPlace, resume_problems
from support.journal import ConnectionHistory, records
from support.journal.announced import impossible
from support.journal.facts import (
    TERMINAL_EVENTS,
    THINKING,
    TOOL_EXECUTING,
    Accepted,
    AnyFact,
    Asked,
    Event,
    Ready,
    Rejected,
    Subscribed,
    Subscribing,
    Turn,
    Unreadable,
)
from support.journal.records.load import BROKEN_RUN, LEAK, LIMIT, MALFORMED, STREAM, UNSTABLE
from support.load.ownership import Owners, Ownership

#: Of each user: as many ended runs, runs seen too early, and ids seen once are remembered at most.
KEPT = 1_000

Report = Callable[[str, str], object]


@dataclass
class _Run:
    """A run under way: what asked for it, its acceptance, its events so far.

    Nobody asked for one that the deployment starts by itself.
    """

    asked: Asked | None
    accepted: Accepted
    events: list[Event]


class UserJudge:
    """What is wrong with what one user, on one device, is sent.

    `user_id` is the id the deployment knows them by, None where it is not known. `positions`: the
    events of this dialect carry any. Of the ids of ended runs the newest `kept` are remembered; a
    further event of an older one is, of a user who began anew, one of a run that nobody asked for.
    """

    def __init__(
        self,
        user: str,
        user_id: str | None,
        ownership: Ownership,
        report: Report,
        *,
        positions: bool = True,
        kept: int = KEPT,
    ) -> None:
        self.user = user
        self.tool_runs = 0  # that ended and used a tool
        self._user_id = user_id
        self._ownership = ownership
        self._report = report
        self._positions, self._kept = positions, kept
        self._place = StreamPlace()
        self._asked: list[Asked] = []
        self._given: dict[str, str] = {}  # request accepted lately → its run
        self._open: dict[str, _Run] = {}
        self._over: list[str] = []
        self._early: dict[str, tuple[int, list[Event]]] = {}  # run nobody asked for → its events
        self._threads: list[str] = []  # seen before anybody was given them
        self._connection = 0
        self._has_asked = False
        self._answered = True  # the subscription of this connection
        self._doubted = ""  # lost before the answer to it, which may say otherwise
        self._is_new: bool | None = None
        self._first_epoch: str | None = None
        self._seen: dict[tuple[str, str | None], None] = {}  # the newest `KEPT`, in order
        self._ready: Ready | None = None
        self._resumed: ConnectionHistory | None = None  # as long as its replay is not over
        self._replay_to: int | None = None

    @property
    def last(self) -> tuple[str, int] | None:
        """Epoch and position to resume after: of the last event or, before any, of the first
        greeting; None where there are no streams."""
        epoch = self._place.epoch or self._first_epoch
        return None if epoch is None or self._place.last is None else (epoch, self._place.last)

    @property
    def waiting(self) -> int:
        """How many questions are not accepted yet, or their runs under way."""
        return len(self._asked) + len(self._open)

    # --- what happens, in order

    def connect(self) -> None:
        """A new connection begins; what the one before still had to replay is not held against
        anybody."""
        self._settle_doubt()
        self._connection += 1
        self._resumed = self._replay_to = self._ready = None
        self._place.connect(None)

    def sent(self, fact: AnyFact) -> None:
        """The user says something."""
        if isinstance(fact, Asked):
            self._asked.append(fact)
            self._has_asked = True
        elif isinstance(fact, Subscribing):
            self._answered, self._place.begun = False, self._has_asked
            self._place.move(fact)
            if fact.after is not None:
                self._begin_resume(fact)

    def heard(self, said: Sequence[AnyFact], *, http: bool = False) -> None:
        """A frame arrives that says this."""
        for fact in said:
            if isinstance(fact, Event):
                self.event(fact)
            else:
                self._other(fact, http=http)

    def mentioned(self, mentions: Sequence[str]) -> None:
        """Whose secrets and identifiers stand in a frame, by `Redactor.mentions`."""
        for mention in mentions:
            kind, owner = mention.split(":", 1)
            if owner != self.user:
                self._report(LEAK, f"{self.user} received the {kind} of {owner}")

    def forget(self, request_id: str) -> None:
        """A question was lost with its connection, or was not: nobody can tell. From now on a run
        that the user did not ask for is held against nobody."""
        self._asked = [a for a in self._asked if a.request_id != request_id]
        self._is_new = False

    def ended(self, why: str) -> None:
        """The deployment or the network ended the connection, and nobody had announced it."""
        self._report(UNSTABLE, f"{self.user}'s connection ended: {why}")

    def finish(self, *, stayed: bool) -> None:
        """Nothing more will come; with `stayed` the user made a round trip at the very end."""
        self._judge_resume()
        self._settle_doubt()
        if stayed:
            for run in self._open.values():
                self._judge(run)
            for asked in self._asked:
                self._broken(f"a question of {self.user} was never accepted ({asked.request_id})")
        for run_id, (_, events) in self._early.items():
            self._foreign("run", run_id, self._ownership.runs, events[0].type)
            if self._is_new:
                self._broken(f"{self.user} got events of a run nobody asked for")
        for thread in self._threads:
            self._foreign("thread", thread, self._ownership.threads, "an event")

    # --- facts

    def event(self, event: Event) -> None:
        """An event arrives, alone in its frame."""
        if event.problems:
            self._report(MALFORMED, f"{event.type}: {event.problems[0]}")
        if self._positions and event.position is not None and not self._place.follow(event):
            self._misplaced(event)
        if self._resumed is not None:
            self._replayed(event)
        if event.once and not self._first_time(event):
            self._report(STREAM, f"{event.type} came twice, under the same id")
        if event.user_id != self._user_id and event.user_id is not None and self._user_id:
            self._report(LEAK, f"{self.user} received {event.type} of another user")
        run = self._open.get(event.run_id or "")
        if run is None:
            self._stray(event)
            return
        if event.thread_id != run.accepted.thread_id and event.thread_id is not None:
            self._other_thread(event)
        run.events.append(event)
        if event.type in TERMINAL_EVENTS:
            self._judge(run)
            self._newest(self._over, event.run_id or "")
            del self._open[event.run_id or ""]

    def _misplaced(self, event: Event) -> None:
        if limits := impossible(event):
            self._report(LIMIT, next(iter(limits.values())))
        starts_live = not self._answered and self._place.last == 0
        if wrong := self._place.move(event):
            if starts_live and wrong.code == "events_lost":
                self._doubted = f"{self.user}: {wrong}"
            else:
                self._report(STREAM, f"{self.user}: {wrong}")

    def _settle_doubt(self) -> None:
        """No answer to the subscription can excuse any more what seems to be lost."""
        if self._doubted:
            self._report(STREAM, self._doubted)
        self._doubted = ""

    def _first_time(self, event: Event) -> bool:
        known = (event.type, event.id) in self._seen
        self._seen[event.type, event.id] = None
        if len(self._seen) > KEPT:
            del self._seen[next(iter(self._seen))]
        return not known

    def _stray(self, event: Event) -> None:
        """An event of a run that is over, or that this user never asked for so far."""
        run_id = event.run_id or ""
        if run_id in self._over:
            self._broken(f"{event.type} came after the end of the run")
            return
        self._foreign("run", run_id, self._ownership.runs, event.type)
        if event.thread_id is not None:
            self._other_thread(event)
        if run_id in self._early or len(self._early) < KEPT:
            self._early.setdefault(run_id, (self._connection, []))[1].append(event)

    def _other_thread(self, event: Event) -> None:
        thread = event.thread_id or ""
        if not self._foreign("thread", thread, self._ownership.threads, event.type):
            self._newest(self._threads, thread)

    def _foreign(self, what: str, identity: str, owners: Owners, shown: str) -> bool:
        """Report what is known to be somebody else's; True if it was."""
        known = owners.of(identity)
        if not known or self.user in known:
            return False
        self._report(LEAK, f"{self.user} received {shown} of a {what} of {min(known)}")
        return True

    def _other(self, fact: AnyFact, *, http: bool) -> None:
        if isinstance(fact, Unreadable):
            self._report(MALFORMED, f"the deployment sent {fact.why}")
        elif fact.problems:
            self._report(MALFORMED, f"{type(fact).__name__.lower()}: {fact.problems[0]}")
        if limits := impossible(fact):
            self._report(LIMIT, next(iter(limits.values())))
        if isinstance(fact, Accepted):
            self._accepted(fact, http=http)
        elif isinstance(fact, Turn):
            self._turn(fact.run_id or "")
        elif isinstance(fact, Rejected):
            self._asked = [a for a in self._asked if a.request_id != fact.request_id]
        elif isinstance(fact, Ready):
            self._greeted(fact)
        elif isinstance(fact, Subscribed):
            if self._resumed is not None:
                self._keep(fact)
                self._replay_to = fact.last or 0
                if fact.recovered is not True:
                    self._judge_resume()
            self._live_from_here()
            if wrong := self._place.move(fact):
                self._report(STREAM, f"{self.user}: {wrong}")

    def _live_from_here(self) -> None:
        """A subscription is answered: what a user who had asked before it missed is not lost."""
        wish, place = self._place.wish, self._place
        if self._has_asked and not self._answered:
            self._doubted, place.begun = "", True
            if place.last == 0 and wish is not None and wish.after is None:
                place.exact = False
        self._settle_doubt()
        self._answered = True

    def _greeted(self, ready: Ready) -> None:
        wish = self._place.wish
        self._place.connect(ready.position, ready.follows)
        if wish is not None:  # subscribed before the greeting
            self._place.move(wish)
        if self._is_new is None:
            self._is_new, self._first_epoch = ready.position == 0, ready.epoch
        if ready.user_id is not None and self._user_id and ready.user_id != self._user_id:
            self._report(LEAK, f"{self.user} was greeted as somebody else")
        self._ready = ready
        self._keep(ready)

    def _accepted(self, accepted: Accepted, *, http: bool) -> None:
        request, run_id = accepted.request_id or "", accepted.run_id or ""
        if request in self._given:
            self._broken(f"a question of {self.user} was accepted twice")
            return
        asked = next((a for a in self._asked if a.request_id == request), None)
        if asked is None:
            return  # nobody asked: its events, if any come, are judged
        if asked is not self._asked[0]:
            self._broken(f"questions of {self.user} were accepted in another order than asked")
        self._asked.remove(asked)
        if run_id in self._open or run_id in self._over:
            self._broken(f"two questions of {self.user} share a run")
            return
        self._ownership.runs.add(run_id, self.user)
        if accepted.thread_id is not None:
            self._ownership.threads.add(accepted.thread_id, self.user)
        self._remember(request, run_id)
        connection, events = self._early.pop(run_id, (0, []))
        # The first acceptance may have been lost with its line.
        again = http or accepted.duplicate or accepted.late
        if events and connection == self._connection and not again:
            self._broken(f"a run of {self.user}: its events came before it was accepted")
        self._begin(_Run(asked, accepted, events))

    def _turn(self, run_id: str) -> None:
        """The deployment starts a run by itself: it belongs to the user, and is whole as others."""
        known = self._open.get(run_id)
        if run_id in self._given.values() or (known is not None and known.asked is not None):
            self._broken(f"a run that {self.user} asked for is said to be started by the service")
        if known is not None or run_id in self._over:
            return
        self._ownership.runs.add(run_id, self.user)
        _, events = self._early.pop(run_id, (0, []))
        self._begin(_Run(None, Accepted(run_id=run_id, lacks=(THINKING,)), events))

    def _begin(self, run: _Run) -> None:
        """A run that is known by now; some of its events, or all, may have come before."""
        run_id = run.accepted.run_id or ""
        if any(event.type in TERMINAL_EVENTS for event in run.events):
            self._judge(run)
            self._newest(self._over, run_id)
        else:
            self._open[run_id] = run

    def _remember(self, request: str, run_id: str) -> None:
        self._given[request] = run_id
        if len(self._given) > self._kept:
            del self._given[next(iter(self._given))]

    def _judge(self, run: _Run) -> None:
        problems = run_problems(run.events, run.accepted)
        self.tool_runs += any(event.type == TOOL_EXECUTING for event in run.events)
        end = next((e for e in run.events if e.type in TERMINAL_EVENTS), None)
        if end is not None and run.asked is not None:
            problems += answer_problems(run.asked, end, response(run.events))
        if problems:
            self._broken(f"a run of {self.user}: {problems[0]}")

    def _broken(self, text: str) -> None:
        self._report(BROKEN_RUN, text)

    # --- a resume, judged by the check once its replay is over

    def _begin_resume(self, wish: Subscribing) -> None:
        name = str(self._connection)
        tried = records.Connecting(t=0, connection=name, user=self.user)
        self._resumed = ConnectionHistory(name, self.user, tried)
        if self._ready is not None:
            self._keep(self._ready)
        self._keep(wish, "sent")

    def _keep(self, fact: AnyFact, direction: str = "received") -> None:
        if self._resumed is not None:
            frame = records.Frame(
                t=0,
                seq=len(self._resumed.frames) + 1,
                connection=self._resumed.id,
                user=self.user,
                direction=direction,
                size=0,
                text="",
                facts=(fact,),
            )
            self._resumed.frames.append(frame)

    def _replayed(self, event: Event) -> None:
        self._keep(event)
        if self._replay_to is not None and (event.position or 0) > self._replay_to:
            self._judge_resume()

    def _judge_resume(self) -> None:
        resumed, self._resumed, self._replay_to = self._resumed, None, None
        if resumed is not None and (problems := resume_problems(resumed)):
            self._report(STREAM, f"{self.user}: {problems[0]}")

    def _newest(self, names: list[str], name: str) -> None:
        """Add `name` as the newest. An empty list takes a tenth of a deque's memory."""
        names.append(name)
        if len(names) > self._kept:
            del names[0]
