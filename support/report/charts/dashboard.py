"""The run's performance on one page: each figure beside its limit; what was not measured says so.

Figures that are criteria show the text and the result of the verdict, so that the two cannot
differ. The others have no limit; each is of normal service, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from support.approval.model import CriterionResult, State
from support.config import Policy
from support.measures.distribution import LEAST_SAMPLES, Distribution, Figure
from support.measures.figures import Figures, ServiceFigures
from support.measures.throughput import Traffic
from support.report.charts import style
from support.report.charts.style import Drawing

_LEFT, _RIGHT = 250, 520
_ROW = 36
_TITLE = "Performance"
_UNIT = "normal service unless stated otherwise; the dashed line is the limit"
_FIGURES: tuple[Figure, ...] = ("average", "p95", "p99")
#: The results of the verdict, short enough for a row.
_RESULT: dict[State, str] = {
    "fail": ": not met",
    "invalid": ": invalid",
    "waived": ": not required",
}


@dataclass(frozen=True)
class FigureLine:
    """One line: what was measured, as text, and its share of the limit where there is one."""

    name: str
    value: str = ""
    limit: str = ""
    share: float | None = None
    state: State = "pass"

    @property
    def words(self) -> str:
        """The line for screen readers."""
        return f"{self.name}: {self.value or 'not measured'}{self.limit and f' ({self.limit})'}"


def dashboard(measured: Figures, policy: Policy, criteria: Sequence[CriterionResult]) -> str:
    """The performance of a run as SVG."""
    shown = lines(measured, policy, criteria)
    drawing = Drawing(_TITLE, ". ".join(line.words for line in shown), _UNIT)
    y = 62.0
    for line in shown:
        _row(drawing, y, line)
        y += _ROW
    return drawing.svg(y + 6)


def lines(
    measured: Figures, policy: Policy, criteria: Sequence[CriterionResult]
) -> list[FigureLine]:
    """Every line of the dashboard, in order."""
    judged = {result.name: result for result in criteria}
    normal, grown_mb = measured.normal, measured.memory.growth_mb
    return [
        *(_latency(normal.latency, figure, policy, judged) for figure in _FIGURES),
        _criterion("Memory growth", judged.get("memory_growth"), grown_mb, policy.memory_growth_mb),
        _waits("Connect (to first message)", normal.connect),
        _waits("Time to first event", normal.first_event),
        *([_waits("Time to first token", tokens)] if (tokens := normal.first_token).count else []),
        _waits("Ping round trip", normal.ping),
        _waits("Recovery after a drop", measured.recovery_whole),
        _events(normal),
        _at_once(measured.traffic),
        _data(measured.traffic),
        _lag(normal),
    ]


def _latency(
    latency: Distribution, figure: Figure, policy: Policy, judged: dict[str, CriterionResult]
) -> FigureLine:
    name = "Event latency, " + ("average" if figure == "average" else figure)
    limit_ms: float = getattr(policy, f"{figure}_latency_ms")
    result = judged.get(f"{figure}_latency")
    return _criterion(name, result, latency.claimed(figure), limit_ms)


def _criterion(
    name: str, result: CriterionResult | None, value: float | None, limit: float
) -> FigureLine:
    if result is None or value is None:
        limited = f"limit {result.limit}" if result is not None else ""
        return FigureLine(name, _too_few(result), limited, None, "no_evidence")
    return FigureLine(
        name,
        result.measured + _RESULT.get(result.state, ""),
        f"limit {result.limit}",
        max(value, 0.0) / limit if limit else None,
        result.state,
    )


def _too_few(result: CriterionResult | None) -> str:
    count = result.samples if result is not None else None
    return f"only {count:,} samples" if count else ""


def _waits(name: str, waits: Distribution) -> FigureLine:
    if waits.longest is None:
        return FigureLine(name)
    needed = f"no median below {LEAST_SAMPLES['p50']}"
    middle = needed if waits.p50 is None else f"median {_ms(waits.p50)}"
    return FigureLine(name, f"{middle}, max {_ms(waits.longest)}", f"{waits.count:,} samples")


def _events(normal: ServiceFigures) -> FigureLine:
    name = "Events received"
    if not normal.events_received:
        return FigureLine(name)
    busiest = f"{normal.answers_per_s:,} answers in the busiest second"
    return FigureLine(name, f"{normal.events_received:,}", busiest)


def _at_once(traffic: Traffic) -> FigureLine:
    name = "Connections at once"
    if not traffic.at_once:
        return FigureLine(name)
    return FigureLine(name, f"up to {traffic.at_once:,}", "in one scenario, without a crowd's")


def _data(traffic: Traffic) -> FigureLine:
    name = "Data sent and received"
    if not traffic.sent and not traffic.received:
        return FigureLine(name)
    sent, received = _size(traffic.sent_bytes), _size(traffic.received_bytes)
    messages = f"{traffic.sent + traffic.received:,} messages of all scenarios, without a crowd's"
    return FigureLine(name, f"{sent} sent, {received} received", messages)


def _lag(normal: ServiceFigures) -> FigureLine:
    name = "Test machine delayed up to"
    if not normal.lag_ms:
        return FigureLine(name)
    return FigureLine(name, _ms(normal.lag_ms), "latencies may be overstated by as much")


def _ms(value: float) -> str:
    return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.1f} ms"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def _row(drawing: Drawing, y: float, line: FigureLine) -> None:
    drawing.text(style.MARGIN, y + 17, line.name, bold=True, room=_LEFT - style.MARGIN)
    if line.share is not None:
        _bar(drawing, y, line.share, line.state)
        at, room = _RIGHT + 16, style.WIDTH - _RIGHT - 180
    elif line.state == "no_evidence":
        drawing.hatch("away", _LEFT, y, _RIGHT - _LEFT, 24)
        at, room = _RIGHT + 16, style.WIDTH - _RIGHT - 180
    else:
        at, room = _LEFT, _RIGHT - _LEFT + 130
    grey = style.MUTED if not line.value or line.state == "no_evidence" else style.INK
    drawing.text(at, y + 17, line.value or "not measured", fill=grey, room=room,
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
