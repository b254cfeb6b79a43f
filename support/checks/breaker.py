"""Does a user's circuit breaker open, spare the deployment, try again and close?"""

from __future__ import annotations

from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records
from support.measures.reconnect import (
    CLOSED,
    EARLY_S,
    HALF_OPEN,
    OPEN,
    best_effort_attempts,
    moves_of,
)

LEGAL = {(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, CLOSED), (HALF_OPEN, OPEN)}


@check("{user}'s circuit breaker opens after {failures} failures in a row")
def breaker_opened(history: History, user: str, failures: int) -> Finding:
    """Not before, and not later; failures are attempts that nobody greeted."""
    opened = next((m for m in moves_of(history, user) if m.after == OPEN), None)
    tried = [
        c
        for c in best_effort_attempts(history, user)
        if c.ready is None and (opened is None or c.connecting.seq < opened.seq)
    ]
    if opened is None and len(tried) < failures:
        return unknown(f"only {len(tried)} attempts failed")
    if opened is None:
        return failed(f"it is still closed after {len(tried)} failures in a row")
    if len(tried) != failures:
        return failed(f"it opened after {len(tried)}", records=(opened.seq,))
    return passed(opened.reason, records=(opened.seq,))


@check("while {user}'s circuit breaker is open, an attempt fails at once and costs no connection")
def failed_fast(history: History, user: str, cool_down_s: float) -> Finding:
    """Between opening and the probe: attempts, none of them a connection, for the time agreed."""
    moves = moves_of(history, user)
    opened = next((m for m in moves if m.after == OPEN), None)
    if opened is None:
        return unknown("it never opened")
    probe = next((m for m in moves if m.after == HALF_OPEN and m.seq > opened.seq), None)
    until = probe.seq if probe else float("inf")
    made = [c for c in best_effort_attempts(history, user) if opened.seq < c.connecting.seq < until]
    if made:
        text = f"{several(len(made), 'attempt')} cost a connection while it was open"
        return failed(text, records=(made[0].connecting.seq,))
    spared = [f for f in history.of(records.FailedFast) if f.user == user]
    spared = [f for f in spared if opened.seq < f.seq < until]
    if not spared:
        return unknown("nobody tried while it was open")
    if probe is not None and probe.t - opened.t < cool_down_s - EARLY_S:
        return failed(f"it was open for {probe.t - opened.t:.3f} s only")
    return passed(f"{len(spared)} attempts failed at once")


@check("{user}'s circuit breaker lets one trial attempt through, and closes when it succeeds")
def breaker_closed(history: History, user: str) -> Finding:
    """Closed again, over legal steps, with a single attempt in each half-open time."""
    moves = moves_of(history, user)
    if not any(m.after == OPEN for m in moves):
        return unknown("it never opened")
    path = [CLOSED, *(m.after for m in moves)]
    text = " → ".join(path)
    for before, move in zip(path, moves, strict=False):
        if move.before != before or (move.before, move.after) not in LEGAL:
            return failed(f"it went from {move.before} to {move.after}", seen=(text,))
    probes = [m for m in moves if m.after == HALF_OPEN]
    if not probes:
        return unknown("nobody tried after the cool-down")
    for probe in probes:
        end = next((m.seq for m in moves if m.seq > probe.seq), float("inf"))
        through = [
            c for c in best_effort_attempts(history, user) if probe.seq < c.connecting.seq < end
        ]
        if len(through) != 1:
            return failed(f"{len(through)} attempts went through while it was half-open")
    if path[-1] != CLOSED:
        return failed(f"it never closed again: it is {path[-1]}", seen=(text,))
    return passed(text)
