"""Refusal, hang, stalled handshake: those who come do not get in."""

from __future__ import annotations

import asyncio
import socket

import pytest
from fault_bench import SOON_S, Talk, dial, is_empty, is_reset, on_loop, soon, target, user
from fault_ports import closed_port
from fault_sockets import socket_target, socket_user

from support.faults import (
    Hang,
    Proxy,
    Refuse,
    StalledHandshake,
)


@on_loop
async def test_a_refused_connection_is_reset_and_counted_and_open_ones_live_on() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        await echo.talk()
        async with proxy.with_fault(Refuse()) as refuse:
            for _ in range(3):
                assert await is_reset(proxy)
            alice.say(b"x")
            await alice.hears(1)
        assert refuse.fired == 3
        async with user(proxy) as bob:
            bob.say(b"x")
            await bob.hears(1)


@on_loop
async def test_a_closed_port_refuses_and_is_the_same_one_when_it_opens_again() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        await echo.talk()
        port = proxy.port
        async with proxy.with_fault(Refuse("closed")) as refuse:
            assert proxy.port == port
            with pytest.raises(ConnectionRefusedError):
                await asyncio.get_running_loop().create_connection(Talk, "127.0.0.1", port)
            with pytest.raises(ConnectionRefusedError):
                async with socket_user(proxy):
                    pass
            alice.say(b"x")
            await alice.hears(1)
        assert refuse.fired == 1
        async with user(proxy) as bob:
            bob.say(b"x")
            await bob.hears(1)


@on_loop
async def test_nobody_else_can_take_the_port_while_it_is_closed() -> None:
    async with Proxy("127.0.0.1", closed_port()) as proxy:
        proxy.add(Refuse("closed"))
        with socket.socket() as thief, pytest.raises(OSError, match="in use"):
            thief.bind((proxy.host, proxy.port))


@on_loop
async def test_hang_accepts_and_lets_nobody_through_until_it_is_lifted() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        async with proxy.with_fault(Hang()) as hang:
            alice = await dial(proxy)
            alice.say(b"hello?")
            assert await hang.has_fired(SOON_S)
            assert not echo.talks
            assert not alice.fin.is_set()
        assert await alice.hears(6) == b"hello?"
        alice.transport.abort()


@on_loop
async def test_a_user_who_gives_up_hanging_leaves_nothing_behind() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        hang = proxy.add(Hang())
        alice = await dial(proxy)
        assert await hang.has_fired(SOON_S)
        alice.transport.abort()
        assert await is_empty(proxy)
        assert not echo.talks


@on_loop
async def test_a_websocket_handshake_that_hangs_times_out() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        proxy.add(Hang())
        with pytest.raises(TimeoutError):
            async with socket_user(proxy, open_timeout=0.1):
                pass


@on_loop
async def test_a_stalled_handshake_leaves_the_target_with_its_beginning() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        stalled = proxy.add(StalledHandshake(10))
        async with user(proxy) as alice:
            alice.say(b"GET / HTTP/1.1\r\n\r\n")
            there = await quiet.talk()
            assert await there.hears(10) == b"GET / HTTP"
            assert await stalled.has_fired(SOON_S)
            assert there.heard == b"GET / HTTP"
            there.transport.write(b"too slow")
            there.transport.write_eof()
            assert await alice.hears(8) == b"too slow"
            await soon(alice.fin.wait())


@on_loop
async def test_a_stalled_answer_leaves_the_user_with_its_beginning() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        stalled = proxy.add(StalledHandshake(12, "to_user"))
        with pytest.raises(TimeoutError):
            async with socket_user(proxy, open_timeout=0.2):
                pass
        assert stalled.fired == 1
