"""What is wrong with a guilty line of a transcript, where the line itself does not say so."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval import Evidence, RootCause
from support.checks.finding import person
from support.checks.isolation import Violation, by_message
from support.config.policy import Policy
from support.journal import SECRETS
from support.journal.records import Frame
from support.measures.clock import Clock
from support.measures.latency import latency_of
from support.measures.questions import live_events


def guilty_notes(
    causes: Sequence[RootCause], evidence: Evidence, clock: Clock | None, leaks: Sequence[Violation]
) -> dict[int, str]:
    """Number of a record that shows a cause → by how much it was late, or whose data it holds."""
    late = {n for cause in causes if cause.severity == "latency" for n in _records(cause)}
    leaked = {n for cause in causes if cause.severity != "latency" for n in _records(cause)}
    notes = _of_others([leak for leak in leaks if leak.seq in leaked], evidence)
    if clock is None:
        return notes
    for seen in live_events(evidence.history) if late else ():
        if seen.frame.seq in late:
            latency_ms = latency_of(seen, clock, evidence.wall)
            if latency_ms is not None and (limit := exceeded(latency_ms, evidence.policy)):
                notes[seen.frame.seq] = f"latency {latency_ms:.1f} ms, {limit}"
    return notes


def exceeded(latency_ms: float, policy: Policy) -> str:
    """The highest of the policy's limits that one event of that latency exceeds; empty: none."""
    limits = {
        "average": policy.average_latency_ms,
        "p95": policy.p95_latency_ms,
        "p99": policy.p99_latency_ms,
    }
    over = {name: limit for name, limit in limits.items() if latency_ms > limit}
    name = max(over, key=lambda name: over[name], default="")
    return f"{name} limit {over[name]:,g} ms" if name else ""


def _records(cause: RootCause) -> set[int]:
    return {*cause.records, *(number for _, numbers in cause.shown for number in numbers)}


def _of_others(leaks: Sequence[Violation], evidence: Evidence) -> dict[int, str]:
    """What stands in a message of somebody else's; of a secret the transcript tells itself."""
    numbers = {leak.seq for leak in leaks}
    frames = evidence.history.of(Frame, lambda frame: frame.seq in numbers)
    told = {f.seq for f in frames if any(m.startswith(SECRETS) for m in f.mentions)}
    whose: dict[int, list[str]] = {}
    for leak in by_message(leaks):
        if leak.seq not in told:
            whose.setdefault(leak.seq, []).append(f"{leak.what} of {person(leak.owner)}")
    return {number: "; ".join(said) for number, said in whose.items()}
