"""The last approved runs, and whether this one is worse.

Worse means worse both relative to the median of those runs and in plain figures: a millisecond that
became two is twice as slow, and nobody's concern.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec

from support.approval.model import ApprovedRun, Verdict
from support.checks import Finding
from support.checks.finding import failed, passed, unknown
from support.measures import RunFigures

BASELINE = "baseline.jsonl"
RUNS_COMPARED = 5
RUNS_KEPT = 200
LATE_MS = 5.0  # our own event loop may come so late without any figure being in doubt
QUESTION = "is it as good as in the last approved runs?"


@dataclass(frozen=True)
class Measure:
    """A figure in ms to compare: its title, and by how much more it must be to be worse."""

    title: str
    absolute: float
    relative: float = 0.5

    def worse(self, now: float, before: float) -> bool:
        """True when `now` is worse than `before` by both measures."""
        return now - before > max(self.absolute, self.relative * before)


#: What runs are compared by. How many answers a second there were at most is kept too, but depends
#: on how busy our own machine is as much as on the target: a floor judges it, and no comparison.
MEASURES = {
    "latency_average_ms": Measure("average event latency", 30),
    "latency_p95_ms": Measure("event latency, 95th percentile", 100),
    "first_event_p95_ms": Measure("first sign of an answer, 95th percentile", 200),
    "connect_p95_ms": Measure("connecting, 95th percentile", 250),
}


def key_figures(figures: RunFigures) -> dict[str, float]:
    """The figures of normal service that runs are compared by; what is not covered is left out."""
    calm = figures.normal
    found = {
        "latency_average_ms": calm.latency.average,
        "latency_p95_ms": calm.latency.p95,
        "first_event_p95_ms": calm.first_event.p95,
        "connect_p95_ms": calm.connect.p95,
        "answers_per_s": float(calm.answers_per_s) if calm.first_event.p50 is not None else None,
    }
    return {name: round(value, 3) for name, value in found.items() if value is not None}


def compare(now: RunFigures, baseline: Sequence[ApprovedRun]) -> Finding:
    """Passed, failed, or unknown: without a baseline, with a figure missing, or on a late machine.

    Latencies that our own event loop may have caused by being late are held against nobody.
    """
    mine, before = key_figures(now), _medians(baseline)
    if not before:
        return unknown(QUESTION, "there is no approved run of this target to compare with yet")
    missing = [MEASURES[name].title for name in before if name not in mine]
    if missing:
        return unknown(QUESTION, f"too little was measured this time: {', '.join(missing)}")
    worse, told = [], []
    for name, usual in before.items():
        measure, value = MEASURES[name], mine[name]
        said = f"{measure.title}: {value:,.1f} ms, usually {usual:,.1f}"
        told.append(said)
        if measure.worse(value, usual):
            worse.append((measure, value, usual, said))
    runs = f"{len(baseline)} approved run{'s' if len(baseline) > 1 else ''}"
    if not worse:
        return passed(QUESTION, f"as good as in {runs}; {'; '.join(told)}")
    lag_ms, doubt = now.normal.lag_ms, now.normal.doubt(LATE_MS)
    if doubt and not any(measure.worse(v - lag_ms, usual) for measure, v, usual, _ in worse):
        return unknown(QUESTION, f"{worse[0][3]}, but {doubt}", "environment")
    lines = tuple(said for _, _, _, said in worse)
    return failed(QUESTION, lines[0], expected=(f"as in {runs}",), seen=lines)


def earlier_runs(path: Path, target: str, environment: str) -> list[ApprovedRun]:
    """The last approved runs of that target and environment, oldest first; none without a file.

    A line that can not be read is no run. Raises `OSError` for a file that can not.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    runs = [run for line in lines if (run := _run(line)) is not None]
    return [r for r in runs if (r.target, r.environment) == (target, environment)][-RUNS_COMPARED:]


def remember(path: Path, verdict: Verdict) -> None:
    """Keep the figures of an approved run; others are left out. Raises `OSError`."""
    if not verdict.approved:
        return
    run = ApprovedRun(
        target=verdict.target,
        environment=verdict.environment,
        build=verdict.build,
        finished=verdict.finished,
        figures=verdict.figures,
    )
    lines = path.read_bytes().splitlines() if path.exists() else []
    kept = [*lines[-(RUNS_KEPT - 1) :], msgspec.json.encode(run)]
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    temporary.write_bytes(b"\n".join(kept) + b"\n")
    os.replace(temporary, path)


def _run(line: bytes) -> ApprovedRun | None:
    try:
        return msgspec.json.decode(line, type=ApprovedRun)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _medians(baseline: Sequence[ApprovedRun]) -> dict[str, float]:
    known = {name: [r.figures[name] for r in baseline if name in r.figures] for name in MEASURES}
    return {name: median(values) for name, values in known.items() if values}
