"""Silence and reset, and where and how often a fault applies."""

from __future__ import annotations

from fault_bench import SOON_S, dial, is_empty, is_reset, on_loop, soon, target, user

from support.faults import Proxy, Reset, Silence


@on_loop
async def test_silence_forwards_nothing_and_closes_nothing_until_it_is_lifted() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        there = await echo.talk()
        async with proxy.with_fault(Silence()) as silence:
            alice.say(b"anybody?")
            assert await silence.has_fired(SOON_S)
            assert not there.heard
            assert not alice.over.done()
        assert await alice.hears(8) == b"anybody?"
        assert silence.fired == 1


@on_loop
async def test_silence_in_one_direction_leaves_the_other() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        silence = proxy.add(Silence(direction="to_user"))
        alice.say(b"hello")
        await (await echo.talk()).hears(5)
        assert await silence.has_fired(SOON_S)
        assert not alice.heard
        proxy.reset()
        assert await alice.hears(5) == b"hello"


@on_loop
async def test_a_user_who_goes_during_silence_is_not_missed_until_it_is_lifted() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        async with user(proxy):
            there = await quiet.talk()
            silence = proxy.add(Silence())
        assert await silence.has_fired(SOON_S)
        assert not there.fin.is_set()
        proxy.remove(silence)
        await soon(there.fin.wait())


@on_loop
async def test_a_fault_that_met_nothing_has_not_fired() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy):
        async with proxy.with_fault(Silence()) as silence:
            await echo.talk()
        assert silence.fired == 0


@on_loop
async def test_reset_reaches_both_ends_as_rst_and_is_told_of() -> None:
    told: list[tuple[str, str]] = []
    async with (
        target(echo=False) as quiet,
        Proxy("127.0.0.1", quiet.port, on_fired=lambda *what: told.append(what)) as proxy,
    ):
        alice = await dial(proxy)
        there = await quiet.talk()
        reset = proxy.add(Reset(scope="open"))
        assert isinstance(await alice.ended(), ConnectionResetError)
        assert isinstance(await there.ended(), ConnectionResetError)
        assert reset.fired == 1
        assert told == [("reset", "connection 1: RST to_target and to_user")]
        async with user(proxy) as again:
            (await quiet.talk(1)).say(b"hi")
            assert await again.hears(2) == b"hi"


@on_loop
async def test_reset_of_the_user_leaves_the_target_believing() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        alice = await dial(proxy)
        there = await echo.talk()
        proxy.add(Reset(direction="to_user"))
        assert isinstance(await alice.ended(), ConnectionResetError)
        there.say(b"still there?")
        assert not there.over.done()
        assert not there.fin.is_set()
        assert len(proxy.links) == 1
        there.transport.abort()
        assert await is_empty(proxy)


@on_loop
async def test_reset_of_the_target_meets_a_connection_that_is_only_being_made() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        proxy.add(Reset(direction="to_target"))
        async with user(proxy) as alice:
            assert isinstance(await (await quiet.talk()).ended(), ConnectionResetError)
            assert not alice.fin.is_set()


@on_loop
async def test_reset_meets_new_connections_as_long_as_it_is_there() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        async with proxy.with_fault(Reset()) as reset:
            assert await is_reset(proxy)
            assert reset.fired == 1
        async with user(proxy) as bob:
            bob.say(b"x")
            await bob.hears(1)


@on_loop
async def test_a_fault_happens_at_most_so_many_times() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        reset = proxy.add(Reset(times=1))
        assert await is_reset(proxy)
        async with user(proxy) as again:
            again.say(b"x")
            await again.hears(1)
        assert reset.fired == 1


@on_loop
async def test_a_fault_for_new_connections_spares_those_that_are_open() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        await echo.talk()
        proxy.add(Reset(scope="new"))
        assert await is_reset(proxy)
        alice.say(b"x")
        await alice.hears(1)
