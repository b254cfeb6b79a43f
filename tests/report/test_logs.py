"""`execution.log` and `alerts.log`: one line a thing, with a time and a level."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from finished_samples import GUARD, finished, nothing_happened, outcomes, tape
from histories import ALICE, BOB
from report_samples import outcome

from support.journal import facts, records
from support.report.alerts import alerts_log
from support.report.execution_log import execution_log

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING|ERROR|CRITICAL) +\S.*")


def lines(text: str) -> list[str]:
    found = text.splitlines()
    for line in found:
        assert LINE.fullmatch(line), line
    return [line[25:] for line in found]


def test_the_log_tells_the_run_from_top_to_bottom(tmp_path: Path) -> None:
    text = execution_log(finished(tmp_path))
    told = lines(text)
    assert told[0] == (
        "INFO     gate run 20251121-020000-ab12: 1 scenario against https://chat.staging.example,"
        " in staging, dialect agent-chat-v1"
    )
    assert "INFO     the deployment reports build 1.2.3" in told
    assert told.index("INFO     s01 started: Alice and Bob") < told.index(
        "INFO     s01 passed in 0.250 s"
    )
    assert "INFO     APPROVED: 1 of 1 scenario passed in 10 s" in told
    assert not [line for line in told if line.startswith(("WARNING", "ERROR"))]


def test_times_are_in_utc_and_in_order(tmp_path: Path) -> None:
    stamps = [line[:24] for line in execution_log(finished(tmp_path)).splitlines()]
    assert stamps[0] == "2025-11-21T02:00:00.000Z"
    assert stamps == sorted(stamps)


def test_a_scenario_that_failed_in_the_end_is_told_as_it_ended(tmp_path: Path) -> None:
    failed = outcome(
        id="g1", name=GUARD.name, status="failed", reason="Then nobody\nx\nbut: 1 leak", rows=()
    )
    told = lines(execution_log(finished(tmp_path, outcomes(failed))))
    assert "ERROR    s01 failed in 0.000 s: Then nobody – but: 1 leak" in told


@pytest.mark.parametrize(
    ("kind", "what", "line"),
    [
        (
            records.WaitTimedOut,
            {"user": ALICE, "waited_for": "x", "limit_s": 5.0},
            "gave up waiting for x",
        ),
        (
            records.StepEnded,
            {"text": "Then it is so", "status": "failed", "took_ms": 12.0},
            "ERROR    Then it is so: failed in 0.012 s",
        ),
        (records.HarnessError, {"what": "no route"}, "error in the test suite: no route"),
        (records.Control, {"action": "kill"}, "control command “kill” to the chat backend: …"),
        (records.Health, {"http": 503, "detail": "busy"}, "reports unhealthy: busy"),
        (records.Sample, {"name": "loop_lag_ms", "value": 250.0}, "machine delayed by 250 ms"),
        (
            records.SignedIn,
            {"user": ALICE, "ok": False, "way": "service", "detail": "HTTP 500"},
            "could not sign in: HTTP 500",
        ),
    ],
)
def test_what_went_wrong_on_the_way_is_reported(
    tmp_path: Path, kind: type[records.Record], what: dict[str, object], line: str
) -> None:
    made = tape()
    made.add(kind, **what)
    text = execution_log(finished(tmp_path, history=made.history))
    assert any(line in told for told in lines(text))


def test_a_visitor_who_was_to_stay_out_is_no_warning(tmp_path: Path) -> None:
    made = tape()
    made.refused("s01/Mallory", expect="refused")
    assert "could not connect" not in execution_log(finished(tmp_path, history=made.history))
    made.refused("s01/Carol")
    assert "s01/Carol could not connect" in execution_log(finished(tmp_path, history=made.history))


def test_a_run_that_came_to_nothing_still_has_a_log(tmp_path: Path) -> None:
    told = lines(execution_log(nothing_happened(tmp_path)))
    assert "WARNING  not run: “Alice and Bob”: This scenario never ran" in told
    assert any(line.startswith("ERROR    ended early: The chat service") for line in told)
    assert any(line.startswith("INFO     INCONCLUSIVE: 0 of 1") for line in told)


def test_nothing_is_read_out_of_a_journal_with_holes(tmp_path: Path) -> None:
    text = execution_log(finished(tmp_path, outcomes(journal_whole=False)))
    assert "the journal is incomplete" in text
    assert "started:" not in text


# --- alerts


def test_an_approved_run_alerts_nobody_but_says_what_was_left_out(tmp_path: Path) -> None:
    run = finished(tmp_path)
    told = lines(alerts_log(run))
    assert len(told) == sum(c.state == "waived" for c in run.verdict.criteria)
    assert {line.split()[0] for line in told} == {"INFO"}


def test_a_leak_is_critical_as_criterion_as_pattern_and_by_itself(tmp_path: Path) -> None:
    made = tape()
    made.scenario = "s01"
    made.hears(BOB, facts.Ignored(type="x"), mentions=(f"canary:{ALICE}",))
    told = lines(alerts_log(finished(tmp_path, history=made.history)))
    critical = [line.removeprefix("CRITICAL ") for line in told if line.startswith("CRITICAL")]
    assert critical[0].startswith("criterion user_isolation: ")
    for start in (
        "isolation: Bob received the secret of Alice",
        "pattern: isolation violation, in “Alice and Bob”",
        "regression isolation is broken",
    ):
        assert any(line.startswith(start) for line in critical), critical


@pytest.mark.parametrize(
    ("leaks", "more"), [(80, "30 more leaked messages"), (51, "1 more leaked message")]
)
def test_very_many_leaks_are_counted(leaks: int, more: str, tmp_path: Path) -> None:
    made = tape()
    made.scenario = "s01"
    for _ in range(leaks):
        made.hears(BOB, facts.Ignored(type="x"), mentions=(f"canary:{ALICE}",))
    told = lines(alerts_log(finished(tmp_path, history=made.history)))
    assert f"CRITICAL isolation: {more}" in told


def test_a_run_that_broke_is_critical_and_what_it_did_not_judge_a_warning(tmp_path: Path) -> None:
    told = lines(alerts_log(nothing_happened(tmp_path)))
    assert told[0].startswith("CRITICAL run: The chat service at")
    assert any(
        line.startswith("WARNING  criterion user_isolation was not evaluated") for line in told
    )
    assert "WARNING  scenario not run: “Alice and Bob”" in told


def test_a_rehearsal_is_not_blamed_for_what_it_did_not_cover(tmp_path: Path) -> None:
    told = lines(alerts_log(nothing_happened(tmp_path, gate=False, aborted="")))
    assert not [line for line in told if "was not evaluated" in line]


def test_a_line_stays_one_line_and_tells_no_secret(tmp_path: Path) -> None:
    given = outcomes(harness_errors=["it broke\n2025 FAKE \x1b[31m Bearer abcdefghijklmnop"])
    run = finished(tmp_path, given)
    for text in (alerts_log(run), execution_log(run)):
        lines(text)
        assert "\x1b" not in text
        assert "abcdefghijklmnop" not in text
