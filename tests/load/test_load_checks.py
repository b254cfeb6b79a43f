"""What is said of a load run, by its records alone: each line of the failure table."""

from __future__ import annotations

import re
from typing import Any

import pytest
from histories import Tape
from msgspec.structs import replace

from support.approval import Outcomes
from support.approval.criteria import CRITERIA
from support.approval.evidence import Evidence
from support.approval.verdict import judge
from support.checks.load import (
    crowd_answered,
    crowd_connected,
    crowd_failures,
    crowd_isolated,
    crowd_recovered_within,
    crowd_resumed,
    crowd_streams_whole,
    load_held,
)
from support.config import Policy
from support.journal import records
from support.journal.facts import REQUIRED_EVENTS
from support.journal.load_plan import Limits, LoadPlan
from support.journal.shard_report import ShardReport

SOUND = ShardReport(
    users=10,
    connected=10,
    fenced=10,
    due=100,
    asked=100,
    answered=100,
    right=100,
    frames=600,
    events=dict.fromkeys(REQUIRED_EVENTS, 100),
    response_us={20_000: 300},
    lag_us={1000: 10},
    late_us={1000: 100},
)
PLAN = LoadPlan(users=20, duration_s=10.0, rate_per_s=20.0)
FAST = replace(PLAN, limits=Limits(p95_ms=10))
BEGAN: dict[str, Any] = {
    "plan": PLAN,
    "shards": 2,
    "expects": REQUIRED_EVENTS,
}


def load_run(
    *,
    began: dict[str, Any] | None = None,
    ended: dict[str, Any] | None = None,
    shards: int = 2,
    violation: str = "",
    **changed: Any,
) -> Tape:
    """A load run of two shards; `changed` is different in the report of the second."""
    tape = Tape()
    tape.opened()
    tape.starts(under_load=True)
    tape.add(records.LoadBegan, **{**BEGAN, **(began or {})})
    if violation:
        tape.add(
            records.LoadViolation, shard=0, user="load/User1", pattern=violation, text="it is so"
        )
    reports = [SOUND, replace(SOUND, **changed), SOUND]
    for number, report in enumerate(reports[:shards]):
        tape.add(records.LoadShard, shard=number, worker="worker", attempt=1, report=report)
    if ended is None or ended:
        given = {"begun": {"0": 1, "1": 1}, **(ended or {})}
        tape.add(records.LoadEnded, **given)
    return tape


def test_a_load_that_is_held_passes_with_what_was_seen() -> None:
    finding = load_held()(load_run().history)
    assert finding.state == "passed", finding
    assert finding.summary == "20 users, 200 answers, 1,000 events; 20 end-of-stream checks passed"


def test_without_a_load_nothing_is_known() -> None:
    assert load_held()(Tape().history).state == "unknown"


