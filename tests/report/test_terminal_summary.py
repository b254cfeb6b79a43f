"""The last words of a run."""

from __future__ import annotations

import io

import pytest
from report_samples import verdict

from support.approval.model import CriterionResult, Decision, NotAssessed
from support.report.rerun import Rerun
from support.report.terminal import report_line, summary
from support.report.view import view_of


class Terminal(io.StringIO):
    """Something that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def said(decision: Decision = "REJECTED", file: io.StringIO | None = None, **given: object) -> str:
    out = file or io.StringIO()
    summary(view_of(verdict(decision, **given)), evidence_path="ev", file=out)
    report_line("reports/x/index.html", out)
    return out.getvalue()


def test_the_last_words_hold_what_matters() -> None:
    text = said()
    for words in (
        "REJECTED  This build must not be deployed.",
        "https://chat.staging.example, build 2025.11.3, in staging",
        "2 of 2 scenarios assessed, 1 passed, in 1 min 34 s",
        "1. Bob received 2 events that belong to Alice.",
        "not met: Users are isolated from each other: 1 violation (limit 0 violations)",
        "no evidence: 99 of 100 events arrive within",
        "? The deployment cannot. (Reconnect storms)",
        "Do not deploy. Fix the isolation of users.",
        "Report    reports/x/index.html",
        "Evidence  ev",
    ):
        assert words in text
    assert "Average event latency" not in text


def test_piped_output_has_no_colours_even_when_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b" not in said()


def test_a_terminal_has_colours_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in said(file=Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "41m" not in said(file=Terminal())


def test_piped_lines_are_not_cut_to_a_width() -> None:
    long = "word " * 100 + "end"
    assert f"   {long}\n" in said(next_step=long)


def test_it_fits_on_a_screen_whatever_went_wrong() -> None:
    bad = tuple(
        CriterionResult(name=str(n), title=f"C{n}", state="fail", measured="x", limit="y")
        for n in range(40)
    )
    gaps = tuple(NotAssessed(what=f"G{n}.", why=f"w{n}") for n in range(40))
    text = said(criteria=bad, not_assessed=gaps, reasons=("a", "b", "c", "d"))
    assert text.count("\n") <= 25
    assert "and 35 more" in text
    assert "and 37 more" in text


def test_no_answer_of_a_target_can_steer_the_terminal() -> None:
    text = said(build="1.0\x1b]0;owned\x07\r", reasons=("[bold]x[/bold] :smile:",), file=Terminal())
    assert "owned" in text
    assert "\x1b]0" not in text
    assert "\x07" not in text
    assert "\r" not in text
    assert "[bold]x[/bold] :smile:" in text


def test_a_terminal_without_unicode_gets_the_words() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    summary(view_of(verdict()), file=out)
    report_line(None, out)
    out.flush()
    text = raw.getvalue().decode("ascii")
    assert "REJECTED" in text
    assert "Report    none was made" in text


def test_the_command_that_runs_again_what_failed_is_named() -> None:
    out = io.StringIO()
    summary(view_of(verdict(), rerun=Rerun("behave features/a.feature:12", "…")), file=out)
    assert "\nRerun     behave features/a.feature:12\n          (…)\n" in out.getvalue()
    assert "Rerun" not in said()


def test_gaps_of_one_reason_are_one_line_and_no_evidence_is_not_a_limit_missed() -> None:
    tls = "this environment does not use TLS (ws://)"
    gaps = tuple(NotAssessed(what=f"G{n}.", why=tls) for n in range(4))
    unproven = CriterionResult(name="n", title="C", state="no_evidence", measured="x", limit="y")
    text = said(criteria=(unproven,), not_assessed=gaps)
    assert "? This environment does not use TLS (ws://). (G0 and 3 more)" in text
    assert "Criteria not met" not in text
    assert "Criteria without evidence" in text
