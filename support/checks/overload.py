"""Those who ask too much of the deployment: are they held back, and does nobody else pay for it?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

import msgspec

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import ConnectionHistory, History, records
from support.journal.facts import TERMINAL_EVENTS, Accepted, Cancelling, Pinged, Pong, Rejected
from support.measures.lag import lag_ms

DURING = 20  # pings, at least: one of them may be late
SHARE = 0.95  # of the pings that must be answered in time
#: Of the deployment, or of a bundled service of the scenario's own.
MEMORY = ("target_memory_bytes", "own_service_memory_bytes")
#: Bytes of memory a byte sent may take: text has two bytes a character (V8, the JVM, .NET), and a
#: heap may grow to twice what it holds before it is collected (GOGC=100 of Go; others are alike).
IN_MEMORY = 2 * 2
SPARE = 1.1  # of what may be let through
SLACK = 10  # messages
LEAST_PAUSE_S = 0.2
PAUSED_S = 0.5  # tolerance: the last try may come so much before its time is up
ROW_SLACK = 120  # refusals, for what was under way


@check("{user}'s flood is rate-limited: the announced limit gets through, and no more")
def flood_limited(
    history: History, user: str, per_s: float, burst_s: float, rejected: Sequence[str]
) -> Finding:
    """On each flooded connection, at most the burst and the rate times its duration got through.

    All else was answered with one of the errors in `rejected`. Until the user had sent a burst in
    all, less `SLACK`, nothing was rejected.
    """
    floods = [c for c in history.connections_of(user) if _flooding(c)]
    proven = 0
    for story in floods:
        sent = _flooding(story)
        everything = _answers(story, sent[0].seq)
        answers = [a for a in everything if not isinstance(a[1], Pong)]
        refused = [a for a in answers if _refuses(a, rejected)]
        lasted_s = max([sent[-1].t, *(frame.t for frame, _ in answers)]) - sent[0].t
        most = (burst_s * per_s + per_s * lasted_s) * SPARE + SLACK
        through = len(answers) - len(refused)
        text = f"{through} of {len(sent)} messages got through in {lasted_s:.1f} s"
        if through > most:
            return failed(
                text,
                expected=(f"at most {most:.0f}",),
                seen=(f"{through}",),
                records=(sent[0].seq, sent[-1].seq),
            )
        sent_by_then = _sent_before(history, user, refused[0][0]) if refused else 0
        if refused and sent_by_then < burst_s * per_s - SLACK:
            return failed(
                f"the first was refused after {sent_by_then} messages",
                expected=(f"a burst of {burst_s * per_s:.0f} messages is allowed",),
                seen=(f"{sent_by_then}",),
                records=(refused[0][0].seq,),
            )
        wrong = [fact for _, fact in refused if fact.problems]
        if wrong:
            return failed(f"the refusal is wrong: {wrong[0].problems[0]}")
        asked = len(sent) + len(_pings(story, sent[0].seq))
        if len(everything) < asked and not _ended(story):
            unanswered = asked - len(everything)
            return failed(f"{unanswered} of {asked} messages were never answered")
        proven += len(refused) if len(sent) > most else 0
    if not floods:
        return unknown("nobody sent too much")
    if not proven:
        return unknown("less was sent than may get through, or nothing was refused")
    return passed(f"{proven} messages were refused")


@check("{user} is disconnected after {in_a_row} consecutive refusals, and not before")
def flood_disconnected(
    history: History, user: str, in_a_row: int, rejected: Sequence[str]
) -> Finding:
    """More refusals in a row end the connection, with a close for the flood; fewer never do.

    Where the row never gets that long, because a message slips through now and then, no close is
    owed.
    """
    floods = [c for c in history.connections_of(user) if _flooding(c)]
    if not any(_answers(c, 0) for c in floods):
        return unknown("nobody sent too much, or nothing was answered")
    longest = 0
    for story in floods:
        sent = _flooding(story)
        answers = _answers(story, sent[0].seq)
        rows = [len(list(g)) for no, g in groupby(answers, lambda a: _refuses(a, rejected)) if no]
        longest = max([longest, *rows])
        through = sum(not _refuses(a, rejected) for a in answers)
        asked = len(sent) + len(_pings(story, sent[0].seq))
        closed = story.closed
        ended = _ended(story)
        agreed = closed is not None and "flood" in closed.causes
        if ended and asked - through <= in_a_row:
            most = asked - through
            return failed(
                f"the connection was ended after {most} refusals at the most",
                expected=(f"more than {in_a_row} refusals in a row",),
                seen=(f"{most}",),
                records=(closed.seq,) if closed else (),
            )
        if not agreed and (ended or max(rows, default=0) > in_a_row + ROW_SLACK):
            text = (
                f"closed by the {closed.ended_by}, code {closed.code or 'none'}"
                if closed
                else "open"
            )
            return failed(
                f"after {max(rows, default=0)} refusals in a row the connection is {text}",
                expected=("a close that means a flood",),
                seen=(text,),
            )
    cut = sum(c.closed is not None and c.closed.by == "target" for c in floods)
    return passed(f"cut off {cut} times; at most {longest} refusals in a row were seen")


@check("{user} is accepted again after a pause of at most {limit_s:.1f} s")
def limit_lifted(history: History, user: str, limit_s: float, rejected: Sequence[str]) -> Finding:
    """A user who was limited paused, and then a ping of theirs was answered on the connection.

    Pings are refused for a while. Only that they still are after almost `limit_s` is a fault.
    """
    refused_s = 0.0
    for story in history.connections_of(user):
        sent = _flooding(story)
        answers = _answers(story, sent[0].seq) if sent else []
        limited = [a[0].seq for a in answers if _refuses(a, rejected)]
        answered = {fact.nonce for _, fact in answers if isinstance(fact, Pong)}
        for frame, ping in _pings(story, sent[-1].seq) if limited else ():
            paused_s = frame.t - sent[-1].t
            if ping.nonce in answered and LEAST_PAUSE_S <= paused_s <= limit_s:
                return passed(f"accepted after {paused_s:.1f} s", records=(frame.seq,))
            if ping.nonce not in answered:
                refused_s = max(refused_s, paused_s)
    text = f"still refused {refused_s:.1f} s after the last message too many"
    if refused_s < limit_s - PAUSED_S:
        return unknown("nobody who was limited paused for long enough")
    return failed(text, expected=(f"accepted after {limit_s:.1f} s",), seen=(text,))


@check("{user} gets no more answers than messages were sent: a refused ping has no other answer")
def refused_not_handled(history: History, user: str) -> Finding:
    """On no flooded connection that stayed open came more answers than messages were sent.

    Each message has one: an error, or a pong. A ping with both was refused and answered all the
    same. Nothing is said of questions: a flood asks none.
    """
    floods = [c for c in history.connections_of(user) if _flooding(c)]
    answered = 0
    for story in floods:
        pings = {ping.nonce for _, ping in _pings(story, 0)}
        answers = [a for a in _answers(story, 0) if not _strange(a[1], pings)]
        sent = [f for f in story.frames if f.direction == "sent"]
        if len(answers) > len(sent) and not _ended(story):
            text = f"{len(answers)} answers to {len(sent)} messages"
            expected = "at most one answer to each message"
            last = answers[-1][0].seq
            return failed(text, expected=(expected,), seen=(text,), records=(last,))
        answered += len(answers)
    if not answered:
        return unknown("nobody sent too much, or nothing was answered")
    return passed(f"{answered} answers")


@check("during overload by {other}, 95 of 100 pings of {user} are answered within {limit_s:g} s")
def not_slowed(history: History, user: str, other: str, limit_s: float) -> Finding:
    """Each ping sent meanwhile is answered, and that share of them in time."""
    spans = _provocations(history, other)
    pings = history.of(records.Heartbeat, lambda r: r.user == user and r.level == "application")
    if not spans:
        return unknown("nobody asked too much")
    before = [p.took_ms for p in pings if p.t <= spans[0][0]]
    during = [p for p in pings if any(start <= _sent(p) <= end for start, end in spans)]
    silent = [p for p in pings if not p.answered]
    if silent:
        return failed("a ping was never answered", records=(silent[0].seq,))
    slow = [p for p in during if p.took_ms > limit_s * 1000]
    if len(during) < DURING and not slow:
        return unknown(f"only {len(during)} round trips meanwhile")
    allowed, worst = (1 - SHARE) * len(during), max(p.took_ms for p in during)
    text = f"{len(slow)} of {len(during)} took longer, the slowest {worst:.0f} ms"
    if before:
        text += f", before {max(before):.0f} ms"
    if len(slow) <= allowed:
        return passed(text)
    ours = {p.seq: lag_ms(history, _sent(p), p.t) for p in slow}
    if sum(p.took_ms - ours[p.seq] > limit_s * 1000 for p in slow) <= allowed:
        return unknown(
            f"{text}, but the test machine was up to {max(ours.values()):.0f} ms late",
            "environment",
        )
    return failed(
        f"answers took longer: {text}",
        expected=(f"{SHARE:.0%} within {limit_s * 1000:.0f} ms",),
        seen=tuple(f"{p.took_ms:.0f} ms" for p in slow[:8]),
        records=tuple(p.seq for p in slow[:8]),
    )


@check("during overload by {other}, {user} waits at most {more_s:g} s longer for an answer")
def answers_not_slowed(history: History, user: str, other: str, more_s: float) -> Finding:
    """From a question to the end of its run: so much more than the longest before, at most."""
    spans = _provocations(history, other)
    took = _answer_times(history, user)
    if not spans:
        return unknown("nobody asked too much")
    start, end = spans[0][0], spans[-1][1]
    before = [ms for asked, ms in took if asked < start]
    during = [(asked, ms) for asked, ms in took if start <= asked <= end]
    if not before or not during:
        text = f"{len(before)} questions before, {len(during)} meanwhile"
        return unknown(text)
    limit_ms = max(before) + more_s * 1000
    slow = [(asked, ms) for asked, ms in during if ms > limit_ms]
    text = f"up to {max(ms for _, ms in during):.0f} ms meanwhile, {max(before):.0f} ms before"
    if not slow:
        return passed(text)
    ours = [lag_ms(history, asked, asked + ms / 1000) for asked, ms in slow]
    if all(ms - late <= limit_ms for (_, ms), late in zip(slow, ours, strict=True)):
        return unknown(
            f"{text}, but the test machine was up to {max(ours):.0f} ms late", "environment"
        )
    return failed(text, expected=(f"at most {limit_ms:.0f} ms",), seen=(text,))


@check("{user} is disconnected for not reading")
def slow_reader_disconnected(history: History, user: str, most: int) -> Finding:
    """With over `most` bytes on their way the connection was cut, or closed for them.

    The bytes are proven by another device of the user, which reads. Who reads nothing answers no
    heartbeat either: a close for missed heartbeats, or a cut without a code once a
    heartbeat may have been missed, proves nothing about the bound.
    """
    spans = _provocations(history, user)
    unread = [c for c in history.connections_of(user) if c.provoking is not None]
    if not unread or not spans:
        return unknown("nobody stopped reading")
    story, (start, end) = unread[0], spans[0]
    read = read_meanwhile(history, user)
    text = f"{read / 1e6:.1f} MB were sent meanwhile"
    wanted = ("a close that means unread messages",)
    if read <= most:
        return unknown(f"only {text}")
    closed = story.closed
    if closed is None or not _ended(story):
        return failed(f"the connection was kept; {text}", expected=wanted, seen=("open",))
    if "unread" in closed.causes:
        return passed(f"disconnected; {text}", records=(closed.seq,))
    heartbeat_s = story.ready.fact.heartbeat_s if story.ready is not None else None
    missed = heartbeat_s is None or end - start >= heartbeat_s
    if "silent" in closed.causes or (closed.by != "target" and missed):
        every = f" of {heartbeat_s:g} s" if heartbeat_s is not None else ""
        return unknown(f"a missed heartbeat{every} may have ended it first; {text}", "not_offered")
    if closed.by == "target":
        code = f"close {closed.code or 'without a code'}"
        return failed(code, expected=wanted, seen=(code,), records=(closed.seq,))
    return passed(f"cut off; {text}", records=(closed.seq,))


def read_meanwhile(history: History, user: str) -> int:
    """The bytes that a user's other devices read while one of them read nothing."""
    spans = _provocations(history, user)
    return sum(
        frame.size
        for story in history.connections_of(user)
        if story.provoking is None
        for frame in story.frames
        if frame.direction == "received" and spans and spans[0][0] <= frame.t <= spans[0][1]
    )


