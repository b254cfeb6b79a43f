"""Does a user's app come back by itself as it should: in growing pauses, and not for ever?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import ConnectionStory, History, records
from support.measures.reconnect import hoped_for, reconnect_figures

EARLY_S = 0.002  # timers may come that much early
LATE_S = 1.0  # what a busy machine may add to a pause
SAME = 1e-6  # shares of chance that differ by less are the same


@dataclass
class Try:
    """One attempt that was planned, and what came of it: a connection, or a quick refusal."""

    planned: records.Retrying
    story: ConnectionStory | None = None
    fast: records.FailedFast | None = None


@dataclass
class Round:
    """The attempts after one loss, and how they ended: back, given up, or (None) still at it."""

    tries: list[Try] = field(default_factory=list)
    end: records.Healed | records.StoppedTrying | None = None


def rounds_of(history: History, user: str) -> list[Round]:
    """Every round of attempts that the user's app planned, in order."""
    rounds: list[Round] = []
    for record in history.records:
        if getattr(record, "user", "") != user:
            continue
        if isinstance(record, records.Retrying):
            if record.attempt == 1:
                rounds.append(Round())
            if rounds:
                rounds[-1].tries.append(Try(record))
        elif isinstance(record, records.StoppedTrying) and (not rounds or rounds[-1].end):
            rounds.append(Round(end=record))
        elif not rounds or rounds[-1].end is not None:
            continue
        elif isinstance(record, records.Healed | records.StoppedTrying):
            rounds[-1].end = record
        elif isinstance(record, records.Connecting) and rounds[-1].tries[-1].story is None:
            rounds[-1].tries[-1].story = history.connections[record.connection]
        elif isinstance(record, records.FailedFast):
            rounds[-1].tries[-1].fast = record
    return rounds


@check("{user}'s app waits longer and longer before each attempt to come back")
def backed_off(
    history: History, question: str, user: str, pauses_s: Sequence[float], jitter: float
) -> Finding:
    """Each pause is the promised one, shortened by no more than the share `jitter`, and was kept.

    `pauses_s` are the longest ones, by attempt. No attempt was made without a pause before it.
    """
    tries = [t for turn in rounds_of(history, user) for t in turn.tries]
    if len(tries) < 2:
        return unknown(question, f"{len(tries)} attempt(s) show no pace")
    pauses = tuple(f"attempt {t.planned.attempt}: {t.planned.pause_s:.3f} s" for t in tries)
    for tried in tries:
        wrong = _pause_problem(tried, pauses_s, jitter)
        if wrong:
            return failed(question, wrong, seen=pauses, records=(tried.planned.seq,))
    made = sum(t.story is not None for t in tries)
    if len(hoped_for(history, user)) != made:
        more = len(hoped_for(history, user)) - made
        return failed(question, f"{more} attempt(s) were made without any pause", seen=pauses)
    return passed(question, f"{len(tries)} attempts; {'; '.join(pauses)}")


@check("no two of them come back at the same moment")
def spread_out(
    history: History, question: str, users: Sequence[str], pauses_s: Sequence[float]
) -> Finding:
    """Chance shortened the pauses of each differently, attempt by attempt."""
    shares: dict[int, list[float]] = {}
    for user in users:
        for tried in (t for turn in rounds_of(history, user)[:1] for t in turn.tries):
            number = tried.planned.attempt
            if number <= len(pauses_s):
                own_s = tried.planned.pause_s - tried.planned.announced_s
                share = own_s / pauses_s[number - 1]
                shares.setdefault(number, []).append(share)
    compared = {n: found for n, found in shares.items() if len(found) == len(set(users)) > 1}
    if not compared:
        return unknown(question, "no two of them were away together")
    for number, found in compared.items():
        apart = [b - a for a, b in zip(sorted(found), sorted(found)[1:], strict=False)]
        if min(apart) < SAME:
            return failed(
                question,
                f"attempt {number} of two of them came after the very same pause",
                expected=("pauses left to chance",),
                seen=tuple(f"{share:.3f} of the longest pause" for share in found),
            )
    return passed(question, f"{len(compared)} attempts of each, all at moments of their own")


@check("{user}'s app has come back by itself")
def came_back(history: History, question: str, user: str, at_least: int = 1) -> Finding:
    """Back after at least so many attempts: greeted, and subscribed from where the user was."""
    rounds = rounds_of(history, user)
    if not rounds:
        return unknown(question, "it never had to")
    end = rounds[-1].end
    if not isinstance(end, records.Healed):
        told = f"it gave up: {end.reason}" if end else "it is still trying"
        return failed(question, told, records=(end.seq,) if end else ())
    story = rounds[-1].tries[-1].story
    if story is None or story.ready is None:
        return failed(question, "it says so, but nobody greeted it", records=(end.seq,))
    if len(rounds[-1].tries) < at_least:
        return unknown(question, f"it took {len(rounds[-1].tries)} attempt(s) only")
    return passed(question, f"attempt {end.attempts}, after {end.took_s:.2f} s")


@check("{user}'s app gives up after {attempts} attempts, and says so")
def gave_up(history: History, question: str, user: str, attempts: int) -> Finding:
    """That many attempts, none of them successful, then a word of it, and no attempt after it."""
    rounds = rounds_of(history, user)
    if not rounds:
        return unknown(question, "it never had to try")
    made, end = rounds[-1].tries, rounds[-1].end
    if isinstance(end, records.Healed):
        return unknown(question, "it came back")
    if len(made) != attempts:
        return failed(question, f"it made {len(made)} attempts", expected=(f"{attempts}",))
    if end is None:
        return failed(question, "it never said so", expected=("a word that it gave up",))
    later = [c for c in hoped_for(history, user) if c.connecting.seq > end.seq]
    if later:
        return failed(question, f"it went on: {len(later)} attempt(s) after it had given up")
    return passed(question, f"{end.attempts} attempts; then: {end.reason}", records=(end.seq,))


@check("{user}'s app does not insist where it was turned away for good")
def not_insisting(history: History, question: str, user: str) -> Finding:
    """After a refusal as it is agreed for bad tokens, no attempt more, and a word of why."""
    turned_away = [c for c in hoped_for(history, user) if c.refused and c.refused.agreed]
    if not turned_away:
        return unknown(question, "it was never turned away")
    first = turned_away[0]
    later = [c for c in hoped_for(history, user) if c.connecting.seq > first.connecting.seq]
    if later:
        told = f"it tried {len(later)} more time(s) after it had been turned away for good"
        return failed(question, told, expected=("no attempt more",))
    ends = [e for e in history.of(records.StoppedTrying) if e.user == user]
    if not ends or not ends[-1].final:
        return failed(question, "it never said that it has given up for good")
    return passed(question, ends[-1].reason, records=(ends[-1].seq,))


@check("how often the attempts of {user} to come back succeed is known")
def retries_measured(history: History, question: str, user: str) -> Finding:
    """There were attempts, and what the app says of them is what the wire says."""
    figures = reconnect_figures(history, user)
    if figures.rate is None:
        return unknown(question, "there was no attempt")
    claimed = sum(r.attempts for r in history.of(records.Healed) if r.user == user)
    claimed += sum(r.attempts for r in history.of(records.StoppedTrying) if r.user == user)
    planned = len([r for r in history.of(records.Retrying) if r.user == user])
    told = f"{figures.successes} of {figures.attempts} succeeded ({figures.rate:.0%})"
    if claimed != planned:
        return failed(question, f"it says {claimed} attempts, and planned {planned}", seen=(told,))
    return passed(question, told)


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
