"""Does a user's app come back by itself as it should: in growing pauses, and not for ever?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.journal import ConnectionHistory, History, records
from support.measures.reconnect import EARLY_S, arrivals_of, best_effort_attempts, reconnect_figures

LATE_S = 1.0  # what a busy machine may add to a pause
SAME = 1e-6  # seconds: a pause may be longer or shorter by a rounding
LEAST_TOGETHER = 20  # people, to tell a spread from chance


@dataclass
class Try:
    """One attempt that was planned, and what came of it: a connection, or a quick refusal."""

    planned: records.ReconnectScheduled
    story: ConnectionHistory | None = None
    fast: records.FailedFast | None = None


@dataclass
class Round:
    """The attempts after one loss, and how they ended: back, given up, or (None) still at it."""

    tries: list[Try] = field(default_factory=list)
    end: records.Reconnected | records.ReconnectGaveUp | None = None


def rounds_of(history: History, user: str) -> list[Round]:
    """Every round of attempts that the user's app planned, in order."""
    rounds: list[Round] = []
    for record in history.records:
        if getattr(record, "user", "") != user:
            continue
        if isinstance(record, records.ReconnectScheduled):
            if record.attempt == 1:
                rounds.append(Round())
            if rounds:
                rounds[-1].tries.append(Try(record))
        elif isinstance(record, records.ReconnectGaveUp) and (not rounds or rounds[-1].end):
            rounds.append(Round(end=record))
        elif not rounds or rounds[-1].end is not None:
            continue
        elif isinstance(record, records.Reconnected | records.ReconnectGaveUp):
            rounds[-1].end = record
        elif isinstance(record, records.Connecting) and rounds[-1].tries[-1].story is None:
            rounds[-1].tries[-1].story = history.connections[record.connection]
        elif isinstance(record, records.FailedFast):
            rounds[-1].tries[-1].fast = record
    return rounds


@check("{user}'s app backs off before each reconnect attempt")
def backed_off(history: History, user: str, pauses_s: Sequence[float], jitter: float) -> Finding:
    """Each pause is the promised one, shortened by no more than the share `jitter`, and was kept.

    `pauses_s` are the longest ones, by attempt. No attempt was made without a pause before it.
    """
    tries = [t for turn in rounds_of(history, user) for t in turn.tries]
    if len(tries) < 2:
        return unknown(f"too few attempts to show a pace: {len(tries)}")
    pauses = tuple(f"attempt {t.planned.attempt}: {t.planned.pause_s:.3f} s" for t in tries)
    for tried in tries:
        wrong = _pause_problem(tried, pauses_s, jitter)
        if wrong:
            return failed(wrong, seen=pauses, records=(tried.planned.seq,))
    made = sum(t.story is not None for t in tries)
    if len(best_effort_attempts(history, user)) != made:
        more = len(best_effort_attempts(history, user)) - made
        return failed(f"{several(more, 'attempt')} without any pause", seen=pauses)
    return passed(f"{len(tries)} attempts; {'; '.join(pauses)}")


@check("users disconnected together reconnect at different times")
def reconnects_jittered(
    history: History, users: Sequence[str], pauses_s: Sequence[float], jitter: float
) -> Finding:
    """Their connections reached the deployment over at least half of what chance leaves to a pause.

    Of those who came back at the same attempt, most of them all: from the first arrival to the
    last, on the wire. The pauses that their apps really made must be as far apart, or it was a slow
    machine that spread them. Chance alone spreads 20 people that little once in 20,000 times.
    """
    arrivals = arrivals_of(history)
    moments: dict[int, list[tuple[records.Arrived, float]]] = {}
    for user in users:
        for turn in rounds_of(history, user)[:1]:
            last = turn.tries[-1] if isinstance(turn.end, records.Reconnected) else None
            if last is not None and last.story is not None and last.story.id in arrivals:
                paused_s = last.story.connecting.t - last.planned.t
                moment = (arrivals[last.story.id], paused_s)
                moments.setdefault(len(turn.tries), []).append(moment)
    attempt = max(moments, key=lambda number: len(moments[number]), default=0)
    came = sorted(moments.get(attempt, ()), key=lambda moment: moment[0].t)
    if len(came) < LEAST_TOGETHER or len(came) * 2 < len(set(users)):
        text = f"{len(came)} of {len(set(users))} people came back at the same attempt"
        return unknown(f"{text} ({LEAST_TOGETHER} needed)")
    least_s = pauses_s[min(attempt, len(pauses_s)) - 1] * jitter / 2
    if not least_s:
        return unknown("no pause is left to chance in this environment")
    first, final, pauses = came[0][0], came[-1][0], [paused_s for _, paused_s in came]
    spread_s, apart_s = final.t - first.t, max(pauses) - min(pauses)
    text = (
        f"{len(came)} people came back within {spread_s * 1000:.0f} ms, at attempt {attempt},"
        f" after pauses that differ by up to {apart_s * 1000:.0f} ms"
    )
    if min(spread_s, apart_s) < least_s:
        return failed(
            text,
            expected=(f"spread over at least {least_s * 1000:.0f} ms",),
            seen=(text,),
            records=(first.seq, final.seq),
        )
    return passed(text)


