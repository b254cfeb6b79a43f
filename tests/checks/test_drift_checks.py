"""Does it get slower, does it fill memory? Noise is no drift, and a drift is not called noise."""

from __future__ import annotations

import random

import pytest
from histories import ALICE, WALL, Tape

from support.checks.drift import steady
from support.checks.memory import memory_levels_off
from support.journal import facts, records
from support.measures.drift import LEAST_IN_PART, PARTS, drift_of
from support.measures.slope import slope_of

LEAST = PARTS * LEAST_IN_PART


def rising(by: float, noise: float = 0.0, count: int = 600) -> list[tuple[float, float]]:
    rng = random.Random(by)
    return [(n / 100, 10 + by * n / count + rng.expovariate(1) * noise) for n in range(count)]


def test_a_line_is_found_as_it_is() -> None:
    drift = drift_of(rising(120))
    assert drift is not None
    assert drift.rise == pytest.approx(110, rel=0.01)
    assert drift.start == pytest.approx(15, rel=0.01)


def test_too_few_points_make_no_drift() -> None:
    assert drift_of(rising(10, count=LEAST - 1)) is None
    assert drift_of(rising(10, count=LEAST)) is not None


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_drift(seed: int) -> None:
    rng = random.Random(seed)
    drift = drift_of([(n / 100, rng.expovariate(1 / 30)) for n in range(600)])
    assert drift is not None
    assert not drift.worse_by(0.5, 25)


def test_one_long_hiccup_is_no_drift() -> None:
    points = [(n / 100, 900.0 if 550 < n < 590 else 10.0) for n in range(600)]
    drift = drift_of(points)
    assert drift is not None
    assert not drift.worse_by(0.5, 25)


def test_a_rise_counts_only_when_it_is_much_both_ways() -> None:
    high = [(t, value + 1000) for t, value in rising(100)]
    little, relative, much = drift_of(rising(20)), drift_of(high), drift_of(rising(100, noise=20))
    assert little is not None
    assert relative is not None
    assert much is not None
    worse = [drift.worse_by(0.5, 25) for drift in (little, relative, much)]
    assert worse == [False, False, True]


def chat(slower_ms: float, runs: int = 200, lag_ms: float = 0.0) -> Tape:
    tape = Tape()
    tape.comes(ALICE)
    tape.ping(ALICE)
    for number in range(runs):
        tape.asks(ALICE, f"q{number}", f"r-{number}")
        tape.at += 0.005 + number * slower_ms / 1000
        end = facts.Event(type=facts.COMPLETED, run_id=f"r-{number}", timestamp=WALL + tape.at)
        tape.event(ALICE, end)
    tape.add(records.Sample, name="loop_lag_ms", value=lag_ms)
    return tape


def test_a_steady_conversation_passes() -> None:
    assert steady(WALL)(chat(0).history).state == "passed"


def test_answers_that_come_later_and_later_fail_although_their_times_are_true() -> None:
    finding = steady(WALL)(chat(1.0).history)
    assert finding.state == "failed"
    assert finding.summary.startswith("the first sign rose by")


def test_what_our_own_lateness_may_have_caused_is_unknown() -> None:
    assert steady(WALL)(chat(0.2, lag_ms=50).history).state == "unknown"


def test_a_short_conversation_has_no_drift() -> None:
    assert steady(WALL)(chat(0, runs=LEAST - 1).history).state == "unknown"


def grown(*megabytes: float, runs: int = 40) -> Tape:
    tape = Tape()
    tape.comes(ALICE)
    for number, value in enumerate(megabytes):
        tape.add(records.Sample, name="target_memory_bytes", value=value * 1e6)
        for run in range(runs):
            tape.run(ALICE, f"q{number}-{run}", f"r-{number}-{run}")
    return tape


WARM_UP = (50, 70, 90, 105, 110, 112)


@pytest.mark.parametrize(
    "later",
    [(112,) * 6, (112, 113, 113, 114, 114, 114), (112, 160, 115, 170, 112, 160)],
    ids=["level", "almost level", "up and down"],
)
def test_memory_that_levels_off_passes(later: tuple[float, ...]) -> None:
    assert memory_levels_off(50)(grown(*WARM_UP, *later).history).state == "passed"


def test_that_a_growth_above_the_limit_is_not_proven_is_told() -> None:
    sawtooth = grown(*WARM_UP, 112, 170, 115, 180, 128, 190)
    summary = memory_levels_off(50)(sawtooth.history).summary
    assert "that it is above 50 MB is not proven" in summary


@pytest.mark.parametrize(("a_run_mb", "state"), [(0.19, "failed"), (0.04, "passed")])
def test_memory_that_rises_with_every_run_fails(a_run_mb: float, state: str) -> None:
    jitter = (0.0, 0.6, -0.4, 0.3, -0.5, 0.2)
    later = [112 + n * 40 * a_run_mb + jitter[n] for n in range(6)]
    finding = memory_levels_off(50)(grown(*WARM_UP, *later).history)
    assert finding.state == state
    assert "per 1,000 runs" in finding.summary


def test_memory_looked_at_too_rarely_or_without_runs_is_unknown() -> None:
    assert memory_levels_off(50)(grown(50, 90, 130).history).state == "unknown"
    assert memory_levels_off(50)(grown(*range(50, 150, 8), runs=0).history).state == "unknown"


def test_a_slope_is_found_with_its_confidence() -> None:
    exact = slope_of([(x, 3.0 * x + 1) for x in range(6)])
    assert exact is not None
    assert (exact.value, exact.error) == (pytest.approx(3), pytest.approx(0, abs=1e-6))
    # Worked example: residuals squared 0.6, spread of x 10, t(3) = 5.841.
    rough = slope_of([(1, 2), (2, 3), (3, 5), (4, 6), (5, 8.5)])
    assert rough is not None
    assert rough.value == pytest.approx(1.6)
    assert rough.error == pytest.approx(5.841 * (0.6 / 3 / 10) ** 0.5)
    assert slope_of([(1, 1), (1, 2), (1, 3)]) is None
