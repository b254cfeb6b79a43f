"""The run's performance on one page: each figure beside its limit; what was not measured says so.

Figures that are criteria are told in the verdict's own words and with its own answer, so that the
two can not differ. The others are of normal service, and have no limit that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from support.approval.model import CriterionResult, State
from support.checks import clock_of, latencies
from support.checks.disturbance import disturbed
from support.checks.latency import LEAST_SAMPLES, Figure
from support.journal import History, records
from support.journal.facts import Accepted, Event
from support.report.pictures import style
from support.report.pictures.style import Drawing
from support.target import Policy

_LEFT, _RIGHT = 250, 520
_ROW = 36
_TITLE = "How the service performed"
_UNIT = (
    "each bar is as long as its share of the limit, the dashed line; what has no bar has no limit"
)
_FIGURES: tuple[Figure, ...] = ("average", "p95", "p99")
#: The answers of the verdict, in words that fit in here.
_SAID: dict[State, str] = {
    "fail": ": not met",
    "invalid": ": not valid",
    "waived": ": not required",
}


@dataclass(frozen=True)
class Measure:
    """One line: what was measured, in words, and its share of the limit where there is one."""

    name: str
    told: str = ""
    limit: str = ""
    share: float | None = None
    state: State = "pass"

    @property
    def words(self) -> str:
        """The line for those who can not see it."""
        return f"{self.name}: {self.told or 'not measured'}{self.limit and f' ({self.limit})'}"


def dashboard(
    history: History, wall: float, policy: Policy, criteria: Sequence[CriterionResult]
) -> str:
    """The performance of a run as SVG; empty when nobody ever tried to connect."""
    if not history.connections:
        return ""
    lines = measures(history, wall, policy, criteria)
    drawing = Drawing(_TITLE, ". ".join(line.words for line in lines), _UNIT)
    y = 62.0
    for line in lines:
        _row(drawing, y, line)
        y += _ROW
    return drawing.svg(y + 6)


def measures(
    history: History, wall: float, policy: Policy, criteria: Sequence[CriterionResult]
) -> list[Measure]:
    """Every line of the dashboard, in order."""
    judged = {result.name: result for result in criteria}
    ours = disturbed(history)
    normal = History([r for r in history.records if r.scenario not in ours])
    memory = [s.value for s in _samples(history, "target_memory_bytes")]
    grown_mb = (max(memory) - memory[0]) / 1e6 if len(memory) > 1 else None
    return [
        *_latencies(history, wall, policy, judged),
        _criterion("Memory growth", judged.get("memory_growth"), grown_mb, policy.memory_growth_mb),
        _waits("Connecting, until greeted", _connecting(normal)),
        _waits("Question to its first event", _first_events(normal)),
        _waits("Ping to its answer", _pings(normal)),
        _throughput(normal),
        _lag(normal),
    ]


def _latencies(
    history: History, wall: float, policy: Policy, judged: dict[str, CriterionResult]
) -> list[Measure]:
    clock = clock_of(history, wall)
    measured = latencies(history, clock, wall) if clock else None
    found = []
    for figure in _FIGURES:
        enough = measured is not None and len(measured.samples) >= LEAST_SAMPLES[figure]
        value = measured.figure(figure) if measured is not None and enough else None
        name = "Event latency, " + ("average" if figure == "average" else f"{figure[1:]} of 100")
        limit_ms: float = getattr(policy, f"{figure}_latency_ms")
        found.append(_criterion(name, judged.get(f"{figure}_latency"), value, limit_ms))
    return found


def _criterion(
    name: str, result: CriterionResult | None, value: float | None, limit: float
) -> Measure:
    if result is None or value is None:
        limited = f"limit {result.limit}" if result is not None else ""
        return Measure(name, _too_few(result), limited, None, "no_evidence")
    return Measure(
        name,
        result.measured + _SAID.get(result.state, ""),
        f"limit {result.limit}",
        max(value, 0.0) / limit if limit else None,
        result.state,
    )


def _too_few(result: CriterionResult | None) -> str:
    count = result.samples if result is not None else None
    return f"not measured: only {count:,}" if count else ""


def _connecting(history: History) -> list[float]:
    """Milliseconds from the first byte of a handshake to the greeting."""
    return [
        (story.ready.frame.t - story.connecting.t) * 1000
        for story in history.connections.values()
        if story.connecting.expect == "admitted" and story.ready is not None
    ]


def _first_events(history: History) -> list[float]:
    first: dict[tuple[str, str], float] = {}
    for seen in history.facts(Event):
        if seen.fact.run_id is not None:
            first.setdefault((seen.frame.user, seen.fact.run_id), seen.frame.t)
    runs = {(s.frame.user, s.fact.request_id): s.fact.run_id for s in history.facts(Accepted)}
    begun = (
        (first.get((s.frame.user, runs.get((s.frame.user, s.fact.request_id)) or "")), s.frame.t)
        for s in history.asked()
    )
    return [(event - asked) * 1000 for event, asked in begun if event is not None]


def _pings(history: History) -> list[float]:
    """Round trips in milliseconds, of heartbeats and of fences."""
    beats = [h.took_ms for h in history.of(records.Heartbeat) if h.answered]
    return beats + [f.took_ms for f in history.of(records.Fence) if f.held]


def _waits(name: str, waits_ms: list[float]) -> Measure:
    if not waits_ms:
        return Measure(name)
    told = f"{_ms(median(waits_ms))} in the middle, {_ms(max(waits_ms))} at most"
    return Measure(name, told, f"{len(waits_ms):,} times")


def _throughput(history: History) -> Measure:
    """Events by whole second of the journal: the busiest second, and all of them."""
    name = "Events delivered"
    arrivals = [seen.frame.t for seen in history.facts(Event)]
    if not arrivals:
        return Measure(name)
    seconds: dict[int, int] = {}
    for t in arrivals:
        seconds[int(t)] = seconds.get(int(t), 0) + 1
    return Measure(name, f"{len(arrivals):,}", f"{max(seconds.values()):,} in the busiest second")


def _lag(history: History) -> Measure:
    name = "Our own machine was late by"
    lags = [sample.value for sample in _samples(history, "loop_lag_ms")]
    if not lags:
        return Measure(name)
    return Measure(name, f"{_ms(max(lags))} at most", "figures may be too high by this")


def _samples(history: History, name: str) -> list[records.Sample]:
    return history.of(records.Sample, lambda sample: sample.name == name)


def _ms(value: float) -> str:
    return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.1f} ms"


def _row(drawing: Drawing, y: float, line: Measure) -> None:
    drawing.text(style.MARGIN, y + 17, line.name, bold=True, room=_LEFT - style.MARGIN)
    if line.share is not None:
        _bar(drawing, y, line.share, line.state)
        at, room = _RIGHT + 16, style.WIDTH - _RIGHT - 180
    elif line.state == "no_evidence":
        drawing.hatch("away", _LEFT, y, _RIGHT - _LEFT, 24)
        at, room = _RIGHT + 16, style.WIDTH - _RIGHT - 180
    else:
        at, room = _LEFT, _RIGHT - _LEFT + 130
    grey = style.MUTED if not line.told or line.state == "no_evidence" else style.INK
    drawing.text(at, y + 17, line.told or "not measured", fill=grey, room=room,
                 bold=line.state == "fail")  # fmt: skip
    drawing.text(style.WIDTH - style.MARGIN, y + 17, line.limit, fill=style.MUTED, anchor="end")
    drawing.line(style.MARGIN, y + 30, style.WIDTH - style.MARGIN, y + 30)


def _bar(drawing: Drawing, y: float, share: float, state: State) -> None:
    """The limit is a line near the right end: what is over it goes past it, cut at the end."""
    limit = _LEFT + (_RIGHT - _LEFT) * 0.8
    long = min((limit - _LEFT) * share, _RIGHT - _LEFT)
    drawing.rect(_LEFT, y, _RIGHT - _LEFT, 24, style.SHADE)
    if state == "fail":
        drawing.hatch("wrong", _LEFT, y, max(long, 3), 24)
    else:
        drawing.rect(_LEFT, y, max(long, 3), 24, style.BLUE)
    drawing.line(limit, y - 3, limit, y + 27, style.VERMILION, width=2, dash="5 3")
