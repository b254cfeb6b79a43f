"""Is a user's stream whole: no gap, nothing twice, in order, also across a reconnect?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import ConnectionStory, History
from support.journal.facts import COMPLETED, TERMINAL_EVENTS, Event, Ready, Subscribing


@check("{user}'s story has no gap, nothing twice, everything in order")
def whole_story(history: History, question: str, user: str) -> Finding:
    """Positions of all connections of the user, one after another, count up by one."""
    connections = [c for c in history.connections_of(user) if c.ready is not None]
    if not any(c.events for c in connections):
        return unknown(question, "no event arrived at all")
    problems, records = story_problems(connections)
    if problems:
        return failed(
            question,
            "; ".join(problems[:3]),
            expected=("every event once, in the order of the stream",),
            seen=tuple(_told(connections)),
            records=records,
        )
    count = sum(len(c.events) for c in connections)
    return passed(question, f"{count} events over {len(connections)} connection(s)")


@check("{user} is told what was missed, and gets exactly that before anything new")
def missed_was_replayed(history: History, question: str, user: str) -> Finding:
    """The last connection resumed: `subscribed` says recovered, and what it promises came."""
    connections = [c for c in history.connections_of(user) if c.ready is not None]
    resumed = [c for c in connections if _resumed_after(c) is not None]
    if not resumed:
        return unknown(question, f"{len(connections)} connection(s), and none of them resumed")
    problems = [p for c in resumed for p in resume_problems(c)]
    if problems:
        return failed(
            question,
            "; ".join(problems[:3]),
            expected=("recovered, and every missed event once, in order, before new ones",),
            seen=tuple(_told(resumed)),
        )
    last = resumed[-1].subscribed
    if last is None or not last.fact.count:
        return unknown(question, "nothing had been missed, so nothing was proven")
    return passed(question, f"{last.fact.count} missed events were replayed")


@check("the run of {user} went on while they were away")
def went_on_while_away(history: History, question: str, user: str, request_id: str) -> Finding:
    """The run's end bears a time before the user came back, both by the target's own clock."""
    connections = [c for c in history.connections_of(user) if c.ready is not None]
    accepted = history.accepted(user, request_id)
    if len(connections) < 2 or accepted is None or accepted.run_id is None:
        return unknown(question, "the user was never away in the middle of a run")
    back = connections[-1].ready
    before = [s for c in connections[:-1] for s in c.events]
    if any(s.fact.run_id == accepted.run_id and s.fact.type in TERMINAL_EVENTS for s in before):
        return unknown(question, "the run had ended before the user left")
    ends = [
        s
        for s in connections[-1].events
        if s.fact.run_id == accepted.run_id and s.fact.type in TERMINAL_EVENTS
    ]
    if not ends:
        return failed(question, "the run had no end after the user came back")
    end = ends[0].fact
    if back is None or back.fact.server_time is None or end.timestamp is None:
        return unknown(question, "the target told no times to compare")
    late_s = end.timestamp - back.fact.server_time
    if end.type != COMPLETED:
        return failed(question, f"the run ended in {end.type} while the user was away")
    if late_s > 0:
        return failed(
            question,
            f"it was completed only {late_s:.2f} s after the user had come back",
            expected=("completed while the user was away",),
            seen=("completed after the return",),
        )
    return passed(question, f"completed {-late_s:.2f} s before the return")


def story_problems(connections: list[ConnectionStory]) -> tuple[list[str], tuple[int, ...]]:
    """What is wrong with the events of one device's connections, taken one after another."""
    problems: list[str] = []
    records: list[int] = []
    seen: set[int] = set()
    last: int | None = None
    epoch: str | None = None
    for connection in connections:
        asked = [f for f in connection.frames if _subscribes(f.facts)]
        if last is None and connection.ready is not None:
            # Live only: what others of the same user did before is not ours to expect.
            last = connection.ready.fact.position
        for item in connection.events:
            event = item.fact
            wrong = _event_problem(event, last, seen, epoch)
            if not asked or item.frame.seq < asked[0].seq:
                wrong = f"{event.type} came before any subscription"
            if wrong:
                problems.append(wrong)
                records.append(item.frame.seq)
            if event.position is not None:
                seen.add(event.position)
                last = max(last or 0, event.position)
            epoch = event.epoch or epoch
    return problems, tuple(records)


def resume_problems(connection: ConnectionStory) -> list[str]:
    """Where the answer to a resume and what followed it differ from what was asked."""
    after, answer = _resumed_after(connection), connection.subscribed
    if after is None:
        return []
    if answer is None:
        return ["the wish to resume was never answered"]
    fact = answer.fact
    if fact.recovered is not True:
        return [f"not recovered ({fact.reason or 'no reason given'})"]
    problems = list(fact.problems)
    replay = [
        s.fact.position
        for s in connection.events
        if s.fact.position is not None and fact.last is not None and s.fact.position <= fact.last
    ]
    if (fact.count or 0) != len(replay):
        problems.append(f"{fact.count} missed events were promised, {len(replay)} came")
    if fact.count and replay:
        if replay != list(range(after + 1, after + 1 + len(replay))):
            problems.append("what was replayed is not what was missed, in order")
        if fact.first != after + 1 or fact.last != after + len(replay):
            problems.append("the answer names other events than were missed")
    return problems


def _event_problem(event: Event, last: int | None, seen: set[int], epoch: str | None) -> str | None:
    position = event.position
    if position is None:
        return None  # reported as a missing field already
    if epoch is not None and event.epoch != epoch:
        return "the stream was begun anew (its epoch changed)"
    if position in seen:
        return f"event {position} came twice"
    if last is not None and position < last:
        return f"event {position} came after event {last}"
    if last is not None and position > last + 1:
        return f"event {last + 1} is missing ({last} was followed by {position})"
    return None


def _subscribes(facts: tuple[object, ...]) -> bool:
    return any(isinstance(fact, Subscribing) for fact in facts)


def _resumed_after(connection: ConnectionStory) -> int | None:
    wishes = [
        fact
        for frame in connection.frames
        if frame.direction == "sent"
        for fact in frame.facts
        if isinstance(fact, Subscribing)
    ]
    return wishes[-1].after if wishes else None


def _told(connections: list[ConnectionStory]) -> list[str]:
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
