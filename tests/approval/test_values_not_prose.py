"""Decisions read data, never prose: with every sentence rewritten, nothing that is decided changes.

The sentences of checks, outcomes and criteria are replaced by random words while their values stay.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evidence import journal, outcome, outcomes
from histories import ALICE, BOB, WALL, Tape, whole_run

from support.approval import ApprovedRun, Outcomes, evidence_of, judge, regressions
from support.checks.finding import Check, Finding
from support.checks.isolation import Violation
from support.checks.unmet import Unmet
from support.config import Policy
from support.journal import facts, records
from support.report.alerts import alerts
from support.report.execution_log import execution_log
from support.report.files import RunFolder
from support.report.finished_run import FinishedRun
from support.report.trend import runs_before

WORDS = [
    *("isolation violation:", "broken run:", "the test machine was late;", "the check broke:"),
    *("but:", "unknown:", "never ran", "failed", "not offered", "too few", "“Alice”", "hum"),
]


def slow(lag_ms: float = 0.0) -> Tape:
    """Everything comes a long time late; our own machine may be to blame."""
    tape = journal()
    for _ in range(1000):
        tape.stream[ALICE] += 1
        event = whole_run(at=tape.at - 2.0)[1]
        late = msgspec.structs.replace(event, position=tape.stream[ALICE])
        tape.hears(ALICE, late, connection=f"{ALICE}#1")
    tape.add(records.Sample, name="loop_lag_ms", value=lag_ms)
    return tape


def leaking() -> Tape:
    tape = journal()
    tape.hears(BOB, facts.Ignored(), mentions=(f"canary:{ALICE}",))
    tape.add(records.WaitTimedOut, user=ALICE, waited_for="an answer", limit_s=1.0)
    return tape


def guarded() -> Tape:
    """A guard ran, too, in a scenario of its own."""
    tape = journal()
    tape.scenario = "s02"
    tape.starts("Guard", scenario_id="x")
    tape.add(records.ScenarioEnded, status="failed")
    return tape


def failing(**what: Any) -> Outcomes:
    given = outcomes()
    tags = ("critical", "regression.connection_leak")
    usual = {
        "id": "x",
        "name": "Guard",
        "status": "failed",
        "reason": "Step\nbut: no",
        "tags": tags,
    }
    given.scenarios.append(outcome("resilience", **{**usual, **what}))
    return given


BEFORE = [
    ApprovedRun(target="t", environment="e", build="1", finished=WALL, figures={name: 1.0})
    for name in ("latency_average_ms",)
]
CASES: dict[str, tuple[Outcomes, Tape]] = {
    "approved": (outcomes(), journal()),
    "leak": (outcomes(), leaking()),
    "slow": (outcomes(baseline=BEFORE), slow()),
    "slow, perhaps by our own fault": (outcomes(baseline=BEFORE), slow(lag_ms=5000)),
    "failed": (failing(checks=("complete_run",), cause="product"), guarded()),
    "failed for something else": (failing(invariants=("broken run",)), guarded()),
    "failed by our own fault": (failing(cause="environment"), guarded()),
    "broken": (failing(status="broken", cause="harness"), guarded()),
    "never ran": (failing(status="not_run"), guarded()),
    "skipped": (failing(status="skipped", cause="not_offered"), guarded()),
    "aborted": (outcomes(aborted="The run was interrupted."), journal()),
    "harness": (outcomes(harness_errors=["It broke."]), journal()),
    "nothing": (outcomes(), Tape()),
}


def decided(folder: Path, given: Outcomes, tape: Tape) -> dict[str, Any]:
    """All that is decided about this evidence, without a sentence."""
    verdict = judge(given, tape.history, Policy())
    run = FinishedRun(
        folder=RunFolder(path=folder, history=folder / "history.jsonl"),
        verdict=verdict,
        evidence=evidence_of(given, tape.history, Policy()),
        dialect="agent-chat-v1",
        earlier=runs_before(folder, given.target, given.environment),
    )
    return {
        "decision": verdict.decision,
        "criteria": [(c.name, c.state, c.cause, c.required, c.samples) for c in verdict.criteria],
        "problems": [
            (p.key, p.severity, p.scenarios) for c in verdict.criteria for p in c.problems
        ],
        "reasons": len(verdict.reasons),
        "regressions": [(r.name, r.state) for r in regressions(verdict, given.scenarios)],
        "health": run.health,
        "patterns": [(p.pattern, p.broke) for p in run.patterns.found],
        "log": [line.split()[1] for line in execution_log(run).splitlines()],
        "alerts": [level for level, _ in alerts(run)],
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", CASES)
def test_rewriting_every_sentence_decides_nothing_else(
    case: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, tape = CASES[case]
    before = decided(tmp_path, given, tape)
    words = random.Random(seed)

    def sentence(*_: object) -> str:
        return " ".join(words.choices(WORDS, k=12))

    ask = Check.__call__

    def asked(self: Check, history: Any) -> Finding:
        found = ask(self, history)
        return msgspec.structs.replace(
            found, summary=sentence(), expected=(sentence(),), seen=(sentence(),)
        )

    monkeypatch.setattr(Check, "__call__", asked)
    monkeypatch.setattr(Violation, "text", property(sentence))
    rewritten = msgspec.structs.replace(
        given,
        scenarios=[
            msgspec.structs.replace(
                o, name=f"{sentence()} {n}", reason=f"{sentence()}\n{sentence()}"
            )
            for n, o in enumerate(given.scenarios)
        ],
        aborted=given.aborted and sentence(),
        harness_errors=[sentence() for _ in given.harness_errors],
    )
    assert decided(tmp_path, rewritten, tape) == before


def test_what_a_step_raises_says_by_value_who_is_to_blame() -> None:
    def cause(*causes: Any) -> str:
        findings = [
            Finding(question="?", state="unknown", summary="our own machine", cause=c, check="c")
            for c in causes
        ]
        return Unmet("the check broke", findings).cause

    assert cause("product") == cause("too_few_samples", "product") == cause() == "product"
    assert cause("environment") == cause("environment", "too_few_samples") == "environment"
    assert cause("too_few_samples") == "too_few_samples"
    assert cause("harness", "environment") == "harness"
    assert cause("environment", "product") == "product"
