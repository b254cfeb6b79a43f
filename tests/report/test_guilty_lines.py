"""The page shows the very lines that show a cause, with the time since their scenario began."""

from __future__ import annotations

from histories import ALICE, BOB, Tape
from report_samples import outcome, verdict

from support.approval import RootCause
from support.journal import facts
from support.report.guilty import GUILTY, guilty_lines
from support.report.render import decision_html
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
    lines = guilty_lines([cause], tape.history, {"s01": "a1"})[cause.text]
    [guilty] = [line for line in lines if line.startswith(GUILTY)]
    assert "Bob" in guilty
    assert float(guilty.split()[1]) < 1.0
    assert 1 < len(lines) <= 4


def test_a_cause_without_records_or_of_another_journal_has_no_lines() -> None:
    tape, cause = leak()
    assert guilty_lines([cause], tape.history, {}) == {}
    assert guilty_lines([], tape.history, {"s01": "a1"}) == {}


def test_a_reason_leads_to_its_scenarios_and_shows_its_lines() -> None:
    tape, cause = leak()
    lines = guilty_lines([cause], tape.history, {"s01": "a1"})
    judged = verdict(reasons=(cause.text, "something else"), causes=(cause,))
    page = decision_html(view_of(judged, [outcome(status="failed")], lines=lines))
    assert '<a href="#s-a1">Alice talks</a>' in page
    assert '<li id="s-a1">' in page
    assert GUILTY.strip() in page.partition("<pre>")[2].partition("</pre>")[0]
    assert "something else" in page