@check("{user}'s app reconnected by itself")
def reconnected(
    history: History, user: str, at_least: int = 1, within_s: float | None = None
) -> Finding:
    """Back after at least so many attempts: greeted, and subscribed from where the user was.

    Within `within_s` of the loss, if that is given.
    """
    rounds = rounds_of(history, user)
    if not rounds:
        return unknown("it never had to")
    end = rounds[-1].end
    if not isinstance(end, records.Reconnected):
        text = f"it gave up: {end.reason}" if end else "it is still trying"
        return failed(text, records=(end.seq,) if end else ())
    story = rounds[-1].tries[-1].story
    if story is None or story.ready is None:
        return failed("it says so, but nobody greeted it", records=(end.seq,))
    if within_s is not None and end.took_s > within_s:
        text = f"it took {end.took_s:.2f} s"
        return failed(text, expected=(f"at most {within_s:g} s",), records=(end.seq,))
    if len(rounds[-1].tries) < at_least:
        return unknown(f"it took {several(len(rounds[-1].tries), 'attempt')} only")
    return passed(f"attempt {end.attempts}, after {end.took_s:.2f} s")


@check("{user}'s app gives up after {attempts} attempts, and says so")
def reconnect_gave_up(history: History, user: str, attempts: int) -> Finding:
    """That many attempts, none of them successful, then a word of it, and no attempt after it."""
    rounds = rounds_of(history, user)
    if not rounds:
        return unknown("it never had to try")
    made, end = rounds[-1].tries, rounds[-1].end
    if isinstance(end, records.Reconnected):
        return unknown("it came back")
    if len(made) != attempts:
        return failed(f"it made {len(made)} attempts", expected=(f"{attempts}",))
    if end is None:
        return failed("it did not report it", expected=("a report that it gave up",))
    later = [c for c in best_effort_attempts(history, user) if c.connecting.seq > end.seq]
    if later:
        return failed(f"it went on: {several(len(later), 'attempt')} after it had given up")
    return passed(f"{end.attempts} attempts; then: {end.reason}", records=(end.seq,))


@check("{user}'s app does not retry after a permanent refusal")
def no_retry_after_refusal(history: History, user: str) -> Finding:
    """After a refusal as it is agreed for bad tokens, no attempt more, and a word of why."""
    refused = [c for c in best_effort_attempts(history, user) if c.refused and c.refused.agreed]
    if not refused:
        return unknown("it was never rejected")
    first = refused[0]
    later = [
        c for c in best_effort_attempts(history, user) if c.connecting.seq > first.connecting.seq
    ]
    if later:
        text = f"it tried {several(len(later), 'more time')} after a permanent rejection"
        return failed(text, expected=("no attempt more",))
    ends = [e for e in history.of(records.ReconnectGaveUp) if e.user == user]
    if not ends or not ends[-1].final:
        return failed("it never reported that it has given up permanently")
    return passed(ends[-1].reason, records=(ends[-1].seq,))


@check("at least {floor:.0%} of the reconnect attempts that reach the deployment succeed")
def retries_succeed(
    history: History, users: Sequence[str], floor: float, at_least: int = 1
) -> Finding:
    """Of all these people together, and what their apps say of attempts is what was recorded.

    Attempts that our own network refused never reached the deployment and are not counted.
    """
    figures = [reconnect_figures(history, user) for user in users]
    reached = sum(f.attempts - f.blocked for f in figures)
    if not reached or reached < at_least:
        return unknown(f"{reached} attempts reached the deployment ({at_least} needed)")
    for user in users:
        claimed = sum(r.attempts for r in history.of(records.Reconnected) if r.user == user)
        claimed += sum(r.attempts for r in history.of(records.ReconnectGaveUp) if r.user == user)
        planned = len(history.of(records.ReconnectScheduled, lambda r, u=user: r.user == u))  # type: ignore[misc]
        if claimed != planned:
            name = person(user)
            return failed(f"{name}'s app says {claimed} attempts, and planned {planned}")
    successes = sum(f.successes for f in figures)
    text = f"{successes} of {reached} succeeded ({successes / reached:.0%})"
    if successes < floor * reached:
        return failed(text, expected=(f"at least {floor:.0%}",), seen=(text,))
    return passed(text)


def _pause_problem(tried: Try, pauses_s: Sequence[float], jitter: float) -> str:
    number, pause_s = tried.planned.attempt, tried.planned.pause_s
    if number > len(pauses_s):
        return f"there was an attempt {number}, and {len(pauses_s)} is the most there may be"
    longest_s = pauses_s[number - 1]
    least_s = longest_s * (1 - jitter)
    announced = tried.planned.announced_s
    if not least_s - SAME <= pause_s - announced <= longest_s + SAME:
        return (
            f"the pause before attempt {number} was to be {pause_s:.3f} s,"
            f" not {least_s:.3f} to {longest_s:.3f} s"
        )
    next_up = tried.story.connecting if tried.story else tried.fast
    if next_up is None:
        return ""
    waited_s = next_up.t - tried.planned.t
    if not pause_s - EARLY_S <= waited_s <= pause_s + LATE_S:
        return f"attempt {number} came after {waited_s:.3f} s, not after {pause_s:.3f} s"
    return ""
