"""What a timeline shows, read out of a scenario's records: lanes, marks and happenings.

A lane is one device of one person: a connection tried after the end of another continues it.
Times are seconds of the journal. Nothing in here knows how it is drawn.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import msgspec

from support.checks.isolation import Violation, violations
from support.journal import ConnectionHistory, History, facts, records
from support.report.transcript import event_text


class Kind(NamedTuple):
    """A kind of mark: what a legend calls it, and in which row of a lane it stands (from 0)."""

    label: str
    row: int


#: In the order of a run, which is the order of the rows.
KINDS = {
    "asked": Kind("a question", 0),
    "sent": Kind("another message", 0),
    "resumed": Kind("resume", 0),
    "ping": Kind("a ping", 0),
    "leaked": Kind("another user's data", 0),
    facts.STARTED: Kind(facts.STARTED, 1),
    facts.THINKING: Kind(facts.THINKING, 2),
    facts.TOOL_EXECUTING: Kind(facts.TOOL_EXECUTING, 3),
    facts.TOOL_COMPLETED: Kind(facts.TOOL_COMPLETED, 4),
    facts.COMPLETED: Kind(facts.COMPLETED, 5),
    facts.FAILED: Kind(facts.FAILED, 5),
    "event": Kind("an event of another type", 5),
    "announced": Kind("an announcement", 5),
    "rejected": Kind("rejected", 5),
}
ROWS = 6
_SENT: dict[type[facts.Fact], str] = {
    facts.Asked: "asked",
    facts.Cancelling: "sent",
    facts.MalformedSent: "sent",
    facts.Pinged: "ping",
}
_RECEIVED: dict[type[facts.Fact], str] = {
    facts.Announcement: "announced",
    facts.Rejected: "rejected",
}


@dataclass
class Span:
    """A try to connect, and the connection if there was one (`held`); `open`: it never ended.

    `wrong`: there was none, and not in the way in which such a deployment says no.
    """

    begin: float
    end: float
    held: bool
    open: bool = False
    wrong: bool = False


@dataclass
class Lane:
    """One device of a person: its connections and, by kind, when what was seen on it."""

    user: str
    name: str
    spans: list[Span] = field(default_factory=list)
    marks: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def away(self) -> Iterator[tuple[float, float]]:
        """When the device was without a connection it had had, and later had again."""
        held = [span for span in self.spans if span.held]
        for one, after in pairwise(held):
            if after.begin > one.end:
                yield one.end, after.begin


@dataclass
class Happening:
    """Something that needs a text: when, each time, in which lane (None: to all), to whom."""

    words: str
    wrong: bool
    people: list[str] = field(default_factory=list)
    times: list[tuple[float, Lane | None]] = field(default_factory=list)


@dataclass
class Story:
    """Everything a timeline shows. `begin` and `end` hold all of it; `zero` is where it counts."""

    name: str
    zero: float
    begin: float
    end: float
    lanes: list[Lane]
    happenings: list[Happening]
    down: list[tuple[float, float]]


def story_of(history: History) -> Story | None:
    """The story of one scenario's records; None when nobody ever tried to connect."""
    stories = history.connections
    if not stories:
        return None
    end = max(record.t for record in history.records)
    by_connection, lanes = _lanes(stories.values(), end)
    times = [span.begin for lane in lanes for span in lane.spans]
    for story in stories.values():
        _mark(by_connection[story.id], story.frames)
    happenings = _happenings(history, by_connection)
    last = [t for lane in lanes for marks in lane.marks.values() for t in marks]
    last += [span.end for lane in lanes for span in lane.spans if not span.open]
    last += [t for happening in happenings for t, _ in happening.times] + times
    down = _down(history, end)
    last += [until for _, until in down]
    started = history.of(records.ScenarioStarted)
    return Story(
        name=started[0].name if started else "",
        zero=started[0].t if started else history.records[0].t,
        begin=min(times + [since for since, _ in down]),
        end=max(last),
        lanes=lanes,
        happenings=happenings,
        down=down,
    )


def _lanes(stories: Iterable[ConnectionHistory], end: float) -> tuple[dict[str, Lane], list[Lane]]:
    by_user: dict[str, list[tuple[Lane, ConnectionHistory]]] = defaultdict(list)
    by_connection: dict[str, Lane] = {}
    lanes: list[Lane] = []
    for story in stories:
        devices = by_user[story.user]
        for number, (lane, before) in enumerate(devices):
            over = before.closed or before.refused
            if over is not None and over.seq < story.connecting.seq:
                devices[number] = (lane, story)
                break
        else:
            name = _person(story.user)
            lane = Lane(story.user, name if not devices else f"{name}, device {len(devices) + 1}")
            devices.append((lane, story))
            lanes.append(lane)
        by_connection[story.id] = lane
        over = story.closed or story.refused
        lane.spans.append(
            Span(
                story.connecting.t,
                over.t if over else end,
                held=story.connected is not None,
                open=over is None,
                wrong=story.refused is not None and not story.refused.agreed,
            )
        )
    return by_connection, sorted(lanes, key=lambda lane: _natural(lane.name))


