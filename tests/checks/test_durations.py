"""Durations that cannot be true are found, and none that can."""

from __future__ import annotations

import pytest
from histories import whole_run
from msgspec.structs import replace

from support.checks.durations import duration_problems
from support.journal.facts import COMPLETED, Event


def run_of(took_s: float, duration_ms: object) -> list[Event]:
    """A run whose events lie so far apart, and that tells that duration."""
    first, *between, last = whole_run()
    told = replace(
        last,
        timestamp=(first.timestamp or 0.0) + took_s,
        data={**last.data, "duration_ms": duration_ms},
    )
    return [first, *between, told]


@pytest.mark.parametrize("told", [620, 619.7, 1200, 90, 20_000])
def test_a_duration_that_may_be_true_is_none(told: float) -> None:
    assert duration_problems(run_of(0.62, told)) == []


@pytest.mark.parametrize("told", [0.62, 0, 620_000, 620_000_000])
def test_another_unit_is_found(told: float) -> None:
    (problem,) = duration_problems(run_of(0.62, told))
    assert "events lie 620 ms apart" in problem
    assert (problem.code, problem.subject) == ("event_malformed", COMPLETED)


def test_a_short_run_shows_no_unit() -> None:
    assert duration_problems(run_of(0.2, 0.0)) == []


def test_a_duration_below_zero_is_found_whatever_the_run_took() -> None:
    (problem,) = duration_problems(run_of(0.01, -5))
    assert "-5, below zero" in problem


@pytest.mark.parametrize("told", [None, "620"])
def test_what_is_no_number_is_left_to_the_reader(told: object) -> None:
    assert duration_problems(run_of(0.62, told)) == []
