"""Automatic reconnecting on real connections."""

from __future__ import annotations

import asyncio
import time

from reconnect_bench import PATIENCE_S, Bench

from support.attacks.tokens import hold_flawed_token
from support.client import User
from support.faults import contains
from support.faults.toxics.drop import Drop
from support.faults.toxics.refuse import Refuse
from support.faults.toxics.reset import Reset
from support.journal import facts, records


async def lose(user: User) -> None:
    user.cut()
    await user.disconnected()


def test_a_lost_connection_is_re_established_without_being_asked(bench: Bench) -> None:
    user = bench.person(scale=0.01)

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        await lose(user)
        assert await user.auto_reconnect.reconnected(PATIENCE_S)
        assert await user.finished(await user.ask())
        await user.leave()

    bench.play(scene)
    assert [r.attempts for r in bench.of(records.Reconnected)] == [1]


def test_it_reconnects_as_often_as_necessary(bench: Bench) -> None:
    user = bench.person(scale=0.01)

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        for _ in range(3):
            await lose(user)
            assert await user.auto_reconnect.reconnected(PATIENCE_S)
        await user.leave()

    bench.play(scene)
    assert len(bench.of(records.Reconnected)) == 3


def test_anyone_who_leaves_is_not_brought_back(bench: Bench) -> None:
    user = bench.person(scale=0.01)

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        await user.leave()
        assert not await user.auto_reconnect.reconnected(PATIENCE_S)

    bench.play(scene)
    assert bench.of(records.ReconnectScheduled) == []


def test_without_auto_reconnect_a_lost_connection_stays_lost(bench: Bench) -> None:
    user = bench.person(scale=0.01)

    async def scene() -> None:
        await user.connect()
        await lose(user)
        assert not await user.auto_reconnect.reconnected(PATIENCE_S)

    bench.play(scene)
    assert bench.of(records.ReconnectScheduled) == []


def test_stopping_ends_a_long_pause_at_once(bench: Bench) -> None:
    user = bench.person(scale=100.0)

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        await lose(user)
        assert user.auto_reconnect.at_work
        started = time.monotonic()
        await user.auto_reconnect.stop()
        assert time.monotonic() - started < 1.0
        assert not user.auto_reconnect.at_work

    bench.play(scene)
    assert bench.of(records.HarnessError) == []


def test_stopping_in_the_middle_of_an_attempt_leaves_no_connection_behind(bench: Bench) -> None:
    user = bench.person(scale=0.01)

    async def scene() -> None:
        async with bench.network() as network:
            await user.connect(via=(network.host, network.port))
            user.stay_connected()
            network.add(Reset(scope="open"))
            silent = network.add(Refuse(times=1))
            assert await silent.has_fired(PATIENCE_S)
            await user.auto_reconnect.stop()
            await user.leave()
            assert user.online is None

    bench.play(scene)


def test_a_wait_outlasts_an_outage(bench: Bench) -> None:
    user = bench.person(scale=0.05)

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        run = await user.ask("slow")
        await user.reaches(facts.THINKING, run)
        user.cut()
        assert await user.finished(run)
        await user.leave()

    bench.play(scene)
    assert bench.of(records.WaitTimedOut) == []


def test_what_is_written_meanwhile_goes_out_once_in_order(bench: Bench) -> None:
    user = bench.person(scale=0.01)

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        await lose(user)
        runs = [await user.ask() for _ in range(5)]
        assert [await user.finished(run) for run in runs] == [True] * 5
        await user.leave()

    bench.play(scene)
    asked = [s.fact.request_id for s in bench.journal.history().asked(user.key)]
    assert asked == [run.request_id for run in user.runs]


def test_it_gives_up_and_says_so_and_waits_end(bench: Bench) -> None:
    user = bench.person(scale=0.002)

    async def scene() -> None:
        async with bench.network() as network:
            await user.connect(via=(network.host, network.port))
            user.stay_connected()
            network.add(Refuse())
            await lose(user)
            assert not await user.auto_reconnect.reconnected(PATIENCE_S)
            started = time.monotonic()
            assert not await user.until(lambda: False, "what cannot come")
            assert time.monotonic() - started < 1.0

    bench.play(scene)
    assert [(r.attempts, r.final) for r in bench.of(records.ReconnectGaveUp)] == [(5, False)]
    assert [m.after for m in bench.of(records.BreakerTransition)] == ["open"]


