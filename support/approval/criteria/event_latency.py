"""Events arrive in time: on average, and for all but 5 % and 1 % of them."""

from __future__ import annotations

from support.approval.criterion import Judge, Ruling, criterion, lacking, met, short, waived
from support.approval.evidence import Evidence
from support.checks.latency import latency_within
from support.config import Policy
from support.measures.distribution import Figure

_SHARE: dict[Figure, str] = {
    "average": "The average of all events",
    "p95": "The time that 95 of 100 events take at most",
    "p99": "The time that 99 of 100 events take at most",
}


def _limit_ms(policy: Policy, figure: Figure) -> float:
    limit_ms: float = getattr(policy, f"{figure}_latency_ms")
    return limit_ms


def _register(figure: Figure, title: str, rank: int) -> Judge:
    @criterion(
        f"{figure}_latency",
        title,
        rank=rank,
        limit=lambda policy: f"≤ {_limit_ms(policy, figure):,g} ms",
        definition=f"{_SHARE[figure]}: from the event's own timestamp to its arrival, clocks"
        " compared, without injected faults.",
    )
    def event_latency(evidence: Evidence) -> Ruling:
        """That figure over all events of normal service."""
        if evidence.outcomes.lacks("clock"):
            return waived("This kind of backend tells no server_time: clocks cannot be compared.")
        wall, history = evidence.wall, evidence.history
        finding = latency_within(wall, figure, _limit_ms(evidence.policy, figure))(history)
        clock, latency = evidence.figures.clock, evidence.figures.normal.latency
        count, value = latency.count, latency.claimed(figure)
        measured = "not measured"
        if value is not None and clock is not None:
            measured = f"{value:.1f} ms ± {clock.uncertainty_s * 1000:.1f}"
        elif (timed := evidence.figures.normal.timed) is not None and (
            most := timed.every.claimed(figure)
        ) is not None:
            count, measured = timed.every.count, f"at most {most:.1f} ms"
        reason = f"{title}: {finding.summary}."
        if finding.state == "passed":
            ruling = met(measured, count)
        elif finding.state == "failed":
            ruling = short("event_latency", "latency", measured, reason, count)
        else:
            ruling = lacking(measured, reason, count, finding.cause)
        return ruling.counted(value, _limit_ms(evidence.policy, figure), "ms")

    return event_latency


average = _register("average", "Average event latency", 70)
p95 = _register("p95", "Event latency, 95th percentile", 80)
p99 = _register("p99", "Event latency, 99th percentile", 90)