@check("memory grows by no more than what {user} was sent and may leave unread explains")
def memory_bounded(history: History, user: str, waiting: int, spare_mb: float) -> Finding:
    """Kept on purpose: all that was sent, for replays, and at most `waiting` bytes once more.

    Each byte of it counts as `IN_MEMORY`; `spare_mb` (10^6 bytes) is for all else.
    """
    sent_mb = read_meanwhile(history, user) / 1e6
    if not sent_mb:
        return unknown("nothing was sent to anyone who reads nothing")
    limit_mb = IN_MEMORY * (sent_mb + waiting / 1e6) + spare_mb
    finding = memory_flat(limit_mb)(history)
    text = f"{finding.summary} while {sent_mb:.1f} MB were sent"
    return msgspec.structs.replace(finding, summary=text)


@check("the deployment's memory grows by at most {limit_mb:g} MB")
def memory_flat(history: History, limit_mb: float) -> Finding:
    """No sample of this scenario is more than `limit_mb` (10^6 bytes) above the first."""
    samples = history.of(records.Sample, lambda s: s.name in MEMORY)
    if len(samples) < 2:
        return unknown(f"{len(samples)} looks at the memory")
    grown_mb = (max(s.value for s in samples) - samples[0].value) / 1e6
    text = f"it grew by {max(grown_mb, 0):.1f} MB"
    if grown_mb > limit_mb:
        return failed(text, expected=(f"at most {limit_mb:g} MB",), seen=(text,))
    return passed(text)