def test_anyone_who_waits_learns_as_soon_as_reconnecting_is_given_up(bench: Bench) -> None:
    user = bench.person(scale=0.02)

    async def scene() -> None:
        async with bench.network() as network:
            await user.connect(via=(network.host, network.port))
            user.stay_connected()
            network.add(Refuse())
            await lose(user)
            started = time.monotonic()
            assert not await user.until(lambda: False, "what cannot come", within_s=60)
            assert time.monotonic() - started < 10.0

    bench.play(scene)
    assert len(bench.of(records.ReconnectGaveUp)) == 1


def test_a_bad_token_ends_it_after_one_attempt_and_leaves_the_breaker_closed(bench: Bench) -> None:
    user = bench.person(scale=0.002)

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        hold_flawed_token(user, "a garbled token")
        await lose(user)
        assert not await user.auto_reconnect.reconnected(PATIENCE_S)

    bench.play(scene)
    assert [(r.attempts, r.final) for r in bench.of(records.ReconnectGaveUp)] == [(1, True)]
    assert bench.of(records.BreakerTransition) == []


def test_only_one_of_two_attempts_at_once_passes_a_half_open_breaker(bench: Bench) -> None:
    user = bench.person(scale=0.002, attempts=5, cool_down_s=0.5)

    async def scene() -> None:
        async with bench.network() as network:
            await user.connect(via=(network.host, network.port))
            user.stay_connected()
            network.add(Refuse())
            await lose(user)
            await user.auto_reconnect.reconnected(PATIENCE_S)
            await user.auto_reconnect.cooled_down()
            tried = await asyncio.gather(
                user.auto_reconnect.attempt_now(), user.auto_reconnect.attempt_now()
            )
            assert tried == [False, False]

    bench.play(scene)
    moves = [m.after for m in bench.of(records.BreakerTransition)]
    assert moves[:3] == ["open", "half-open", "open"]


def test_the_time_that_a_restarting_service_has_announced_is_honoured(bench: Bench) -> None:
    user = bench.person(scale=0.002)
    controller = bench.deployment.controller
    assert controller is not None

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        try:
            await asyncio.to_thread(controller.carry_out, "stop", "chat")
            await user.disconnected()
        finally:
            await user.auto_reconnect.stop()
            await asyncio.to_thread(controller.carry_out, "start", "chat")

    bench.play(scene)
    announced = [s.fact.retry_after_s for s in bench.journal.history().facts(facts.Closing)]
    planned = bench.of(records.ReconnectScheduled)
    assert planned[0].announced_s == announced[0]
    assert planned[0].pause_s >= planned[0].announced_s
    assert all(retry.announced_s == 0 for retry in planned[1:])


def test_a_request_whose_acceptance_was_lost_is_sent_again_as_the_same(bench: Bench) -> None:
    user = bench.person(scale=0.01)

    async def scene() -> None:
        await user.connect()
        user.stay_connected()
        run = await user.ask()
        user.cut()
        assert await user.finished(run)
        await user.leave()

    bench.play(scene)
    asked = [s.fact.request_id for s in bench.journal.history().asked(user.key)]
    assert len(asked) == 2
    assert len(set(asked)) == 1


def test_a_connection_on_which_nothing_is_answered_is_given_up_and_tried_again(
    bench: Bench,
) -> None:
    user = bench.person(scale=0.01)
    patience = bench.deployment.environment.patience

    async def scene() -> None:
        async with bench.network() as network:
            await user.connect(via=(network.host, network.port))
            user.stay_connected()
            lost = network.add(Drop(matching=contains("subscribe"), scope="new", times=1))
            await lose(user)
            assert await user.auto_reconnect.reconnected(PATIENCE_S)
            assert lost.fired == 1
            await user.leave()

    before, patience.answer_s = patience.answer_s, 0.3
    try:
        bench.play(scene)
    finally:
        patience.answer_s = before
    assert [r.attempts for r in bench.of(records.Reconnected)] == [2]