@pytest.mark.parametrize(
    ("tape", "state", "cause", "said"),
    [
        (load_run(violation="broken run"), "failed", "product", "1 × broken run. First: it is so"),
        (load_run(patterns={"broken run": 3}, violations=3), "failed", "product", "3 × broken run"),
        (
            load_run(violation="broken run", shards=1, ended={"lost": {"1": "its process ended"}}),
            *("failed", "product", "broken run"),
        ),
        (load_run(right=90), "failed", "product", "10 of 200 questions were not answered"),
        (
            load_run(connected=5, refusals={"HTTP 503": 5}),
            *("failed", "product", r"only 15 of 20 users could connect \(5 × HTTP 503\)"),
        ),
        (load_run(dropped=5, recovered=4), "failed", "product", "1 of 5 users did not recover"),
        (load_run(due=150), "failed", "product", "80% of the planned rate .* the limit"),
        (
            load_run(began={"plan": FAST}),
            *("failed", "product", "95 in 100 answers took up to 20 ms, not 10 ms"),
        ),
        (
            load_run(shards=1, ended={"lost": {"1": "its process ended"}}),
            *("unknown", "harness", r"1 of 2 shards were lost \(shard 1: its process ended\)"),
        ),
        (load_run(ended={"begun": {"0": 1, "1": 2}}), "unknown", "harness", "begun twice"),
        (load_run(ended={"stopped": "interrupted"}), "unknown", "harness", "stopped early"),
        (load_run(ended={}), "unknown", "harness", "never came to its end"),
        (load_run(shards=1), "unknown", "harness", "1 of 2 shards were reported"),
        (load_run(shards=3), "unknown", "harness", "3 of 2 shards were reported"),
        (load_run(users=9), "unknown", "harness", "19 of 20 users were reported"),
        (
            load_run(events={"agent_started": 1}, due=110, began={"expects": ("agent_odd",)}),
            *("unknown", "too_few_samples", "no agent_odd was ever seen"),
        ),
        (load_run(fenced=9), "unknown", "too_few_samples", "1 users made no last round trip"),
        (load_run(lag_us={900_000: 30}), "unknown", "environment", "the load generator was"),
        (load_run(late_us={900_000: 300}), "unknown", "environment", "sent up to 900 ms late"),
        (
            load_run(excused={"connections that ended": 15}, lag_us={9_000_000: 1}, connected=5),
            *("unknown", "environment", "9000 ms late, which may explain 15 connections that ende"),
        ),
        (
            load_run(began={"plan": FAST}, lag_us={15_000: 1}),
            *("unknown", "environment", "took up to 20 ms, of which up to 15 ms may be its own"),
        ),
        (load_run(busiest_cpu=0.99), "unknown", "environment", "a worker used 99% of a core"),
        (load_run(busiest_cpu=0.99, due=200), "unknown", "environment", "the load generator was"),
    ],
)
def test_every_line_of_the_failure_table(tape: Tape, state: str, cause: str, said: str) -> None:
    finding = load_held()(tape.history)
    assert (finding.state, finding.cause) == (state, cause), finding

    assert re.search(said, finding.summary), finding.summary


STEPWISE = {"plan": replace(PLAN, by_steps=True, rate_per_s=0.0, limits=Limits(success=1.0))}
ALL_DROPPED: dict[str, Any] = {"dropped": 10, "recovered": 10, "recovery_us": {90_000: 10}}
CROWD = {
    "answered": crowd_answered(),
    "with a tool": crowd_answered(uses_tool=True),
    "streams": crowd_streams_whole(),
    "resumed": crowd_resumed(),
    "isolated": crowd_isolated(),
    "recovered": crowd_recovered_within(5.0, 0.95),
}


def crowd(**changed: Any) -> Tape:
    """A load of two shards in which everybody was dropped; the second is `changed`."""
    tape = load_run(began=STEPWISE, shards=0, violation=changed.pop("violation", ""))
    tape.records.pop()
    whole = replace(SOUND, tool_runs=100, **ALL_DROPPED)
    for number, report in enumerate((whole, replace(whole, **changed))):
        tape.add(records.LoadShard, shard=number, worker="worker", attempt=1, report=report)
    tape.add(records.LoadEnded, begun={"0": 1, "1": 1})
    return tape