def _flooding(story: ConnectionHistory) -> list[records.Frame]:
    """What was sent on purpose to exceed the rate."""
    if story.provoking is None:
        return []
    sent = [f for f in story.frames if f.direction == "sent"]
    return [f for f in sent if any(isinstance(fact, Cancelling) for fact in f.facts)]


def _pings(story: ConnectionHistory, after: int) -> list[tuple[records.Frame, Pinged]]:
    """The pings that the user sent after the record with the number `after`."""
    sent = (f for f in story.frames if f.direction == "sent" and f.seq > after)
    return [(f, fact) for f in sent for fact in f.facts if isinstance(fact, Pinged)]


def _strange(answer: Rejected | Accepted | Pong, pings: Collection[str]) -> bool:
    """True for a pong that none of these pings asked for."""
    return isinstance(answer, Pong) and answer.nonce not in pings


def _sent_before(history: History, user: str, frame: records.Frame) -> int:
    """How many messages the user had sent, on all their connections, before `frame` arrived."""
    stories = history.connections_of(user)
    sent = (f for c in stories for f in c.frames if f.direction == "sent")
    return sum(f.seq < frame.seq for f in sent)


def _ended(story: ConnectionHistory) -> bool:
    """True when the connection was ended, and not by its user."""
    return story.closed is not None and story.closed.by in ("target", "network")


