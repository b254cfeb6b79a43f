"""Which scenario a worker gets next, and how many workers there are."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from behave.exception import ConfigError

from support.config import Environment
from support.run.parallel.jobs import jobs_of
from support.run.parallel.schedule import Schedule

NOTHING: frozenset[str] = frozenset()
RESTART, MACHINE = frozenset({"needs.restart"}), frozenset({"exclusive.machine"})
LATENCY, LONG_WAIT = MACHINE | {"latency"}, frozenset({"long-wait"})
TREND = MACHINE | {"trend"}


def config(jobs: str, **settings: object) -> SimpleNamespace:
    usual = {"format": ["pretty"], "default_format": "pretty", "junit": False, "stop": False}
    return SimpleNamespace(userdata={"jobs": jobs}, wip=False, **{**usual, **settings})


def taken(schedule: Schedule, workers: int) -> list[list[int]]:
    """What runs at the same time where every scenario takes as long."""
    rounds = []
    while schedule.left:
        running: list[int] = []
        for _ in range(workers):
            number = schedule.take(running)
            running += [number] if number is not None else []
        assert running, "it is stuck"
        rounds.append(running)
    return rounds


def test_the_longest_comes_first_and_the_unknown_count_as_usual() -> None:
    tags = dict.fromkeys(range(1, 5), NOTHING)
    schedule = Schedule(tags, {1: 1.0, 2: 9.0, 4: 2.0}, own_services=True)
    assert taken(schedule, 1) == [[2], [3], [4], [1]]


def test_half_of_the_workers_take_the_longest_and_the_others_the_shortest() -> None:
    tags = dict.fromkeys(range(1, 9), NOTHING)
    schedule = Schedule(tags, {n: float(n) for n in tags}, own_services=True)
    assert taken(schedule, 4) == [[8, 1, 7, 2], [6, 3, 5, 4]]


@pytest.mark.parametrize(
    ("own_services", "rounds"), [(True, [[3], [2], [1]]), (False, [[2], [3], [1]])]
)
def test_what_waits_for_long_begins_first_beside_a_service_of_its_own(
    own_services: bool, rounds: list[list[int]]
) -> None:
    tags = {1: NOTHING, 2: NOTHING, 3: LONG_WAIT}
    schedule = Schedule(tags, {1: 1.0, 2: 9.0, 3: 5.0}, own_services=own_services)
    assert taken(schedule, 1) == rounds


def test_what_needs_the_machine_may_run_beside_what_only_waits() -> None:
    tags = {1: MACHINE, 2: LONG_WAIT, 3: LONG_WAIT, 4: MACHINE}
    assert taken(Schedule(tags, {}, own_services=True), 4) == [[2, 3, 1], [4]]
    assert taken(Schedule(tags, {}, own_services=False), 4) == [[2, 3], [1], [4]]


def test_what_needs_the_machine_runs_beside_nothing() -> None:
    schedule = Schedule({1: MACHINE, 2: NOTHING, 3: MACHINE, 4: NOTHING}, {}, own_services=True)
    assert taken(schedule, 2) == [[2, 4], [1], [3]]


def test_what_needs_the_machine_waits_until_it_is_quiet() -> None:
    schedule = Schedule({1: MACHINE, 2: MACHINE}, {}, own_services=True)
    assert schedule.take([], quiet=False) is None
    assert schedule.take([]) == 1


@pytest.mark.parametrize(
    ("own_services", "rounds"), [(True, [[2], [1, 3]]), (False, [[1, 3], [2]])]
)
def test_latency_of_a_bundled_service_is_measured_first(
    own_services: bool, rounds: list[list[int]]
) -> None:
    schedule = Schedule({1: NOTHING, 2: LATENCY, 3: NOTHING}, {}, own_services=own_services)
    assert taken(schedule, 2) == rounds


def test_whether_a_bundled_service_gets_slower_is_seen_while_it_is_young() -> None:
    tags = {1: NOTHING, 2: TREND, 3: LATENCY, 4: NOTHING}
    schedule = Schedule(tags, {}, own_services=True)
    assert taken(schedule, 2) == [[3], [2], [1, 4]]
    schedule = Schedule(tags, {}, own_services=True)
    assert schedule.take([]) == 3
    schedule.failed(3)
    assert taken(schedule, 2) == [[1, 4], [2]]


def test_latency_is_measured_in_the_order_of_the_features_however_long_it_took() -> None:
    tags = {1: LATENCY, 2: LATENCY, 3: LATENCY, 4: NOTHING}
    schedule = Schedule(tags, {1: 1.0, 2: 2.0, 3: 9.0}, own_services=True)
    assert taken(schedule, 2) == [[1], [2], [3], [4]]


def test_once_latency_is_too_high_the_rest_of_it_comes_last() -> None:
    tags = {1: LATENCY, 2: LATENCY, 3: NOTHING, 4: LATENCY, 5: MACHINE}
    schedule = Schedule(tags, {}, own_services=True)
    assert schedule.take([]) == 1
    schedule.failed(1)
    assert taken(schedule, 2) == [[3], [5], [2], [4]]


def test_once_latency_is_too_high_or_unknown_pings_come_next() -> None:
    tags = {1: NOTHING, 2: NOTHING, 3: frozenset({"ping"}), 4: LATENCY, 5: LATENCY}
    schedule = Schedule(tags, {1: 9.0, 2: 5.0}, own_services=True)
    assert schedule.take([]) == 4
    schedule.failed(4)
    assert taken(schedule, 1) == [[3], [1], [2], [5]]


def test_a_failure_of_something_else_leaves_latency_first() -> None:
    tags = {1: LATENCY, 2: LATENCY, 3: NOTHING, 4: LONG_WAIT}
    schedule = Schedule(tags, {}, own_services=True)
    assert schedule.take([]) == 4
    schedule.failed(4)
    assert taken(schedule, 2) == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("own_services", "rounds"), [(True, [[1, 3], [2]]), (False, [[2, 3], [1]])]
)
def test_what_others_on_the_deployment_would_notice_is_alone_there(
    own_services: bool, rounds: list[list[int]]
) -> None:
    schedule = Schedule({1: RESTART, 2: NOTHING, 3: NOTHING}, {}, own_services=own_services)
    assert taken(schedule, 2) == rounds


@pytest.mark.parametrize("given", ["0", "-1", "two", "65", ""])
def test_a_number_of_jobs_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="-D jobs is a number from 1 to 64, or auto"):
        jobs_of(config(given), Environment(), 200)


def test_there_are_no_more_workers_than_scenarios() -> None:
    assert jobs_of(config("8"), Environment(), 3) == 3
    assert jobs_of(config("1"), Environment(), 3) == 1
    assert jobs_of(config("auto"), Environment(), 7) == 0
    assert jobs_of(config("auto"), Environment(), 200) > 1


def test_a_run_whose_time_is_limited_has_a_worker_that_can_be_ended(
    capsys: pytest.CaptureFixture[str],
) -> None:
    timed = Environment(patience={"whole_run_s": 60})
    assert jobs_of(config("auto"), timed, 1) == 1
    assert jobs_of(config("auto", junit=True), timed, 200) == 0
    assert "and run to the end, however long it takes: another" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("workers", "settings", "environment", "why"),
    [
        (0, {"junit": True}, {}, "another format was asked for"),
        (0, {"stop": True}, {}, "--stop and --wip end the run"),
        (1, {}, {"chat_url": "ws://x.test", "safe": True}, "in safe mode"),
        (1, {}, {"chat_url": "ws://x.test", "sign_in": "static"}, "the people of this environment"),
    ],
)
def test_where_only_one_is_possible_the_reason_is_printed(
    workers: int,
    settings: dict[str, object],
    environment: dict[str, object],
    why: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert jobs_of(config("4", **settings), Environment(**environment), 200) == workers
    assert f"Scenarios run one after the other: {why}" in capsys.readouterr().out


def test_on_a_deployment_elsewhere_several_workers_have_to_be_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    elsewhere = Environment(chat_url="ws://x.test")
    assert jobs_of(config("auto"), elsewhere, 200) == 1
    assert "a deployment of your own; -D jobs=4" in capsys.readouterr().out
    assert jobs_of(config("4"), elsewhere, 200) == 4


def test_without_being_asked_for_there_are_no_workers() -> None:
    plain = config("1")
    plain.userdata = {}
    assert jobs_of(plain, Environment(), 200) == 0
