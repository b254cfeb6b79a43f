"""`validation_report.json`: by its schema whatever the end of the run, and nothing invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from finished_samples import GUARD, finished, nothing_happened, outcomes, tape
from histories import ALICE, BOB, WALL
from jsonschema import Draft202012Validator
from report_samples import outcome

from support.approval import judge
from support.approval.model import LOAD_COMMAND, CiJob
from support.config import Policy
from support.journal import facts, records
from support.measures.figures import figures as measured_of
from support.report.finished_run import FinishedRun
from support.report.monitoring import failure_patterns_json, monitoring_summary
from support.report.validation_report import schema, validation_report

SCHEMA = json.loads(schema())


def report(run: FinishedRun) -> dict[str, Any]:
    """The report, which must be as its schema says."""
    found: dict[str, Any] = json.loads(validation_report(run))
    return found


def absent(value: object, path: str = "") -> list[str]:
    """The paths of all figures without a value; each must say why."""
    if isinstance(value, dict):
        if set(value) == {"value", "unit", "samples", "why"}:
            assert (value["value"] is None) is (value["why"] is not None), (path, value)
            return [path] if value["value"] is None else []
        return [p for key, item in value.items() for p in absent(item, f"{path}.{key}")]
    return []


def test_the_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("spoil", ["version", "session", "deployment"])
def test_the_schema_refuses_a_report_without_a_part(tmp_path: Path, spoil: str) -> None:
    found = report(finished(tmp_path))
    del found[spoil]
    assert not Draft202012Validator(SCHEMA).is_valid(found)


def test_the_schema_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    found = report(finished(tmp_path))
    found["deployment"]["decision"] = "MAYBE"
    assert not Draft202012Validator(SCHEMA).is_valid(found)


def test_a_load_is_told_as_one_and_approves_no_build(tmp_path: Path) -> None:
    found = report(finished(tmp_path, outcomes(command=LOAD_COMMAND)))
    assert found["session"]["kind"] == "load"
    decided = found["deployment"]
    assert (decided["decision"], decided["approved"], decided["load_held"]) == (
        "APPROVED",
        False,
        True,
    )
    assert decided["meaning"].startswith("The load was held.")


def test_an_approved_run_is_told_whole(tmp_path: Path) -> None:
    found = report(finished(tmp_path))
    assert found["deployment"]["decision"] == "APPROVED"
    assert found["deployment"]["approved"] is True
    assert found["deployment"]["load_held"] is False
    session = found["session"]
    assert (session["run_id"], session["dialect"]) == ("20251121-020000-ab12", "agent-chat-v1")
    assert (session["started"], session["ended"]) == (
        "2025-11-21T02:00:00.000Z",
        "2025-11-21T02:00:10.000Z",
    )
    assert (session["suite_version"], session["aborted"]) == ("0.1.0", None)
    assert found["execution"]["totals"]["passed"] == 1
    assert found["execution"]["categories"]["security"]["selected"] == 1
    assert found["execution"]["scenarios"][0]["name"] == "Alice and Bob"
    assert {r["name"]: r["state"] for r in found["regressions"]}["isolation"] == "held"
    assert len(found["regressions"]) == 7
    assert found["health"]["score"] == 100


def test_the_job_that_ran_the_suite_is_told_and_nothing_outside_of_ci(tmp_path: Path) -> None:
    assert report(finished(tmp_path))["session"]["ci"] is None
    job = CiJob(service="Jenkins", url="javascript:alert(1)", commit="3f2a1b9c0d1e")
    session = report(finished(tmp_path, outcomes(ci=job)))["session"]
    assert session["build"] == "1.2.3"
    assert session["ci"] == {
        "service": "Jenkins",
        "url": None,
        "commit": "3f2a1b9c0d1e",
        "ref": None,
    }


def test_criteria_stand_as_the_verdict_has_them(tmp_path: Path) -> None:
    run = finished(tmp_path)
    told = report(run)["compliance"]["criteria"]
    assert [(c["name"], c["state"], c["measured"], c["limit"], c["samples"]) for c in told] == [
        (c.name, c.state, c.measured, c.limit, c.samples) for c in run.verdict.criteria
    ]


def test_figures_are_those_of_the_criteria(tmp_path: Path) -> None:
    history = tape(runs=60).history
    policy = Policy(required_categories=("security",))
    run = finished(tmp_path, history=history, policy=policy)
    figures = report(run)["monitoring"]["figures"]
    latency = measured_of(history, WALL).normal.latency
    for figure in ("average", "p95"):
        told = figures["normal_service"]["event_latency"][figure]
        assert told["value"] == round(latency.at(figure), 3)  # type: ignore[arg-type]
        assert told["samples"] == latency.count
        by_criterion = next(c for c in run.verdict.criteria if c.name == f"{figure}_latency")
        assert f"{told['value']:.1f} ms" in by_criterion.measured
    assert figures["clock_uncertainty"]["value"] == 1.0


def test_a_percentile_of_too_few_samples_is_not_claimed(tmp_path: Path) -> None:
    latency = report(finished(tmp_path))["monitoring"]["figures"]["normal_service"]["event_latency"]
    assert latency["p50"]["value"] is not None
    assert latency["p99"] == {
        "value": None,
        "unit": "ms",
        "samples": 20,
        "why": "20 samples are too few (1000 needed)",
    }


def test_scenarios_under_a_fault_do_not_count_for_latency_and_connecting(tmp_path: Path) -> None:
    made = tape()
    made.scenario = "s02"
    made.starts("With a fault")
    made.add(records.Fault, name="delay", connection="", user="")
    made.comes("s02/Carol")
    made.run("s02/Carol", "q9", "r-9")
    figures = report(finished(tmp_path, history=made.history))["monitoring"]["figures"]
    normal, under_fault = figures["normal_service"], figures["under_fault"]
    assert normal["event_latency"]["longest"]["samples"] == 20
    assert normal["connect"]["longest"]["samples"] == 2
    assert (normal["scenarios"], under_fault["scenarios"]) == (1, 1)
    assert (normal["questions_asked"], under_fault["questions_asked"]) == (4, 1)
    assert under_fault["event_latency"]["longest"]["samples"] == 5


def test_events_are_counted_by_type_and_run(tmp_path: Path) -> None:
    made = tape()
    made.scenario = "s01"
    made.comes("s01/Carol")
    made.asks("s01/Carol", "q7", "r-7")
    events = report(finished(tmp_path, history=made.history))["monitoring"]["figures"][
        "normal_service"
    ]
    assert (events["questions_asked"], events["questions_ended"]) == (5, 4)
    assert events["events_by_type"]["agent_completed"] == {"seen": 4, "runs": 4}
    assert events["events_by_type"]["agent_failed"] == {"seen": 0, "runs": 0}


def test_memory_is_in_megabytes(tmp_path: Path) -> None:
    memory = report(finished(tmp_path))["monitoring"]["figures"]["memory"]
    assert [memory[k]["value"] for k in ("first", "last", "highest", "growth")] == [80, 95, 95, 15]


def test_a_leak_is_counted_told_and_a_violation(tmp_path: Path) -> None:
    made = tape()
    made.scenario = "s01"
    mentions = (f"canary:{ALICE}", f"run:{ALICE}")
    made.hears(BOB, facts.Ignored(type="x"), mentions=mentions)
    run = finished(tmp_path, history=made.history)
    found = report(run)
    tallied = found["monitoring"]["figures"]["isolation"]
    assert (tallied["leaked_messages"], tallied["by_pair"]) == (1, {"s01/Alice → s01/Bob": 1})
    assert (tallied["by_connection"], tallied["people_reached"]) == ({"s01/Bob#1": 1}, 1)
    assert found["compliance"]["leaked_messages"] == len(found["compliance"]["leaks"]) == 1
    assert "user_isolation" in found["compliance"]["criteria_not_met"]
    assert found["compliance"]["leaks"][0]["viewer"] == "s01/Bob"
    patterns = json.loads(failure_patterns_json(run))
    assert patterns["leaked_messages"] == 1
    assert [p["pattern"] for p in patterns["found"]] == ["isolation violation"]
    assert patterns["looked_for"]["isolation violation"]["scenarios"] == 1


def test_a_run_that_came_to_nothing_has_null_and_a_reason_for_every_figure(tmp_path: Path) -> None:
    run = nothing_happened(tmp_path)
    found = report(run)
    figures = found["monitoring"]["figures"]
    assert len(absent(figures)) == 2 * 7 * 5 + 2 * 5 + 1 + 1 + 4
    normal = figures["normal_service"]
    assert normal["event_latency"]["average"]["why"].startswith("no ping was answered")
    assert found["deployment"]["approved"] is False
    assert found["session"]["aborted"].startswith("The chat service")
    assert found["health"] == {**found["health"], "score": None, "level": "Unknown"}
    assert {r["state"] for r in found["regressions"]} == {"not assessed"}
    assert json.loads(monitoring_summary(run))["figures"] == figures


def test_the_summary_tells_a_load_that_was_held_from_an_approved_build(tmp_path: Path) -> None:
    for given, load_held in ((outcomes(), False), (outcomes(command=LOAD_COMMAND), True)):
        told = json.loads(monitoring_summary(finished(tmp_path, given)))
        assert (told["decision"], told["load_held"]) == ("APPROVED", load_held)


def test_nothing_is_read_out_of_evidence_with_holes(tmp_path: Path) -> None:
    figures = report(finished(tmp_path, outcomes(journal_whole=False)))["monitoring"]["figures"]
    assert "incomplete" in figures["normal_service"]["connect"]["average"]["why"]
    assert figures["traffic"]["messages_received"] == 0


def test_events_from_the_future_make_no_latency(tmp_path: Path) -> None:
    made = tape()
    made.scenario = "s01"
    made.comes("s01/Carol")
    early = facts.Event(type="agent_started", position=1, timestamp=made.at + 1_763_690_500.0)
    made.event("s01/Carol", early)
    latency = report(finished(tmp_path, history=made.history))["monitoring"]["figures"][
        "normal_service"
    ]
    assert latency["event_latency"]["average"]["value"] is None
    assert "later than their arrival" in latency["event_latency"]["average"]["why"]


def test_pictures_that_lie_there_are_listed(tmp_path: Path) -> None:
    run = finished(tmp_path)
    assert report(run)["monitoring"]["pictures"] == []
    run.folder.monitoring.mkdir()
    for name in ("latency.svg", "dashboard.png", "summary.json"):
        (run.folder.monitoring / name).write_bytes(b"x")
    assert report(run)["monitoring"]["pictures"] == ["dashboard.png", "latency.svg"]


def test_earlier_runs_and_this_one_stand_in_the_trend(tmp_path: Path) -> None:
    from support.report.artifacts import write_artifacts

    write_artifacts(finished(tmp_path))
    trend = report(finished(tmp_path))["trend"]
    assert [run["decision"] for run in trend["earlier"]] == ["APPROVED"]
    assert trend["this_run"]["scenarios_passed"] == 1
    assert trend["remark"] is None


def test_secrets_are_masked_and_text_stays_json(tmp_path: Path) -> None:
    reason = 'password=hunter22"quoted" Bearer abcdefghijklmnop https://a:hunter22@x.example \ud800'
    given = outcomes(
        GUARD,
        outcome(status="failed", reason=reason),
        target="https://me:hunter22@chat.example",
        aborted=reason,
    )
    text = validation_report(finished(tmp_path, given))
    assert b"hunter22" not in text
    assert b"abcdefghijklmnop" not in text
    report(finished(tmp_path, given))


def test_the_same_evidence_gives_the_same_report(tmp_path: Path) -> None:
    assert validation_report(finished(tmp_path)) == validation_report(finished(tmp_path))
    run = finished(tmp_path)
    assert judge(run.evidence.outcomes, run.evidence.history, run.evidence.policy) == run.verdict
    assert msgspec.json.decode(validation_report(run))["version"] == 3
