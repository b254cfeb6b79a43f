"""Does anybody have to wait: for events, for a connection, for answers?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records
from support.measures.connections import connect_s, to_be_admitted
from support.measures.histogram import Histogram
from support.measures.lag import surely_slow
from support.measures.questions import asked_at, questions, required_events
from support.measures.throughput import answer_rate_per_s

NEVER = float("inf")


@check("every type of event arrives within {limit_s:g} s of the one before it")
def every_type_within(
    history: History, limit_s: float, share: float = 0.99, at_least: int = 100
) -> Finding:
    """For that share of the events of each kind: from what its run showed last to its arrival.

    What came before the first event of a run is the request. `at_least` runs must have been seen.
    """
    spans, required = step_spans(history), required_events(history)
    waits = {kind: [end - start for start, end in found] for kind, found in spans.items()}
    counts = {kind: len(waits.get(kind, ())) for kind in required}
    rarest = min(counts, key=lambda kind: counts[kind])
    if not counts[rarest] or counts[rarest] < at_least:
        text = f"{rarest} was seen {counts[rarest]} times, which is too few ({at_least} needed)"
        return unknown(text)
    worst: dict[str, float] = {}
    for kind in required:
        slow = [wait for wait in waits[kind] if wait > limit_s]
        worst[kind] = max(waits[kind])
        allowed = (1 - share) * counts[kind]
        if len(slow) > allowed:
            text = (
                f"{kind}: {len(slow)} of {counts[kind]} took longer, the worst {worst[kind]:.2f} s"
            )
            if len(surely_slow(history, spans[kind], limit_s)) <= allowed:
                return unknown(f"{text}, but the test machine was late", "environment")
            expected = (f"{share:.0%} of each kind within {limit_s:g} s",)
            return failed(text, expected=expected, seen=(text,))
    slowest = max(worst, key=lambda kind: worst[kind])
    text = f"{sum(counts.values())} events, the slowest {slowest} after {worst[slowest]:.2f} s"
    return passed(text)


@check("connections are established within {limit_s:g} s")
def connected_within(
    history: History, limit_s: float, share: float = 0.95, at_least: int = 20
) -> Finding:
    """For that share of all who should be admitted: from the first byte sent to the greeting.

    Getting a token is not part of it: who comes back has one. See `signed_in_within`.
    """
    waits = [NEVER if (s := connect_s(c)) is None else s for c in to_be_admitted(history)]
    return _share_within(waits, "connections", limit_s, share, at_least)


@check("users are signed in within {limit_s:g} s")
def signed_in_within(
    history: History, limit_s: float, share: float = 0.95, at_least: int = 2
) -> Finding:
    """For that share of all sign-ins: until the tokens were there, registration included."""
    waits = [r.took_ms / 1000 if r.ok else NEVER for r in history.of(records.SignedIn)]
    return _share_within(waits, "sign-ins", limit_s, share, at_least)


@check("at least {floor_per_s:g} messages a second are answered")
def throughput_at_least(history: History, floor_per_s: float, at_least: int = 100) -> Finding:
    """From the first request to the last answer; a message that is never answered is no throughput.

    `at_least` requests must have been sent, each waiting for nobody but the service.
    """
    asked = questions(history)
    if len(asked) < max(at_least, 1):
        return unknown(f"{len(asked)} messages are too few ({at_least} needed)")
    missing = sum(q.answered_t is None for q in asked)
    rate = answer_rate_per_s(asked)
    if missing or rate is None:
        return failed(f"{missing} of {len(asked)} were never answered")
    took = f"{len(asked)} in {len(asked) / rate:.2f} s"
    text = f"{rate:,.1f} a second ({rate * 60:,.0f} a minute), {took}"
    if rate < floor_per_s:
        return failed(text, expected=(f"at least {floor_per_s:g} a second",), seen=(text,))
    return passed(text)


def step_spans(history: History) -> dict[str, list[tuple[float, float]]]:
    """Kind of event → for each, when its run had shown anything before, and when it came.

    On the device that saw most of a run; runs that were asked for, first event included.
    """
    asked = asked_at(history)
    spans: dict[str, list[tuple[float, float]]] = {}
    for user in dict.fromkeys(user for user, _ in asked):
        for run_id, events in history.runs_seen_by(user).items():
            before = asked.get((user, run_id))
            for seen in events if before is not None else ():
                assert before is not None
                spans.setdefault(seen.fact.type, []).append((before, seen.frame.t))
                before = seen.frame.t
    return spans


def _share_within(
    waits: list[float], noun: str, limit_s: float, share: float, at_least: int
) -> Finding:
    if not waits or len(waits) < at_least:
        return unknown(f"{len(waits)} {noun} are too few ({at_least} needed)")
    slow = [wait for wait in waits if wait > limit_s]
    came = [wait for wait in waits if wait < NEVER]
    worst = f"the worst {max(came):.2f} s" if came else "none came about"
    text = f"{len(slow)} of {len(waits)} {noun} took longer, {worst}"
    if len(slow) > (1 - share) * len(waits):
        return failed(text, expected=(f"{share:.0%} within {limit_s:g} s",), seen=(text,))
    known = Histogram.of(wait * 1000 for wait in came).percentile(share)
    if known is not None:
        text += f", {share:.0%} within {known:.0f} ms"
    return passed(text)
