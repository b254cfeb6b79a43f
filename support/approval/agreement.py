"""Does everything that a bundle says agree? Outcomes with the journal, `verdict.json` with both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import msgspec

from support.approval.model import Outcome, Outcomes, Verdict
from support.journal import History, records

#: A clock that is set while a run is under way may move this far before its times are in doubt.
CLOCK_S = 600.0
#: What outcomes say where no build could be read.
UNKNOWN_BUILD = "unknown"
#: What another version of Greenlight must have come to as well, whatever its sentences.
FACTS = (
    "decision",
    "bundle_digest",
    "environment",
    "target",
    "build",
    "started",
    "finished",
    "scenarios_passed",
    "scenarios_selected",
)


def disagreements(outcomes: Outcomes, history: History) -> list[str]:
    """Where outcomes and journal tell of different things, a sentence each."""
    return [*_about_the_run(outcomes, history), *_about_scenarios(outcomes, history)]


def _about_the_run(outcomes: Outcomes, history: History) -> Iterator[str]:
    opened = next(iter(history.of(records.Opened)), None)
    if opened is None:
        yield "the journal does not say what was under test"
        return
    if opened.environment != outcomes.environment:
        yield f"the journal is of the environment {opened.environment}, not {outcomes.environment}"
    built = next((r for r in history.of(records.DeploymentBuild) if r.moment == "start"), None)
    if built is not None and built.target != outcomes.target:
        yield f"the journal is of {built.target}, not of {outcomes.target}"
    version = built.version if built is not None else ""
    if (version or UNKNOWN_BUILD) != outcomes.build:
        yield f"the journal is of build {version or UNKNOWN_BUILD}, not {outcomes.build}"
    ended = opened.wall + max(record.t for record in history.records)
    for said, seen, moment in (
        (outcomes.started, opened.wall, "began"),
        (outcomes.finished, ended, "ended"),
    ):
        if abs(said - seen) > CLOCK_S:
            yield f"by the journal the run {moment} at another time"


def _about_scenarios(outcomes: Outcomes, history: History) -> Iterator[str]:
    started = history.of(records.ScenarioStarted)
    results = history.of(records.ScenarioResult)
    known = {o.id: o for o in outcomes.scenarios}
    if len(known) != len(outcomes.scenarios):
        yield "a scenario is listed twice"
    for kind in (started, results):
        for scenario, times in Counter(record.scenario_id for record in kind).items():
            if scenario not in known:
                yield f"the journal has a scenario {scenario or 'without id'} that is not listed"
            elif times > 1:
                yield f"the journal has “{known[scenario].name}” {times} times"
    begun = {record.scenario_id: record for record in started}
    ended = {record.scenario_id: record.result for record in results}
    for outcome in outcomes.scenarios:
        yield from _about_one(outcome, begun.get(outcome.id), ended.get(outcome.id), outcomes)


def _about_one(
    outcome: Outcome,
    begun: records.ScenarioStarted | None,
    ended: str | None,
    outcomes: Outcomes,
) -> Iterator[str]:
    """A scenario that was cut off with its run may be listed as something less than it was."""
    name = f"“{outcome.name}”"
    if begun is not None:
        theirs = (begun.name, begun.category, begun.tags, "critical" in begun.tags)
        listed = (outcome.name, outcome.category, outcome.tags, outcome.critical)
        if theirs != listed:
            yield f"the journal describes {name} otherwise"
    if outcome.status == "passed" and begun is None:
        yield f"{name} is listed as passed, but the journal does not have it"
    aborted = bool(outcomes.aborted or outcomes.curtailed)  # and so never approved
    if ended is None and not (aborted or outcome.status in ("skipped", "not_run")):
        yield f"{name} is listed as {outcome.status}, but by the journal it never ended"
    was_disconnected = aborted and outcome.status not in ("passed", "failed")
    if ended is not None and ended != outcome.status and not was_disconnected:
        yield f"{name} is listed as {outcome.status}, but by the journal it ended as {ended}"


def differing_fields(written: bytes, verdict: Verdict, *, same_version: bool) -> tuple[str, ...]:
    """The fields of `verdict.json` that are not as in `verdict`, by name.

    Sentences are compared only with those of the same version of Greenlight. Raises `ValueError`
    or `RecursionError` for what is no verdict at all.
    """
    found = json.loads(written)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    computed = json.loads(msgspec.json.encode(verdict))
    names = sorted(found.keys() | computed.keys()) if same_version else FACTS
    absent = object()
    return tuple(n for n in names if found.get(n, absent) != computed.get(n, absent))
