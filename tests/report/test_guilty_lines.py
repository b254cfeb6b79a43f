"""The page shows the very lines that show a cause, with the time since their scenario began."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from finished_samples import GUARD, finished, outcomes, tape
from histories import ALICE, BOB, WALL, Tape, Wire, whole_run
from report_samples import outcome, verdict

from support.approval import Evidence, RootCause
from support.checks.isolation import violations
from support.config import Policy
from support.journal import facts, records
from support.measures.clock import clock_of
from support.report.allure.marks import TRANSCRIPT, mark_results
from support.report.guilty import guilty_lines, marked_transcripts
from support.report.guilty_notes import exceeded, guilty_notes
from support.report.render import decision_html
from support.report.transcript import GUILTY
from support.report.view import view_of


def leak() -> tuple[Tape, RootCause]:
    tape = Tape()
    tape.at = 100.0
    tape.starts("Two users", scenario_id="a1")
    for user in (ALICE, BOB):
        tape.comes(user)
    tape.run(ALICE)
    tape.hears(BOB, facts.Rejected(code="E_X", message="of Alice's"))
    seq = tape.records[-1].seq
    text = "Data leak: Bob received the secret of Alice."
    cause = RootCause(
        code="data_leak",
        severity="isolation",
        text=text,
        scenarios=("a1",),
        scenario="a1",
        records=(seq,),
    )
    return tape, cause


def test_the_guilty_line_is_marked_and_has_the_scenarios_own_time() -> None:
    tape, cause = leak()
    lines = guilty_lines([cause], tape.history, {"s01": "a1"})[cause.text].lines
    [guilty] = [line for line in lines if line.startswith(GUILTY)]
    assert "Bob" in guilty
    assert float(guilty.split()[1]) < 1.0
    assert 1 < len(lines) <= 4


def test_a_cause_without_records_or_of_another_journal_has_no_lines() -> None:
    tape, cause = leak()
    assert guilty_lines([cause], tape.history, {}) == {}
    assert guilty_lines([], tape.history, {"s01": "a1"}) == {}


def test_a_cause_that_only_a_failed_step_tells_of_is_shown_by_that_step() -> None:
    tape, cause = leak()
    cause = msgspec.structs.replace(cause, records=())
    assert guilty_lines([cause], tape.history, {"s01": "a1"}) == {}
    tape.add(records.StepEnded, text="Then all is well", status="failed", took_ms=1.0)
    shown = guilty_lines([cause], tape.history, {"s01": "a1"})[cause.text]
    assert shown.lines[-1].startswith(GUILTY)
    assert "step failed: Then all is well" in shown.lines[-1]
    assert shown.lines[-1] in shown.transcript.splitlines()


def test_a_reason_leads_to_its_scenarios_and_shows_its_lines() -> None:
    tape, cause = leak()
    lines = guilty_lines([cause], tape.history, {"s01": "a1"})
    judged = verdict(reasons=(cause.text, "something else"), causes=(cause,))
    page = decision_html(view_of(judged, [outcome(status="failed")], lines=lines))
    assert '<a href="#s-a1">Alice talks</a>' in page
    assert '<li id="s-a1">' in page
    assert GUILTY.strip() in page.partition("<pre>")[2].partition("</pre>")[0]
    assert "something else" in page


def test_a_reason_shows_the_whole_transcript_too_with_its_line_marked() -> None:
    tape, cause = leak()
    shown = guilty_lines([cause], tape.history, {"s01": "a1"})[cause.text]
    marked = [line for line in shown.transcript.splitlines() if line.startswith(GUILTY)]
    assert marked == [line for line in shown.lines if line.startswith(GUILTY)]
    assert len(shown.transcript.splitlines()) > len(shown.lines)


def test_allures_transcripts_have_the_guilty_lines_marked_and_keep_what_was_found(
    tmp_path: Path,
) -> None:
    tape, cause = leak()
    cause = msgspec.structs.replace(cause, shown=((cause.scenario, cause.records),))
    attached = tmp_path / "1-attachment.txt"
    attached.write_text("as it was\n\nWhat was found\n  ✔ something\n", "utf-8")
    result = {
        "historyId": "a1",
        "attachments": [{"name": TRANSCRIPT, "source": attached.name}],
    }
    (tmp_path / "1-result.json").write_text(json.dumps(result), "utf-8")
    marked = marked_transcripts([cause], tape.history, {"s01": "a1"})
    mark_results(tmp_path, marked, flaky=("a1",))
    text = attached.read_text("utf-8")
    assert text == marked["a1"] + "\nWhat was found\n  ✔ something\n"
    assert sum(line.startswith(GUILTY) for line in text.splitlines()) == 1
    after = json.loads((tmp_path / "1-result.json").read_text("utf-8"))
    assert after["statusDetails"]["flaky"] is True
    assert TRANSCRIPT in Path("environment.py").read_text("utf-8")


def test_a_late_event_says_by_how_much_and_which_limit_it_exceeds() -> None:
    tape = Tape()
    tape.opened()
    tape.starts("In time", scenario_id="a1")
    tape.comes(ALICE)
    tape.ping(ALICE)
    tape.asks(ALICE)
    for event in whole_run(ALICE, "r-1", at=tape.at):
        tape.at += 0.412
        tape.event(ALICE, msgspec.structs.replace(event, timestamp=WALL + tape.at - 0.412))
    late = tape.records[-1].seq
    cause = RootCause(
        code="latency_within",
        severity="latency",
        text="Events are late",
        scenario="a1",
        records=(late,),
        shown=(("a1", (late,)),),
    )
    evidence = Evidence(outcomes(), tape.history, Policy(average_latency_ms=250))
    notes = guilty_notes([cause], evidence, clock_of(tape.history, WALL), [])
    [line] = [
        line
        for line in guilty_lines([cause], tape.history, {"s01": "a1"}, notes)[
            "Events are late"
        ].lines
        if line.startswith(GUILTY)
    ]
    assert line.endswith("  [latency 413.0 ms, average limit 250 ms]")
    assert line in marked_transcripts([cause], tape.history, {"s01": "a1"}, notes)["a1"]
    assert guilty_notes([cause], evidence, None, []) == {}


@pytest.mark.parametrize(
    ("latency_ms", "said"),
    [
        (99.9, ""),
        (100.1, "average limit 100 ms"),
        (600, "p95 limit 500 ms"),
        (1500, "p99 limit 1,000 ms"),
    ],
)
def test_of_several_limits_the_highest_is_named(latency_ms: float, said: str) -> None:
    assert exceeded(latency_ms, Policy()) == said


def test_a_message_of_somebody_else_without_their_secret_says_whose_it_is() -> None:
    _, cause = leak()
    wire = Wire()
    wire.starts("Two users", scenario_id="a1")
    for user in (ALICE, BOB):
        wire.meets(user)
    wire.hears(BOB, facts.Rejected(code="E"), mentions=(f"user:{ALICE}", f"run:{ALICE}"))
    number = wire.records[-1].seq
    cause = msgspec.structs.replace(cause, records=(number,))
    evidence = Evidence(outcomes(), wire.history, Policy())
    notes = guilty_notes([cause], evidence, None, violations(wire.history))
    assert notes == {number: "the user id, the run id of Alice"}
    lines = guilty_lines([cause], wire.history, {"s01": "a1"}, notes)[cause.text].lines
    assert lines[-1].endswith("  [the user id, the run id of Alice]")


def test_a_ping_that_shows_a_cause_has_a_line_although_it_was_answered() -> None:
    tape, cause = leak()
    tape.heartbeat(BOB, "protocol", took_ms=300.0)
    cause = msgspec.structs.replace(cause, records=(tape.records[-1].seq,))
    shown = guilty_lines([cause], tape.history, {"s01": "a1"})[cause.text]
    assert shown.lines[-1].endswith("a ping from Bob is answered after 300 ms")
    assert shown.lines[-1].startswith(GUILTY)


def test_evidence_that_is_too_strange_for_notes_still_shows_its_lines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def strange(*_: object) -> dict[int, str]:
        raise ValueError("strange evidence")

    made = tape()
    made.scenario = "s01"
    made.hears(BOB, facts.Ignored(type="x"), mentions=(f"canary:{ALICE}",))
    failed = msgspec.structs.replace(GUARD, status="failed", reason="Data leak", cause="product")
    monkeypatch.setattr("support.report.finished_run.guilty_notes", strange)
    run = finished(tmp_path, outcomes(failed), made.history)
    assert run.verdict.causes
    assert GUILTY in run.transcripts[GUARD.id]
