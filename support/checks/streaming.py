"""Do the parts of answers come as they are written, or held back, all at once?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from support.checks.answers import response
from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, Seen, records
from support.journal.facts import DELTA, Accepted, Event

LEAST_PARTS = 10  # so many parts, or words in the answer: fewer may well come at once
LEAST_RUNS = 3  # the network may hold back the parts of one answer
TIMES_AS_FAST = 5.0  # as the dialect says: no answer is written like that


@check("the parts of answers arrive as they are written, not held back")
def answers_streamed(history: History) -> Finding:
    """Of at least three answers of some length, one at least took its time.

    Nothing is said where the network was disturbed, or the dialect promises no pace.
    """
    answers = history.facts(Accepted)
    if answers and all(answer.fact.deltas_per_s is None for answer in answers):
        return unknown("the dialect promises no pace", "not_offered")
    runs = list(_long_answers(history))
    bursts = [seq for seq, burst in runs if burst]
    if len(runs) < LEAST_RUNS:
        return unknown(f"only {len(runs)} answers of some length have a promised pace")
    text = f"{len(bursts)} of {len(runs)} answers came in one burst"
    if len(bursts) == len(runs):
        return failed(text, expected=("parts as they are written",), records=tuple(bursts[:50]))
    return passed(text)


def _long_answers(history: History) -> Iterator[tuple[int, bool]]:
    """The last frame of each long answer with a promised pace, and whether it was held back."""
    if any(isinstance(r, records.Fault | records.Control) for r in history.records):
        return
    for answer in history.facts(Accepted):
        pace, user = answer.fact.deltas_per_s, answer.frame.user
        run = history.events_of_run(user, answer.fact.run_id or "")
        parts = [seen for seen in run if seen.fact.type == DELTA]
        said = response([seen.fact for seen in run])
        if pace is None or answer.fact.duplicate or not said:
            continue
        if max(len(parts), len(said.split())) >= LEAST_PARTS and _timed(run):
            yield run[-1].frame.seq, _took_s(parts) < len(parts[1:]) / pace / TIMES_AS_FAST


def _timed(run: Sequence[Seen[Event]]) -> bool:
    """True where it is known when each part arrived, on one connection."""
    one = len({seen.frame.connection for seen in run}) == 1
    return one and all(seen.frame.unsure_ms is not None for seen in run)


def _took_s(parts: Sequence[Seen[Event]]) -> float:
    """From the first part to the last, at most; an answer in one part took no time."""
    if len(parts) < 2:
        return -1.0
    first = parts[0].frame
    return parts[-1].frame.t - first.t + (first.unsure_ms or 0.0) / 1000
