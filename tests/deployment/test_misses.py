"""What was missed again and again in failed scenarios is waited for less long, nothing else is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.client import BackgroundLoop, SignIn, User
from support.config import Environment
from support.deployment import Deployment
from support.deployment.misses import Misses
from support.dialects.loading import DIALECTS
from support.journal import Journal, facts

END, REFUSAL, PONG = "the end of a run", "a refusal", "the answer to a ping"


def after(scenarios: int, *, failed: bool = True, took_s: float | None = None) -> Misses:
    """So many scenarios, in each of which the end of a run was missed, more than once."""
    misses = Misses()
    if took_s is not None:
        misses.came(END, took_s)
        misses.scenario_ended(failed=False)
    for _ in range(scenarios):
        misses.missed(END, 0.0, 10.0)
        misses.missed(END, 10.0, 20.0)
        misses.scenario_ended(failed=failed)
    return misses


@pytest.mark.parametrize(("scenarios", "limit_s"), [(0, 10), (1, 10), (2, 2.5), (9, 2.5)])
def test_two_failed_scenarios_shorten_the_wait_to_a_quarter(scenarios: int, limit_s: float) -> None:
    assert after(scenarios).limit_s(END, 10) == limit_s
    assert after(scenarios).limit_s(REFUSAL, 10) == 10


def test_what_is_missed_in_scenarios_that_pass_was_meant_to_be_missed() -> None:
    assert after(9, failed=False).limit_s(END, 10) == 10


def test_a_slow_deployment_keeps_the_time_that_it_took() -> None:
    assert after(2, took_s=0.2).limit_s(END, 10) == 2.5
    assert after(2, took_s=2.0).limit_s(END, 10) == 4
    assert after(2, took_s=6.0).limit_s(END, 10) == 10


def test_no_wait_falls_below_a_second_unless_it_was_shorter() -> None:
    assert after(2).limit_s(END, 3) == 1
    assert after(2).limit_s(END, 0.5) == 0.5


def pongs(times: int, *, every_s: float = 5.0, warm: bool = True) -> Misses:
    """So many round trips of five seconds that never came, one after another or overlapping."""
    misses = Misses()
    for number in range(times):
        misses.missed(PONG, number * every_s, number * every_s + 5.0, warm=warm)
    return misses


@pytest.mark.parametrize(("times", "limit_s"), [(2, 5), (3, 1.25), (9, 1.25)])
def test_a_round_trip_that_never_came_is_waited_for_less_long(times: int, limit_s: float) -> None:
    misses = pongs(times)
    misses.scenario_ended(failed=False)
    assert misses.limit_s(PONG, 5, round_trip=True) == limit_s
    assert misses.limit_s(PONG, 5) == 5


@pytest.mark.parametrize("before", [True, False])
def test_a_round_trip_that_was_answered_once_is_always_waited_for(*, before: bool) -> None:
    misses = Misses() if before else pongs(9)
    misses.answered()
    for number in range(9):
        misses.missed(PONG, 100.0 + number * 5, 105.0 + number * 5)
    assert misses.limit_s(PONG, 5, round_trip=True) == 5


def test_round_trips_that_a_group_waits_for_at_once_are_one() -> None:
    assert pongs(9, every_s=0.01).limit_s(PONG, 5, round_trip=True) == 5
    assert pongs(9, every_s=2.5).limit_s(PONG, 5, round_trip=True) == 1.25


def test_no_round_trip_counts_before_the_deployment_is_warm() -> None:
    assert pongs(9, warm=False).limit_s(PONG, 5, round_trip=True) == 5


def test_a_late_answer_is_one_and_so_is_none_of_a_cold_deployment(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    text = (DIALECTS / "agent-chat-v1.toml").read_text("utf-8")
    ours.write_text(text + "\n[budgets]\nwarm_up_s = 7\n", "utf-8")
    environment = Environment(chat_url="ws://127.0.0.1:1/ws", dialect=str(ours))
    journal, loop = Journal(tmp_path / "journal.jsonl"), BackgroundLoop()
    deployment = Deployment(environment, tmp_path, journal.redactor)
    user = User("s01/Alice", deployment, journal, SignIn(deployment, journal.redactor.add_secret))
    connection: Any = SimpleNamespace(name="s01/Alice#1", is_open=True)
    user.connections.append(connection)
    limits: list[float] = []

    async def missed() -> None:
        for _ in range(3):
            assert not await user.until(lambda: False, PONG, 0.01, named=False)
        limits.append(deployment.misses.limit_s(PONG, 5, round_trip=True))

    loop.run(missed())
    user.heard(connection, facts.Event(type="agent_completed", run_id="r-1"))
    loop.run(missed())
    user.heard(connection, facts.Pong(nonce="of-a-ping-that-was-given-up"))
    limits.append(deployment.misses.limit_s(PONG, 5, round_trip=True))
    loop.close()
    journal.close()
    assert limits == [5, 1.25, 5]
