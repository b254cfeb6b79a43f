"""Bandwidth, slicing, slow close, cut after so many bytes."""

from __future__ import annotations

import asyncio

import pytest
from fault_bench import SOON_S, dial, on_loop, soon, target, user
from fault_sockets import socket_target, socket_user

from support.faults import (
    Bandwidth,
    CutAfter,
    Proxy,
    Slicing,
    SlowClose,
)


@on_loop
async def test_bandwidth_lets_only_so_many_bytes_a_second_through() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        narrow = proxy.add(Bandwidth(20_000, direction="to_user"))
        loop = asyncio.get_running_loop()
        started = loop.time()
        sent = bytes(range(250)) * 40
        alice.say(sent)
        assert await alice.hears(len(sent)) == sent
        assert loop.time() - started >= 0.45
        assert narrow.fired >= 1


@on_loop
async def test_what_waits_for_bandwidth_arrives_when_it_is_lifted_and_the_end_behind_it() -> None:
    async with (
        target(echo=False) as quiet,
        Proxy("127.0.0.1", quiet.port) as proxy,
        user(proxy) as alice,
    ):
        there = await quiet.talk()
        narrow = proxy.add(Bandwidth(1000))
        alice.say(b"z" * 100_000)
        alice.transport.write_eof()
        assert await narrow.has_fired(SOON_S)
        proxy.remove(narrow)
        assert await there.hears(100_000) == b"z" * 100_000
        await soon(there.fin.wait())


@on_loop
async def test_the_end_comes_behind_what_waits_for_bandwidth() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        proxy.add(Bandwidth(20_000))
        async with user(proxy) as alice:
            there = await quiet.talk()
            alice.say(b"z" * 2000)
            alice.transport.write_eof()
            await soon(there.fin.wait())
            assert there.heard == b"z" * 2000


@on_loop
async def test_slicing_delivers_single_bytes_in_order() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        slicing = proxy.add(Slicing(1, direction="to_user"))
        alice.say(b"abcdefghij")
        assert await alice.hears(10) == b"abcdefghij"
        assert len(alice.chunks) == 10
        assert slicing.fired == 1


@on_loop
async def test_slicing_does_not_fire_on_what_is_small_enough() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        slicing = proxy.add(Slicing(4))
        alice.say(b"abcd")
        await alice.hears(4)
        assert slicing.fired == 0


@on_loop
async def test_a_websocket_conversation_survives_single_bytes() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        proxy.add(Slicing(1))
        async with socket_user(proxy) as alice:
            await alice.send("grüße " * 100)
            assert await soon(alice.recv()) == "grüße " * 100


@on_loop
async def test_a_slow_close_is_heard_of_late() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        slow = proxy.add(SlowClose(0.1))
        loop = asyncio.get_running_loop()
        async with user(proxy) as alice:
            there = await quiet.talk()
            alice.say(b"bye")
            await there.hears(3)
            started = loop.time()
            alice.transport.write_eof()
            await soon(there.fin.wait())
            assert loop.time() - started >= 0.1
            assert slow.fired == 1


@on_loop
async def test_an_end_is_heard_of_once_although_reading_stops_and_goes_on() -> None:
    async with (
        target(echo=False) as quiet,
        Proxy("127.0.0.1", quiet.port) as proxy,
        user(proxy) as alice,
    ):
        slow = proxy.add(SlowClose(0))
        there = await quiet.talk()
        alice.transport.write_eof()
        await soon(there.fin.wait())
        to_target = proxy.links[0].pumps["to_target"]
        to_target.hold("us")
        to_target.release("us")
        there.say(b"fence")
        await alice.hears(5)
        assert slow.fired == 1


@pytest.mark.parametrize("how", ["rst", "fin"])
@on_loop
async def test_a_connection_is_cut_after_exactly_so_many_bytes(how: str) -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        cut = proxy.add(CutAfter(7, how))  # type: ignore[arg-type]
        alice = await dial(proxy)
        there = await quiet.talk()
        there.say(b"0123")
        await alice.hears(4)
        there.say(b"456789")
        await soon(alice.fin.wait())
        assert alice.heard == b"0123456"
        assert cut.fired == 1
        alice.transport.abort()
