"""Connections that the deployment may end, and what nobody promised to those who come back."""

from __future__ import annotations

from collections.abc import Sequence

from support.checks.finding import Finding, unknown
from support.checks.wrong import Wrong
from support.journal import ConnectionHistory, History
from support.journal.facts import Accepted, Closing

#: Whole seconds, and the way of the close.
_ROUNDED_S = 1.0
#: So long after a notice without a time, beyond the pause that it asks for, any restart has begun.
RESTART_S = 60.0
#: Notices of one connection, each with the time at which it arrived.
Notices = Sequence[tuple[float, Closing]]
#: What may be wrong with a run of which a part was never promised.
_UNPROMISED = ("run_silent", "run_unfinished", "event_missing", "call_unknown")


def time_was_up(story: ConnectionHistory) -> bool:
    """True where a connection was ended for its age, or after the time that was announced."""
    closed = story.closed
    if closed is None or closed.by not in ("target", "network"):
        return False
    if "aged" in closed.causes:
        return True
    left = [seen for seen in story.facts(Closing) if seen.fact.time_left_s is not None]
    return bool(left) and early_s(story) == 0.0


def early_s(story: ConnectionHistory) -> float:
    """By how much a connection ended before the time that was announced to be left; 0: it did not.

    A notice without a time says when to come back, not when the connection ends.
    """
    return 0.0 if story.closed is None else _early_s(_notices(story), story.closed.t)


def was_announced(story: ConnectionHistory) -> bool:
    """True where a notice said that the connection would end, and so it did."""
    return story.closed is not None and announced(_notices(story), story.closed.t)


def announced(notices: Notices, closed_at: float) -> bool:
    """True where one of `notices` covers an end at that time.

    The connection may end at any time after the time that was left. A notice without one covers an
    end within a minute and the pause after which users are to come back.
    """
    if _early_s(notices, closed_at):
        return False
    return any(
        notice.time_left_s is not None
        or closed_at - at <= RESTART_S + (notice.retry_after_s or 0.0)
        for at, notice in notices
    )


def _early_s(notices: Notices, closed_at: float) -> float:
    ends = [at + notice.time_left_s for at, notice in notices if notice.time_left_s is not None]
    early = min(ends, default=0.0) - closed_at
    return early if early > _ROUNDED_S else 0.0


def _notices(story: ConnectionHistory) -> Notices:
    return [(seen.frame.t, seen.fact) for seen in story.facts(Closing)]


def promised(
    history: History, user: str, run_id: str | None, problems: Sequence[Wrong]
) -> list[Wrong]:
    """`problems` of a run, less those of a part that nobody promised to its user."""
    left = [problem for problem in problems if problem.code not in _UNPROMISED]
    unpromised = len(left) < len(problems) and is_unpromised(history, user, run_id)
    return left if unpromised else list(problems)


def is_unpromised(history: History, user: str, run_id: str | None) -> bool:
    """True for a run under way on a device that came back `anew`: the rest may never come."""
    answers = [s for s in history.facts(Accepted, user=user) if s.fact.run_id == run_id]
    if not answers:
        return False
    begun = answers[0].frame
    for device in history.devices_of(user):
        if all(story.id != begun.connection for story in device):
            continue
        for story in device:
            later = story.ready is not None and story.ready.frame.seq > begun.seq
            if later and story.ready is not None and story.ready.fact.anew:
                return True
            if any(s.fact.run_id == run_id and s.fact.ends_run for s in story.events):
                return False
    return False


def not_promised() -> Finding:
    """The answer about a run of which a part was never promised."""
    text = "the connection was lost on the way, and nothing is promised to a user who comes back"
    return unknown(text, "not_offered")
