"""What is believed of a deployment that tells its time in two ways."""

from __future__ import annotations

import time

import pytest

from support.config.clock import TargetClock

HOUR_S = 3600.0


@pytest.mark.parametrize(
    ("greeting_s", "pong_s", "believed_s"),
    [
        (HOUR_S, 0.0, 0.0),
        (0.0, HOUR_S, 0.0),
        (HOUR_S, HOUR_S - 2, HOUR_S),  # a pong may be late
        (HOUR_S, 1e9, HOUR_S),
        (1e9, 90.0, 0.0),  # no greeting was believed that a pong could correct
    ],
)
def test_of_two_times_that_contradict_each_other_the_one_nearer_to_ours_counts(
    greeting_s: float, pong_s: float, believed_s: float
) -> None:
    clock = TargetClock()
    for _ in range(2):
        clock.learn_greeting(time.time() + greeting_s)
        clock.learn_pong(time.time() + pong_s)
    assert clock.ahead_s == pytest.approx(believed_s, abs=1.0)