@pytest.mark.parametrize(
    ("tape", "states"),
    [
        (crowd(), {}),
        (
            crowd(violation="isolation violation"),
            dict.fromkeys(("answered", "with a tool", "streams", "isolated"), "failed"),
        ),
        (
            crowd(violation="missing or doubled events"),
            dict.fromkeys(("answered", "with a tool", "streams", "resumed"), "failed"),
        ),
        (
            crowd(violation="broken run"),
            dict.fromkeys(("answered", "with a tool"), "failed"),
        ),
        (crowd(right=99), dict.fromkeys(("answered", "with a tool"), "failed")),
        (crowd(tool_runs=99), {"with a tool": "failed"}),
        (crowd(recovered=9, recovery_us={90_000: 9}), {"resumed": "failed"}),
        (
            crowd(recovered=8, recovery_us={90_000: 8}),
            dict.fromkeys(("resumed", "recovered"), "failed"),
        ),
        (crowd(recovery_us={9_000_000: 10}), {"recovered": "failed"}),
        (
            crowd(recovery_us={9_000_000: 10}, lag_us={4_000_000: 1}),
            {"recovered": "unknown"},
        ),
        (crowd(dropped=0, recovered=0), {"resumed": "unknown"}),
        (
            crowd(connected=9),
            {name: "failed" for name in CROWD if name != "recovered"},
        ),
        (crowd(fenced=9), dict.fromkeys(CROWD, "unknown")),
        (load_run(began=STEPWISE, shards=1), dict.fromkeys(CROWD, "unknown")),
        (Tape(), dict.fromkeys(CROWD, "unknown")),
    ],
)
def test_each_claim_about_many_users_fails_for_what_it_claims(
    tape: Tape, states: dict[str, str]
) -> None:
    found = {name: check(tape.history).state for name, check in CROWD.items()}
    assert found == {name: states.get(name, "passed") for name in CROWD}


def test_what_is_wrong_with_many_users_fails_their_scenario_whatever_it_claims() -> None:
    assert crowd_failures(crowd().history) == {}
    failures = crowd_failures(crowd(violation="malformed message").history)
    assert {name: finding.state for name, finding in failures.items()} == {
        "malformed message": "failed"
    }


@pytest.mark.parametrize(
    ("connected", "ended", "state"),
    [(20, None, "passed"), (19, None, "unknown"), (19, {}, "failed"), (20, {}, "passed")],
)
def test_everyone_is_connected_or_it_is_said_why_not(
    connected: int, ended: dict[str, Any] | None, state: str
) -> None:
    tape = Tape()
    tape.add(records.LoadBegan, **{**BEGAN, **STEPWISE})
    said = {"asked": 0, "answered": 0, "events": 0, "violations": 0}
    tape.add(records.LoadProgress, connected=connected, **said)
    if ended is not None:
        report = ShardReport(users=20, connected=connected, refusals={"HTTP 503": 20 - connected})
        tape.add(records.LoadShard, shard=0, worker="worker", attempt=1, report=report)
        tape.add(records.LoadEnded, **ended)
    finding = crowd_connected()(tape.history)
    assert finding.state == state
    assert ("1 × HTTP 503" in finding.summary) == (state == "failed")


def result(tape: Tape) -> Any:
    outcomes = Outcomes(
        gate=True,
        environment="test",
        target="test",
        build="1",
        started=0,
        finished=1,
        command="",
    )
    verdict = judge(outcomes, tape.history, Policy())
    return {c.name: c for c in verdict.criteria}.get("load"), verdict


def test_the_criterion_says_the_same_and_names_each_pattern() -> None:
    held, _ = result(load_run())
    assert (held.state, held.samples) == ("pass", 200)
    assert held.measured == "20 users, 200 answers, 100.00% right"
    leaked, verdict = result(load_run(violation="isolation violation"))
    assert leaked.state == "fail"
    assert leaked.problems[0].severity == "isolation"
    assert verdict.decision == "REJECTED"
    lost, _ = result(load_run(shards=1, ended={"lost": {"1": "its process ended"}}))
    assert (lost.state, lost.cause) == ("invalid", "harness")


def test_a_leak_under_load_is_a_leak() -> None:
    _, verdict = result(load_run(violation="isolation violation"))
    isolation = next(c for c in verdict.criteria if c.name == "user_isolation")
    assert (isolation.state, isolation.measured) == ("fail", "leaked to 1 person under load")


def test_where_no_load_was_asked_for_the_table_has_no_such_row() -> None:
    tape = Tape()
    tape.opened()
    tape.starts()
    assert result(tape)[0] is None
    evidence = Evidence(
        Outcomes(gate=True, environment="", target="", build="", started=0, finished=0, command=""),
        tape.history,
        Policy(),
    )
    assert CRITERIA["load"].result(evidence).state == "no_evidence"
