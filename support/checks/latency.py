"""Do events arrive in time, by the deployment's own times, and can that be said at all?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History
from support.measures.clock import clock_of
from support.measures.distribution import LEAST_SAMPLES, Figure
from support.measures.lag import surely_slow
from support.measures.latency import Latencies, latencies_of
from support.measures.questions import questions
from support.measures.scope import normal_service

NEVER = float("inf")


@check("the first event of an answer arrives within {limit_s:g} s")
def first_sign_within(
    history: History, limit_s: float, share: float = 0.99, at_least: int = 100
) -> Finding:
    """From a request sent to the first event of its run, for that share of all requests."""
    spans = [(q.asked_t, NEVER if q.first_t is None else q.first_t) for q in questions(history)]
    waits = [end - start for start, end in spans]
    if not waits or len(waits) < at_least:
        return unknown(f"{len(waits)} requests are too few ({at_least} needed)")
    slow = [w for w in waits if w > limit_s]
    text = f"{len(slow)} of {len(waits)} took longer, the worst {max(waits):.2f} s"
    allowed = (1 - share) * len(waits)
    if len(slow) > allowed:
        if len(surely_slow(history, spans, limit_s)) <= allowed:
            return unknown(f"{text}, but the test machine was late", "environment")
        return failed(text, expected=(f"{share:.0%} within {limit_s:g} s",), seen=(text,))
    return passed(text)


@check("{figure} event latency is at most {limit_ms:g} ms", needs="clock")
def latency_within(history: History, wall: float, figure: Figure, limit_ms: float) -> Finding:
    """The figure is within the limit, over enough events, by clocks that can be compared."""
    clock = clock_of(history, wall)
    if clock is None:
        return unknown("no ping was answered, so the two clocks cannot be compared")
    measured = latencies_of(normal_service(history), clock, wall)
    # Who reads late overstates: with too few that are known, all together are an upper bound.
    values = measured.values
    if values.count < LEAST_SAMPLES[figure] <= measured.every.count:
        values = measured.every
    known = not measured.unsure or values.count < measured.every.count
    count = values.count
    if count < LEAST_SAMPLES[figure]:
        return unknown(f"{count:,} events are too few ({LEAST_SAMPLES[figure]:,} needed)")
    if clock.uncertainty_s * 1000 > limit_ms:
        return unknown(
            f"the clocks can be compared to ± {clock.uncertainty_s * 1000:.0f} ms only",
            "environment",
        )
    if contradiction := _contradiction(measured, count):
        return contradiction
    value = values.at(figure)
    over = f"over {count:,} events ({clock.text})"
    if measured.unsure and known:
        over += f", not counting {measured.unsure:,} that this machine may have read late"
    elif measured.unsure:
        over += f", {measured.unsure:,} of which this machine may have read late"
    text = f"{value:.1f} ms {over}"
    if value <= limit_ms:
        return passed(text)
    if value - measured.worst_lag_ms <= limit_ms:
        return unknown(
            f"{text}, but the test machine was up to {measured.worst_lag_ms:.0f} ms late",
            "environment",
        )
    least = value if known else measured.at_least.at(figure)
    if least <= limit_ms:
        return unknown(
            f"{text}, but the test machine was late: at least {least:.1f} ms", "environment"
        )
    return failed(
        f"{figure} {value:.1f} ms, limit {limit_ms:g} ms, {over}",
        expected=(f"at most {limit_ms:g} ms",),
        seen=(text,),
    )


def _contradiction(measured: Latencies, count: int) -> Finding | None:
    """Event times that cannot be true by the deployment's own clock."""
    if measured.early:
        return failed(
            f"{measured.early} of {count} events bear times ahead of their own arrival:"
            " the deployment's event times contradict its clock",
            expected=("events that happen before they arrive",),
            seen=(f"{measured.early} events from the future",),
        )
    if measured.uncaused:
        return failed(
            f"{measured.uncaused} of {count} events bear times before the request that they"
            " answer: the deployment's event times contradict its clock",
            expected=("events that happen after they were asked for",),
            seen=(f"{measured.uncaused} events from before",),
        )
    return None
