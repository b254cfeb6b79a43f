"""The line that shows how far a load is, while it runs."""

from __future__ import annotations

import pytest

from support.journal import records
from support.journal.load_plan import LoadPlan
from support.report.load import progress_line
from support.run.load import progress_shown

PLAN = LoadPlan(users=2_000, duration_s=60)


def progress(t: float, events: int, p95_ms: float | None = 81.4) -> records.LoadProgress:
    return records.LoadProgress(
        t=t,
        connected=1_500,
        asked=1_300,
        answered=1_200,
        events=events,
        violations=3,
        p95_ms=p95_ms,
    )


def test_it_shows_users_answers_events_a_second_p95_and_violations() -> None:
    assert progress_line(PLAN, progress(12.0, 6_500), progress(10.0, 1_500)) == (
        "1,500/2,000 users · 1,200/1,300 answered · 6,500 events (2,500.0/s) · p95 81 ms"
        " · 3 violations"
    )


def test_the_first_line_claims_no_rate_and_no_p95() -> None:
    line = progress_line(PLAN, progress(1.0, 20, None))
    assert "20 events · p95 – ·" in line


def test_the_same_moment_twice_has_no_rate() -> None:
    assert "/s)" not in progress_line(PLAN, progress(1.0, 20), progress(1.0, 10))


def test_in_a_log_the_rate_is_that_since_the_line_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = progress_shown(PLAN)
    for t in range(1, 12):
        show(progress(float(t), 100 * t))
    first, *others = capsys.readouterr().out.splitlines()
    assert "100 events · " in first
    assert [line.split(" · ")[2] for line in others] == [
        "600 events (100.0/s)",
        "1,100 events (100.0/s)",
    ]


def test_two_records_just_after_each_other_make_no_rate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show = progress_shown(PLAN)
    for t, events in ((1.0, 100), (2.0, 200), (2.02, 700), (3.0, 800)):
        show(progress(t, events))
    shown = [line.split(" · ")[2] for line in capsys.readouterr().out.split("\r")[1:]]
    assert shown == ["100 events", "200 events (100.0/s)", "700 events", "800 events (600.0/s)"]
