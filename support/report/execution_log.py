"""`execution.log`: the run from top to bottom, one line an event, times in UTC.

The messages are in the transcripts of the scenarios. This is what an engineer on call wants to
know: which deployment, which scenario ran when and how it ended, step by step, what was done to
the deployment, and everything that went wrong on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from support.approval import Outcome
from support.approval.words import several
from support.journal import records
from support.report.finished_run import FinishedRun
from support.report.formatting import address, gist, lasting, mask

INFO, WARNING, ERROR = "INFO", "WARNING", "ERROR"
_BY = {"target": "deployment", "network": "network"}
NO_REASON = "no reason given"
LAG_MS = 100.0  # a test machine delayed by more than this makes its figures doubtful


class Entry(NamedTuple):
    """One line: Unix seconds, level, text."""

    at: float
    level: str
    text: str


def execution_log(run: FinishedRun) -> str:
    """The whole log; it is never empty, not even for a run that never reached the deployment."""
    return "".join(line(*entry) for entry in _entries(run))


def line(at: float, level: str, text: str) -> str:
    """`2025-11-21T02:00:05.123Z INFO     text`, on one line whatever the text."""
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    clean = "".join(c if c.isprintable() else " " for c in mask(text))
    return f"{stamp.removesuffix('+00:00')}Z {level:8} {' '.join(clean.split())}\n"


def _entries(run: FinishedRun) -> Iterator[Entry]:
    given, verdict = run.evidence.outcomes, run.verdict
    kind = "load run" if given.load_alone else "gate run" if given.gate else "rehearsal"
    many = several(len(run.scenarios), "scenario")
    deployment = address(given.target)
    yield Entry(
        given.started,
        INFO,
        f"{kind} {run.folder.path.name}: {many} against {deployment},"
        f" in {given.environment}, dialect {run.dialect}",
    )
    yield Entry(given.started, INFO, f"command: {given.command}")
    if not given.journal_whole:
        yield Entry(
            given.started, ERROR, "the journal is incomplete, so its events are not listed here"
        )
    yield from _events(run)
    end = given.finished
    for outcome in run.scenarios:
        if outcome.status == "not_run":
            yield Entry(
                end, WARNING, f"not run: “{outcome.name}”: {gist(outcome.reason) or NO_REASON}"
            )
    for error in given.harness_errors:
        yield Entry(end, ERROR, f"error in the test suite: {error}")
    for difference in given.disagreements:
        yield Entry(end, ERROR, f"records disagree: {difference}")
    if early := given.aborted or given.curtailed:
        yield Entry(end, ERROR, f"ended early: {early}")
    for name in ("fail", "invalid", "no_evidence"):
        if given.gate:
            for result in verdict.criteria:
                if result.state == name:
                    text = f"{result.title}: {result.measured} (limit {result.limit})"
                    yield Entry(end, ERROR if name == "fail" else WARNING, text)
    took = lasting(max(end - given.started, 0.0))
    passed = f"{verdict.scenarios_passed} of {many} passed in {took}"
    yield Entry(end, INFO, f"{verdict.decision}: {passed}")
    for reason in verdict.reasons:
        yield Entry(end, INFO, f"reason: {reason}")


def _events(run: FinishedRun) -> Iterator[Entry]:
    """What the journal holds, in its order."""
    history = run.evidence.history
    opened = history.of(records.Opened)
    wall = opened[0].wall if opened else run.evidence.outcomes.started
    ids = {r.scenario: r.scenario_id for r in history.of(records.ScenarioStarted)}
    expected = {r.connection: r.expect for r in history.of(records.Connecting)}
    outcomes = {outcome.id: outcome for outcome in run.scenarios}
    for entry in history.records:
        found = _event(entry, expected)
        if isinstance(entry, records.ScenarioEnded):
            found = _ended(entry, outcomes.get(ids.get(entry.scenario, "")))
        if found is not None:
            level, text = found
            where = f"{entry.scenario} " if entry.scenario else ""
            yield Entry(wall + entry.t, level, f"{where}{text}")


def _ended(entry: records.ScenarioEnded, outcome: Outcome | None) -> tuple[str, str]:
    """How a scenario ended, after its hooks: an invariant may have failed it in the end."""
    if outcome is None:
        return INFO, f"ended: {entry.status}"
    text = f"{outcome.status.replace('_', ' ')} in {outcome.duration_s:.3f} s"
    level = INFO if outcome.status in ("passed", "skipped") else ERROR
    return level, f"{text}: {gist(outcome.reason) or NO_REASON}" if outcome.reason else text


def _event(entry: records.Record, expected: dict[str, str]) -> tuple[str, str] | None:
    """Level and text; None for what only a transcript shows."""
    match entry:
        case records.DeploymentBuild():
            return INFO, f"the deployment reports build {entry.version}"
        case records.ScenarioStarted():
            return INFO, f"started: {entry.name}"
        case records.StepEnded():
            level = INFO if entry.status in ("passed", "skipped") else ERROR
            ended = f"not assessed ({entry.not_assessed})" if entry.not_assessed else entry.status
            return level, f"{entry.text}: {ended} in {entry.took_ms / 1000:.3f} s"
        case records.Control():
            done = f"done in {lasting(entry.took_ms / 1000)}" if entry.done else "…"
            return INFO, f"control command “{entry.action}” to the chat backend: {done}"
        case records.Fault():
            return INFO, f"fault {entry.name} on the network: {entry.detail or entry.connection}"
        case records.SignedIn() if not entry.ok:
            return WARNING, f"{entry.user} could not sign in: {entry.detail}"
        case records.PreludeCall() if not entry.ok:
            return WARNING, f"{entry.call}, for {entry.user}, failed: {entry.detail}"
        case records.Refused() if expected.get(entry.connection) != "refused":
            what = entry.detail or f"{entry.how} {entry.status or ''}"
            return WARNING, f"{entry.user} could not connect: {what}"
        case records.Closed() if entry.by in ("target", "network"):
            return WARNING, f"the {_BY[entry.by]} ended the connection of {entry.user}" + (
                f" (code {entry.code})" if entry.code is not None else ""
            )
        case records.WaitTimedOut():
            return (
                WARNING,
                f"{entry.user} gave up waiting for {entry.waited_for} after {entry.limit_s:g} s",
            )
        case records.Health() if not entry.healthy:
            return WARNING, f"the health endpoint reports unhealthy: {entry.detail}"
        case records.Sample() if entry.name == "loop_lag_ms" and entry.value > LAG_MS:
            return WARNING, f"test machine delayed by {entry.value:.0f} ms"
        case records.HarnessError():
            return ERROR, f"error in the test suite: {entry.what}"
        case _:
            return None
