"""Is a user's stream whole: no gap, nothing twice, in order, also across a reconnect?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from support.checks.counts import several
from support.checks.event_content import changed_event
from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.wrong import Wrong
from support.journal import ConnectionHistory, History
from support.journal.facts import (
    COMPLETED,
    TERMINAL_EVENTS,
    Asked,
    Event,
    Fact,
    Ignored,
    Ready,
    Subscribed,
    Subscribing,
)


@check("{user}'s stream has no gaps, no duplicates, and is in order", needs="positions")
def stream_complete(history: History, user: str) -> Finding:
    """On each device of the user, positions over all its connections count up by one."""
    devices = history.devices_of(user)
    connections = [connection for device in devices for connection in device]
    if not any(c.events for c in connections):
        return unknown("no event arrived at all")
    problems = [p for c in connections for p in _turned_down(c)]
    numbers: tuple[int, ...] = ()
    for device in devices:
        wrong, where = stream_problems(device, devices)
        problems, numbers = problems + wrong, numbers + where
    if problems:
        return failed(
            "; ".join(problems[:3]),
            expected=("every event once, in the order of the stream",),
            seen=tuple(_told(connections)),
            records=numbers,
        )
    count = sum(len(c.events) for c in connections)
    return passed(f"{count} events over {several(len(connections), 'connection')}")


@check("{user} receives exactly the missed events before anything new", needs="positions")
def missed_events_replayed(
    history: History, user: str, then_live: bool = False, devices: int = 1
) -> Finding:
    """Every resume was recovered, and what the answer promised came; events seen before are alike.

    The last resumes, one on each of so many `devices`, had missed something. `then_live`: something
    new happened after each return, too, so that the join was seen.
    """
    connections = [c for c in history.connections_of(user) if c.ready is not None]
    resumed = [c for c in connections if _resumed_after(c) is not None]
    if not resumed:
        return unknown(f"{several(len(connections), 'connection')}, and none of them resumed")
    problems = [p for c in resumed for p in resume_problems(c)]
    if changed := changed_event(connections):
        text = f"event {changed.position} ({changed.type}) says something else than at first"
        problems.append(Wrong("resume_misstated", changed.type, text))
    if problems:
        return failed(
            "; ".join(problems[:3]),
            expected=("recovered, and every missed event once, in order, before new ones",),
            seen=tuple(_told(resumed)),
        )
    if len(resumed) < devices:
        return unknown(f"only {len(resumed)} of {devices} devices resumed")
    replayed = 0
    for story in resumed[-devices:]:
        last = story.subscribed
        if last is None or not last.fact.count:
            return unknown("nothing had been missed, so nothing was proven")
        live = [s for s in story.events if (s.fact.position or 0) > (last.fact.last or 0)]
        if then_live and not live:
            return unknown("nothing new happened after the return")
        replayed += last.fact.count
    return passed(f"{replayed} missed events were replayed")


@check("{user} resumes at their last position", needs="positions")
def resumed_where_left(history: History, user: str) -> Finding:
    """The last return of the user was recovered; that nothing had been missed is well, too."""
    connections = [c for c in history.connections_of(user) if c.ready is not None]
    resumed = [c for c in connections if _resumed_after(c) is not None]
    if not resumed:
        return unknown("the user never came back")
    problems = resume_problems(resumed[-1])
    if problems:
        return failed(problems[0], seen=tuple(_told(resumed)))
    return passed("recovered")


@check("the run of {user} continued while they were disconnected")
def run_continued_while_away(history: History, user: str, request_id: str) -> Finding:
    """The run's end bears a time before the user came back, both by the deployment's own clock."""
    connections = [c for c in history.connections_of(user) if c.ready is not None]
    accepted = history.accepted(user, request_id)
    if len(connections) < 2 or accepted is None or accepted.run_id is None:
        return unknown("the user was never away in the middle of a run")
    back = connections[-1].ready
    before = [s for c in connections[:-1] for s in c.events]
    if any(s.fact.run_id == accepted.run_id and s.fact.type in TERMINAL_EVENTS for s in before):
        return unknown("the run had ended before the user left")
    ends = [
        s
        for s in connections[-1].events
        if s.fact.run_id == accepted.run_id and s.fact.type in TERMINAL_EVENTS
    ]
    if not ends:
        return failed("the run had no end after the user came back")
    end = ends[0].fact
    if back is None or back.fact.server_time is None or end.timestamp is None:
        return unknown("the deployment reported no times to compare", "not_offered")
    late_s = end.timestamp - back.fact.server_time
    if end.type != COMPLETED or end.data.get("status") == "cancelled":
        return failed(f"the run ended in {end.type} while the user was away")
    if late_s > 0:
        return failed(
            f"it was completed only {late_s:.2f} s after the user had come back",
            expected=("completed while the user was away",),
            seen=("completed after the return",),
        )
    return passed(f"completed {-late_s:.2f} s before the return")


def stream_problems(
    device: list[ConnectionHistory], devices: Sequence[list[ConnectionHistory]] = ()
) -> tuple[list[Wrong], tuple[int, ...]]:
    """What is wrong with the events of one device's connections, taken one after another.

    `devices` are all of its user's.
    """
    problems: list[Wrong] = []
    numbers: list[int] = []
    others = (
        s.fact.position for other in devices if other is not device for c in other for s in c.events
    )
    place = StreamPlace(frozenset(p for p in others if p is not None))
    known: dict[tuple[str, str | None], tuple[int, Event]] = {}
    asked = _first_asked(devices or (device,))
    for connection in device:
        ready = connection.ready.fact if connection.ready else Ready()
        place.connect(ready.position, ready.follows)
        place.begun = asked is not None and asked < _live_since(connection)
        for frame in connection.frames:
            for fact in frame.facts:
                wrong = place.move(fact) or _doubled(fact, frame.seq, known)
                if wrong:
                    problems.append(wrong)
                    numbers.append(frame.seq)
    return problems, tuple(numbers)


def _doubled(
    fact: Fact, seq: int, known: dict[tuple[str, str | None], tuple[int, Event]]
) -> Wrong | None:
    """What is wrong with an event that no device is sent again, and that this one had before.

    One message may say several things, but none of them twice.
    """
    if not isinstance(fact, Event) or not fact.once:
        return None
    if (fact.type, fact.id) not in known:
        known[fact.type, fact.id] = seq, fact
        return None
    where, event = known[fact.type, fact.id]
    if where == seq and event != fact:
        return None
    return Wrong("event_doubled", fact.type, f"{fact.type} came twice, under the same id")


def holes(history: History, user: str) -> Iterator[int]:
    """The positions that are missing in what the user has seen in the end, all taken together."""
    greetings = [c.ready.fact.position for c in history.connections_of(user) if c.ready]
    expected = (greetings[0] or 0) + 1 if greetings else 1
    taken = {seen.fact.position for seen in history.facts(Ignored, user=user)}
    for seen in history.complete_despite_faults(user):
        position = seen.fact.position or 0
        yield from (p for p in range(expected, position) if p not in taken)
        expected = max(expected, position + 1)


@dataclass
class StreamPlace:
    """Where a device is in its user's stream: after `last`, if that is known.

    The next event must be the very next one (`exact`), except on a fresh live subscription to a
    stream that has or may have `begun`: what happens between greeting and subscription is not ours
    to expect. Whatever else is lost there is found in its run. `elsewhere` are positions that other
    devices of the user saw, so that a resume may go on after them.
    """

    elsewhere: frozenset[int] = frozenset()
    last: int | None = None
    exact: bool = False
    epoch: str | None = None
    seen: set[int] = field(default_factory=set)
    greeted_at: int | None = None
    begun: bool = False
    wish: Subscribing | None = None

    def connect(self, greeted_at: int | None, follows: str = "") -> None:
        """A new connection, greeted at that position: nothing has been asked for on it yet.

        `follows` as in `Ready`: what comes then needs no subscription.
        """
        self.greeted_at = greeted_at
        self.wish = Subscribing() if follows else None
        if follows == "live":  # where its positions begin, nobody has said
            self.last, self.exact = greeted_at, greeted_at is not None
            self.seen = set()

    def follow(self, event: Event) -> bool:
        """Take in the very next event of the stream, quickly; False, and nothing done, for any
        other."""
        if not self.exact or self.last is None or event.position != self.last + 1:
            return False
        if self.wish is None or event.epoch != self.epoch:
            return False
        self.last += 1
        return True

    def move(self, fact: Fact) -> Wrong | None:
        """Take in the next fact of the connection; what is wrong with it, if anything."""
        if isinstance(fact, Subscribing):
            self.wish = fact
            if fact.after is None:
                self._live()
        elif isinstance(fact, Subscribed) and self.wish is not None and self.wish.after is not None:
            if fact.recovered:
                return self._resume(self.wish.after)
            self.epoch = None
            self._live()
        elif isinstance(fact, Event | Ignored) and fact.position is not None:
            wrong = self._problem(fact, fact.position)
            self.seen.add(fact.position)
            self.last, self.exact = max(self.last or 0, fact.position), True
            self.epoch = fact.epoch or self.epoch
            return wrong
        return None

    def _live(self) -> None:
        if self.greeted_at is not None:
            self.last = max(self.greeted_at, self.last or 0)
            self.exact = self.last == 0 and not self.begun

    def _resume(self, after: int) -> Wrong | None:
        skipped = range((self.last or 0) + 1, after + 1) if self.last is not None else ()
        lost = next((position for position in skipped if position not in self.elsewhere), None)
        self.last, self.exact = after, True
        if lost is None:
            return None
        return Wrong("events_lost", "", f"event {lost} is missing (resumed after {after})")

    def _problem(self, event: Event | Ignored, position: int) -> Wrong | None:
        if self.wish is None:
            text = f"{event.type} came before any subscription"
            return Wrong("events_unasked", event.type, text)
        if self.epoch is not None and event.epoch != self.epoch:
            return Wrong("stream_begun_anew", "", "the stream was begun anew (its epoch changed)")
        if self.last is not None and position <= self.last:
            if position in self.seen:
                return Wrong("events_doubled", "", f"event {position} came twice")
            text = f"event {position} came after event {self.last}"
            return Wrong("events_disordered", "", text)
        if self.last is not None and self.exact and position > self.last + 1:
            text = f"event {self.last + 1} is missing ({self.last} was followed by {position})"
            return Wrong("events_lost", "", text)
        return None


def asked_to_resume(connection: ConnectionHistory) -> bool:
    """True when its user was greeted there and asked to go on after a position."""
    return connection.ready is not None and _resumed_after(connection) is not None


def resume_problems(connection: ConnectionHistory) -> list[Wrong]:
    """Where the answer to a resume and what followed it differ from what was asked."""
    after, answer = _resumed_after(connection), connection.subscribed
    if after is None:
        return []
    if answer is None:
        return [Wrong("resume_unanswered", "", "the wish to resume was never answered")]
    if answer.fact.recovered is not True:
        return _turned_down(connection)
    problems = [Wrong("resume_misstated", "", problem) for problem in answer.fact.problems]
    *earlier, wished = _subscriptions(connection)
    if answer.frame.seq < wished:
        return []  # to an earlier subscription; the connection ended before the last was answered
    events = connection.events
    if earlier:  # what came before the answer belongs to the subscription before
        events = [s for s in events if s.frame.seq > answer.frame.seq]
    elif any(wished < s.frame.seq < answer.frame.seq for s in events):
        text = "events came before the answer that announces them"
        problems.append(Wrong("resume_disorders", "", text))
    positions = [s.fact.position for s in events if s.fact.position is not None]
    problems += _replay_problems(positions, answer.fact, after)
    newest = connection.ready.fact.position if connection.ready else None
    if newest is not None and newest < after and not earlier:
        text = f"the greeting names event {newest} as newest, after {after} was seen"
        problems.append(Wrong("resume_misstated", "", text))
    if newest is not None and newest > after + (answer.fact.count or 0):
        text = f"events up to {newest} were missed, and not all of them were promised"
        problems.append(Wrong("resume_loses", "", text))
    return problems


def _replay_problems(positions: Sequence[int], answer: Subscribed, after: int) -> list[Wrong]:
    """Where what came differs from what the answer promised, and that from what was missed."""
    problems: list[Wrong] = []
    count = answer.count or 0
    replay = [p for p in positions if answer.last is not None and p <= answer.last]
    if count != len(replay):
        code = "resume_loses" if len(replay) < count else "resume_doubles"
        text = f"{answer.count} missed events were promised, {len(replay)} came"
        problems.append(Wrong(code, "", text))
    elif left_out := _left_out(replay, after):
        text = f"event {left_out} was missed, and the replay leaves it out"
        problems.append(Wrong("resume_loses", "", text))
    elif positions[:count] != list(range(after + 1, after + 1 + len(replay))):
        code = "resume_disorders" if len(set(replay)) == len(replay) else "resume_doubles"
        text = "what came first is not what was missed, in order"
        problems.append(Wrong(code, "", text))
    named = (answer.first or 0, answer.last or 0)
    if named != ((after + 1, after + count) if count else (0, 0)):
        text = "the answer names other events than were missed"
        problems.append(Wrong("resume_misstated", "", text))
    return problems


def _left_out(replay: Sequence[int], after: int) -> int | None:
    """The first position that a replay skips; None where it is whole, or in no order at all."""
    if list(replay) != sorted(set(replay)):
        return None
    return next((p for p, came in enumerate(replay, start=after + 1) if came > p), None)


def _turned_down(connection: ConnectionHistory) -> list[Wrong]:
    answer = connection.subscribed
    if _resumed_after(connection) is None or answer is None or answer.fact.recovered is True:
        return []
    reason = answer.fact.reason or "no reason given"
    return [Wrong("resume_rejected", answer.fact.reason or "", f"not recovered ({reason})")]


def _first_asked(devices: Sequence[list[ConnectionHistory]]) -> int | None:
    """The number of the first frame by which a user asked for a run, on any device."""
    firsts = (
        next((f.seq for f in connection.frames if any(isinstance(x, Asked) for x in f.facts)), None)
        for device in devices
        for connection in device
    )
    return min((seq for seq in firsts if seq is not None), default=None)


def _live_since(connection: ConnectionHistory) -> int:
    """The number of the frame since which every event must come, if the user asked for no replay:
    the answer to the subscription or, where there is none, the subscription."""
    if connection.subscribed is not None:
        return connection.subscribed.frame.seq
    wishes = (f.seq for f in connection.frames if any(isinstance(x, Subscribing) for x in f.facts))
    return next(wishes, 0)


def _subscriptions(connection: ConnectionHistory) -> list[int]:
    """The numbers of the frames by which its user subscribed."""
    return [
        frame.seq
        for frame in connection.frames
        if frame.direction == "sent" and any(isinstance(fact, Subscribing) for fact in frame.facts)
    ]


def _resumed_after(connection: ConnectionHistory) -> int | None:
    sent = [fact for f in connection.frames if f.direction == "sent" for fact in f.facts]
    wishes = [fact for fact in sent if isinstance(fact, Subscribing)]
    return wishes[-1].after if wishes else None


def _told(connections: list[ConnectionHistory]) -> list[str]:
    lines = []
    for number, connection in enumerate(connections, start=1):
        answer, ready = connection.subscribed, connection.facts(Ready)
        lines.append(
            f"connection {number}: stream at {ready[0].fact.position if ready else '?'}, "
            + (f"replay {answer.fact.first}–{answer.fact.last}, " if answer else "")
            + "events "
            + (", ".join(f"{s.fact.position}" for s in connection.events[:30]) or "none")
        )
    return lines
