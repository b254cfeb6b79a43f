"""How this run compares with those before it: one line a gate run in `reports/runs.jsonl`.

Only gate runs are compared, and only those of the same deployment in the same environment. A line
that cannot be read is left out and counted. (`history.jsonl` beside it is Allure's own.)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from support.approval import Verdict
from support.report.figures import FiguresPart
from support.report.files import RunFolder, write_whole
from support.report.formatting import address, mask
from support.report.health import Health

RUNS = "runs.jsonl"
SHOWN = 10
KEPT = 1_000
_TRIM_BYTES = 2_000_000


class PastRun(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a gate run. Times: Unix seconds, seconds, milliseconds."""

    run: str
    target: str
    environment: str
    build: str
    decision: str
    started: float
    duration_s: float
    scenarios_passed: int
    scenarios_selected: int
    average_latency_ms: float | None = None
    p95_latency_ms: float | None = None
    health_score: int | None = None


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """The last gate runs of the same deployment and environment, oldest first, and this run.

    `remark` is a sentence when the file could not be read, or not all of it.
    """

    earlier: tuple[PastRun, ...] = ()
    this: PastRun | None = None
    remark: str = ""


def past_run(folder: RunFolder, verdict: Verdict, measured: FiguresPart, health: Health) -> PastRun:
    """This run, as later ones will remember it."""
    return PastRun(
        run=folder.path.name,
        target=address(verdict.target),
        environment=verdict.environment,
        build=mask(verdict.build),
        decision=verdict.decision,
        started=verdict.started,
        duration_s=round(max(verdict.finished - verdict.started, 0.0), 3),
        scenarios_passed=verdict.scenarios_passed,
        scenarios_selected=verdict.scenarios_selected,
        average_latency_ms=measured.normal_service.event_latency.average.value,
        p95_latency_ms=measured.normal_service.event_latency.p95.value,
        health_score=health.score,
    )


def runs_before(reports: Path, deployment: str, environment: str, most: int = SHOWN) -> Trend:
    """The last `most` gate runs of that deployment there. Never raises: what hinders is the
    remark."""
    try:
        content = (reports / RUNS).read_bytes()
    except FileNotFoundError:
        return Trend()
    except OSError as error:
        return Trend(remark=f"Earlier runs could not be read: {error.strerror}.")
    unreadable = 0
    found: list[PastRun] = []
    for past in _runs(content):
        if past is None:
            unreadable += 1
        elif (past.target, past.environment) == (address(deployment), environment):
            found.append(past)
    remark = f"{unreadable} of the records of earlier runs cannot be read." if unreadable else ""
    return Trend(earlier=tuple(found[-most:]), remark=remark)


def add_run(reports: Path, past: PastRun) -> None:
    """Add one line; the oldest of very many go. Raises `OSError`."""
    path = reports / RUNS
    line = msgspec.json.encode(past) + b"\n"
    with path.open("ab+") as file:
        size = file.tell()
        file.seek(max(size - 1, 0))
        torn = file.read(1) not in (b"", b"\n")
        file.write(b"\n" + line if torn else line)
    if size > _TRIM_BYTES:
        newest = path.read_bytes().splitlines(keepends=True)[-KEPT:]
        write_whole(path, b"".join(newest))


def _runs(content: bytes) -> Iterator[PastRun | None]:
    for line in content.splitlines():
        if line.strip():
            try:
                yield msgspec.json.decode(line, type=PastRun)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                yield None
