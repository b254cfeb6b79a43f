"""The last approved runs on this kind of machine, and whether this one is worse.

A figure is allowed what it was in the middle of those runs, and beyond it the largest of half as
much again, a stated excess in ms (a millisecond that became two is nobody's concern), and three
times their spread. Where the machine of this run was busier than theirs, by that, too: what our own
lateness may have caused is held against nobody, and is shown. What is shown is what is applied.

The spread is the median absolute deviation, scaled by 1.4826 so that it equals the standard
deviation of normally distributed values.
"""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec

from support.approval.model import ApprovedRun, Verdict
from support.checks.finding import Finding, failed, passed, unknown
from support.measures.figures import Figures

BASELINE = "baseline.jsonl"
RUNS_COMPARED = 5
RUNS_KEPT = 200
RELATIVE = 0.5
EXCESS_MS = 30.0
SPREADS = 3.0
TO_SIGMA = 1.4826
LAG = "machine_lag_ms"
LATE_MS = 10.0  # lateness beyond that of the baseline that is worth speaking of

#: What runs are compared by, in ms. How many answers a second there were at most is kept too, but
#: depends on how busy our own machine is as much as on the deployment: a floor judges it.
MEASURES = {
    "latency_average_ms": "average event latency",
    "latency_p95_ms": "event latency, 95th percentile",
    "first_event_p95_ms": "first event after a request, 95th percentile",
    "connect_p95_ms": "connecting, 95th percentile",
}


@dataclass(frozen=True)
class Compared:
    """A figure now, what it was in the middle of the baseline, and what it is allowed. In ms.

    `own_ms` of that is for the delay of the machine that the suite ran on, beyond what it was then.
    """

    title: str
    now: float
    was: float
    allowed: float
    own_ms: float = 0.0

    @property
    def worse(self) -> bool:
        """True when it is more than allowed."""
        return self.now > self.allowed

    def text(self) -> str:
        """As people read it."""
        text = f"{self.title} {self.now:.1f} ms, was {self.was:.1f}, allowed {self.allowed:.1f}"
        own = f" ({self.own_ms:.1f} of it for the delay of the test machine)"
        return text + (own if self.own_ms else "")


def allowed_ms(before: Sequence[float]) -> float:
    """What a figure may be that was so in earlier runs, of which there is at least one."""
    was = median(before)
    spread = TO_SIGMA * median(abs(value - was) for value in before)
    return was + max(RELATIVE * was, EXCESS_MS, SPREADS * spread)


def key_figures(figures: Figures) -> dict[str, float]:
    """The figures of normal service that runs are compared by; what is not covered is left out."""
    calm = figures.normal
    found = {
        "latency_average_ms": calm.latency.average,
        "latency_p95_ms": calm.latency.p95,
        "first_event_p95_ms": calm.first_event.p95,
        "connect_p95_ms": calm.connect.p95,
        LAG: calm.usual_lag_ms,
        "answers_per_s": float(calm.answers_per_s) if calm.first_event.p50 is not None else None,
    }
    return {name: round(value, 3) for name, value in found.items() if value is not None}


def compared(mine: Mapping[str, float], baseline: Sequence[ApprovedRun]) -> list[Compared]:
    """Each figure that both sides have; the one that is nearest to what it is allowed, first."""
    lags = [r.figures[LAG] for r in baseline if LAG in r.figures]
    own = max(mine.get(LAG, 0.0) - (median(lags) if lags else 0.0), 0.0)
    own = own if own > LATE_MS else 0.0
    every = [
        Compared(MEASURES[name], mine[name], median(values), allowed_ms(values) + own, own)
        for name, values in _known(baseline).items()
        if name in mine
    ]
    return sorted(every, key=lambda one: one.now / one.allowed, reverse=True)


def compare(now: Figures, baseline: Sequence[ApprovedRun]) -> Finding:
    """Passed, failed, or unknown: without a baseline, or with a figure missing."""
    mine, before = key_figures(now), _known(baseline)
    if not before:
        return unknown("there is no approved run of this deployment to compare with yet")
    missing = [MEASURES[name] for name in before if name not in mine]
    if missing:
        return unknown(f"too little was measured this time: {', '.join(missing)}")
    every = compared(mine, baseline)
    worse = [one for one in every if one.worse]
    if not worse:
        return passed("; ".join(one.text() for one in every))
    runs = f"{len(baseline)} approved run{'s' if len(baseline) > 1 else ''}"
    lines = tuple(one.text() for one in worse)
    return failed(lines[0], expected=(f"as in {runs}",), seen=lines)


def earlier_runs(path: Path, deployment: str, environment: str, machine: str) -> list[ApprovedRun]:
    """The last approved runs of that deployment and environment on such a machine, oldest first.

    None without a file.

    A line that cannot be read is no run. Raises `OSError` for a file that cannot.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    runs = [run for line in lines if (run := _run(line)) is not None]
    wanted = (deployment, environment, machine)
    return [r for r in runs if (r.target, r.environment, r.machine) == wanted][-RUNS_COMPARED:]


def machine_kind() -> str:
    """What kind of machine this is, as far as figures depend on it."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count() or 1} cores"


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
        machine=verdict.machine,
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


def _known(baseline: Sequence[ApprovedRun]) -> dict[str, list[float]]:
    """The figures that runs are compared by, as far as any earlier run has them."""
    known = {name: [r.figures[name] for r in baseline if name in r.figures] for name in MEASURES}
    return {name: values for name, values in known.items() if values}
