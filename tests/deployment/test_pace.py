"""Under the rate that the deployment has announced, by a clock that passes only when told to."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import support.config.pace as pace
from support.config.pace import Pacer


class Clock:
    """Monotonic seconds, and a sleep that takes no time but on this clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + 1e-6


def sent(rate: float | None, gaps: list[float]) -> list[float]:
    """When messages went out that somebody wished to send after these gaps."""
    clock, times = Clock(), []

    async def send() -> None:
        pacer = Pacer()
        if rate is not None:
            pacer.limit(rate)
        for gap in gaps:
            clock.now += gap
            await pacer.turn()
            times.append(clock.now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace, "time", SimpleNamespace(monotonic=clock.monotonic))
        patch.setattr(pace, "asyncio", SimpleNamespace(sleep=clock.sleep))
        asyncio.run(send())
    return times


@settings(max_examples=50)
@given(st.floats(0.1, 60), st.lists(st.sampled_from([0.0, 0.01, 0.3, 2.0]), max_size=80))
def test_no_stretch_of_time_ever_has_more_messages_than_announced(
    rate: float, gaps: list[float]
) -> None:
    times = sent(rate, gaps)
    stretch_s = max(1.0, 1.0 / rate)
    for end in times:
        within = [t for t in times if end - stretch_s < t <= end]
        assert len(within) <= max(1, int(rate * stretch_s))


def test_a_burst_is_spread_over_as_many_seconds_as_it_needs() -> None:
    times = sent(10, [0.0] * 40)
    assert times[-1] - times[0] == pytest.approx(4.0, abs=0.01)  # 8 a second


def test_who_is_slow_enough_never_waits() -> None:
    gaps = [0.2] * 50
    assert sent(10, gaps)[-1] == pytest.approx(1000.0 + sum(gaps))


def test_without_a_limit_nobody_waits() -> None:
    assert sent(None, [0.0] * 1000) == [1000.0] * 1000


@pytest.mark.parametrize(("rate", "allowed"), [(None, True), (1, False), (2, False), (3, True)])
def test_two_at_once_are_sent_where_the_announced_rate_leaves_room_for_them(
    rate: float | None, allowed: bool
) -> None:
    pacer = Pacer()
    if rate is not None:
        pacer.limit(rate)
    assert pacer.allows_at_once(2) is allowed