def _mark(lane: Lane, frames: list[records.Frame]) -> None:
    for frame in frames:
        for fact in frame.facts:
            if frame.direction == "sent":
                kind = _SENT.get(type(fact))
                if isinstance(fact, facts.Subscribing) and fact.after is not None:
                    kind = "resumed"
            elif isinstance(fact, facts.Event):
                kind = fact.type if fact.type in KINDS else "event"
            else:
                kind = _RECEIVED.get(type(fact))
            if kind:
                lane.marks[kind].append(frame.t)


def _happenings(history: History, lanes: dict[str, Lane]) -> list[Happening]:
    """In order of their first time; what happens to several people alike is one happening."""
    found: dict[str, Happening] = {}
    noted = [*_leaks(history, lanes), *_noteworthy(history, lanes)]
    for t, connection, words, wrong in sorted(noted, key=lambda one: one[0]):
        lane = lanes.get(connection)
        who = _person(lane.user) if lane else ""
        alike = re.sub(rf"\b{re.escape(who)}\b", "\0", words) if who else words
        happening = found.setdefault(alike, Happening(words, wrong))
        happening.times.append((t, lane))
        if who and who not in happening.people:
            happening.people.append(who)
    return list(found.values())


def _leaks(history: History, lanes: dict[str, Lane]) -> Iterator[tuple[float, str, str, bool]]:
    """One happening for each who received data of another user; its moments become marks."""
    by_viewer: dict[str, list[Violation]] = defaultdict(list)
    for violation in violations(history):
        by_viewer[violation.viewer].append(violation)
    for viewer, found in by_viewer.items():
        for violation in found:
            if violation.connection in lanes:
                lanes[violation.connection].marks["leaked"].append(violation.t)
        owners = sorted({violation.owner for violation in found}, key=_natural)
        whose = f"{len(owners)} others" if len(owners) > 2 else " and ".join(map(_person, owners))
        whats = sorted({v.what for v in found}, key=_telling)
        more = " and more" if len(whats) > 3 else ""
        words = f"{_person(viewer)} received data of {whose}: {', '.join(whats[:3])}{more}"
        yield found[0].t, found[0].connection, words, True


def _noteworthy(history: History, lanes: dict[str, Lane]) -> Iterator[tuple[float, str, str, bool]]:
    ours = bool(history.of(records.Fault) or history.of(records.Control))
    newest: dict[str, str] = {}
    for record in history.records:
        connection = str(getattr(record, "connection", ""))
        user = str(getattr(record, "user", ""))
        if connection in lanes:
            newest[user] = connection
        wrong = _went_wrong(record, ours)
        if wrong is not None:
            if isinstance(record, records.Fault) and not record.user:
                record = msgspec.structs.replace(record, detail="")  # of interest to few
            words = event_text(record).removesuffix(" …")
            yield record.t, connection or newest.get(user, ""), words, wrong
        if isinstance(record, records.Frame) and record.direction == "received":
            yield from _in_frame(record)


def _in_frame(frame: records.Frame) -> Iterator[tuple[float, str, str, bool]]:
    """What a frame says that a reader should look up."""
    for fact in frame.facts:
        who = _person(frame.user)
        if fact.problems:
            what = fact.type if isinstance(fact, facts.Event) else "a message"
            words = f"{who} receives {what}, but {fact.problems[0]}"
            yield frame.t, frame.connection, words, True
        elif isinstance(fact, facts.Unreadable):
            words = f"{who} receives an unreadable message"
            yield frame.t, frame.connection, words, True
        elif isinstance(fact, facts.Closing):
            ends = (
                "the service is shutting down"
                if fact.time_left_s is None
                else "the connection ends soon"
            )
            words = f"{who} learns that {ends}"
            yield frame.t, frame.connection, words, False
        elif isinstance(fact, facts.Subscribed) and fact.recovered is False:
            words = f"{who} cannot resume: missed events are gone"
            yield frame.t, frame.connection, words, False


def _went_wrong(record: records.Record, ours: bool) -> bool | None:
    """None for what needs no words; a lost line is to be expected where we did something to it."""
    match record:
        case records.Fault() | records.DeadConnectionNoticed():
            return False
        case records.Control():
            return None if record.done else False
        case records.Refused():
            return not (record.agreed or (ours and record.how in ("network", "timeout")))
        case records.Closed():
            return None if record.by in ("user", "fault") else record.by == "network" and not ours
        case records.Heartbeat():
            return None if record.answered else not ours
        case records.Fence():
            return None if record.held else True
        case records.WaitTimedOut() | records.HarnessError():
            return True
        case _:
            return None


def _down(history: History, end: float) -> list[tuple[float, float]]:
    """When the service was not there because we had stopped or killed it."""
    found: list[tuple[float, float]] = []
    since: float | None = None
    for record in history.of(records.Control):
        if record.action != "start" and not record.done and since is None:
            since = record.t
        elif record.action == "start" and record.done and since is not None:
            found.append((since, record.t))
            since = None
    return found + ([(since, end)] if since is not None else [])


def _telling(what: str) -> tuple[bool, bool, str]:
    """The secret before ids, ids before events."""
    return what != "the secret", not what.startswith("the "), what


def _person(key: str) -> str:
    return key.rpartition("/")[2]


def _natural(name: str) -> list[tuple[int, str]]:
    """`Person10` comes after `Person9`."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