def _answers(
    story: ConnectionHistory, after: int
) -> list[tuple[records.Frame, Rejected | Accepted | Pong]]:
    """Every answer to a message, in order of arrival."""
    return [
        (frame, fact)
        for frame in story.frames
        if frame.direction == "received" and frame.seq > after
        for fact in frame.facts
        if isinstance(fact, Rejected | Accepted | Pong)
    ]


def _refuses(
    answer: tuple[records.Frame, Rejected | Accepted | Pong], rejected: Sequence[str]
) -> bool:
    return isinstance(answer[1], Rejected) and answer[1].code in rejected


def _provocations(history: History, user: str) -> list[tuple[float, float]]:
    """From when to when the user did something on purpose that the deployment may object to."""
    marks = history.of(records.ProvokedClose, lambda r: r.user == user)
    spans, begun = [], None
    for mark in marks:
        if not mark.done:
            begun = mark.t
        elif begun is not None:
            spans.append((begun, mark.t))
    return spans


def _answer_times(history: History, user: str) -> list[tuple[float, float]]:
    """When each question of the user was asked, and in how many ms its run came to its end."""
    times = []
    for seen in history.asked(user):
        answer = history.accepted(user, seen.fact.request_id)
        run = history.events_of_run(user, answer.run_id or "") if answer else []
        if run and run[-1].fact.type in TERMINAL_EVENTS:
            times.append((seen.frame.t, (run[-1].frame.t - seen.frame.t) * 1000))
    return times


def _sent(ping: records.Heartbeat) -> float:
    return ping.t - ping.took_ms / 1000
