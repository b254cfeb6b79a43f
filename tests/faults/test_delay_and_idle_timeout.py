"""Delay and idle timeout."""

from __future__ import annotations

import asyncio

import pytest
from fault_bench import SOON_S, dial, on_loop, soon, target, user

from support.faults import Delay, IdleTimeout, Proxy, Silence


@on_loop
async def test_a_delay_comes_before_every_answer_and_the_order_is_kept() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        alice.say(b"x")
        await alice.hears(1)
        delay = proxy.add(Delay(0.03, 0.02, direction="to_user"))
        loop = asyncio.get_running_loop()
        started = loop.time()
        sent = b"x"
        for turn in range(20):
            alice.say(b"%03d" % turn)
            sent += b"%03d" % turn
            await (await echo.talk()).hears(len(sent))
        assert await alice.hears(len(sent)) == sent
        assert alice.times[1] - started >= 0.01
        assert delay.fired > 0


@on_loop
async def test_a_delay_is_told_of_once_a_connection_and_counted_each_time() -> None:
    told: list[tuple[str, str]] = []
    async with (
        target() as echo,
        Proxy("127.0.0.1", echo.port, on_fired=lambda *what: told.append(what)) as proxy,
        user(proxy) as alice,
    ):
        delay = proxy.add(Delay(0.001, direction="to_target"))
        for turn in range(5):
            alice.say(b"x")
            await alice.hears(turn + 1)
        assert delay.fired == 5
        assert told == [("delay", "connection 1: 1 ± 0 ms to_target")]


@on_loop
async def test_what_is_under_way_arrives_when_the_delay_is_lifted() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        delay = proxy.add(Delay(60, direction="to_user"))
        alice.say(b"one")
        await (await echo.talk()).hears(3)
        assert await delay.has_fired(SOON_S)
        proxy.remove(delay)
        assert await alice.hears(3) == b"one"


@pytest.mark.parametrize("how", ["rst", "fin"])
@on_loop
async def test_an_idle_connection_is_cut_at_both_ends(how: str) -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        loop = asyncio.get_running_loop()
        alice = await dial(proxy)
        there = await quiet.talk()
        started = loop.time()
        idle = proxy.add(IdleTimeout(0.05, how))  # type: ignore[arg-type]
        for end in (alice, there):
            if how == "rst":
                assert isinstance(await end.ended(), ConnectionResetError)
            else:
                await soon(end.fin.wait())
        assert loop.time() - started >= 0.05
        assert idle.fired == 1
        alice.transport.abort()


@pytest.mark.parametrize("speaker", ["user", "target"])
@on_loop
async def test_whatever_passes_in_either_direction_keeps_an_idle_connection(speaker: str) -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        loop = asyncio.get_running_loop()
        async with user(proxy) as alice:
            there = await quiet.talk()
            says, hears = (alice, there) if speaker == "user" else (there, alice)
            idle = proxy.add(IdleTimeout(0.4))
            started, count = loop.time(), 0
            while loop.time() - started < 0.8:
                says.say(b"x")
                count += 1
                await hears.hears(count)
                await asyncio.sleep(0.02)
            assert idle.fired == 0
            assert isinstance(await alice.ended(), ConnectionResetError)
            assert idle.fired == 1


@on_loop
async def test_what_silence_holds_back_does_not_keep_a_connection() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        await echo.talk()
        proxy.add(Silence())
        idle = proxy.add(IdleTimeout(0.05))
        alice.say(b"hello?")
        await alice.ended()
        assert idle.fired == 1


@on_loop
async def test_the_end_comes_behind_what_is_delayed() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        proxy.add(Delay(0.05))
        async with user(proxy) as alice:
            there = await quiet.talk()
            alice.say(b"last words")
            alice.transport.write_eof()
            await soon(there.fin.wait())
            assert there.heard == b"last words"
