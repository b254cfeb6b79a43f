"""The proxy itself, with no fault at work."""

from __future__ import annotations

import asyncio
import gc
import socket
import statistics

import pytest
from fault_bench import (
    SOON_S,
    Talk,
    closed_port,
    dial,
    on_loop,
    socket_target,
    socket_user,
    soon,
    target,
    user,
)
from websockets.exceptions import InvalidMessage

from support.faults import Proxy, Silence


@on_loop
async def test_what_is_said_arrives_in_both_directions() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        alice.say(b"hello")
        assert await alice.hears(5) == b"hello"
        assert (await echo.talk()).heard == b"hello"


@on_loop
async def test_a_megabyte_arrives_unchanged() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        sent = bytes(range(256)) * 4096 * 4
        alice.say(sent)
        assert await alice.hears(len(sent)) == sent


@on_loop
async def test_a_sender_is_held_up_by_a_receiver_who_does_not_read() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        alice.say(b"x")
        there = await echo.talk()
        await there.hears(1)
        there.transport.pause_reading()
        alice.transport.set_write_buffer_limits(0)
        sent = bytes(64 << 20)
        alice.say(sent)
        link = proxy.links[0]
        assert link.target.transport is not None
        async with asyncio.timeout(3):
            while link.user.transport is not None and link.user.transport.is_reading():
                await asyncio.sleep(0)
        assert link.target.transport.get_write_buffer_size() < 1 << 20
        there.transport.resume_reading()
        await there.hears(len(sent) + 1, within_s=8)


@on_loop
async def test_a_real_websocket_conversation_goes_through_and_closes_cleanly() -> None:
    async with (
        socket_target() as port,
        Proxy("127.0.0.1", port) as proxy,
        socket_user(proxy) as alice,
    ):
        await alice.send("hello")
        assert await soon(alice.recv()) == "hello"
        await alice.close(1000, "bye")
        assert alice.close_code == 1000


@on_loop
async def test_the_end_of_one_direction_leaves_the_other_open() -> None:
    async with (
        target(echo=False) as quiet,
        Proxy("127.0.0.1", quiet.port) as proxy,
        user(proxy) as alice,
    ):
        there = await quiet.talk()
        alice.say(b"last words")
        alice.transport.write_eof()
        await soon(there.fin.wait())
        there.say(b"answer")
        assert await alice.hears(6) == b"answer"
        there.transport.write_eof()
        await soon(alice.fin.wait())


@on_loop
async def test_a_reset_by_the_user_reaches_the_target_as_a_reset() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        alice = await dial(proxy)
        there = await quiet.talk()
        sock = alice.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        alice.transport.abort()
        assert isinstance(await there.ended(), ConnectionResetError)


@on_loop
async def test_nagle_is_off_on_both_sides() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        alice.say(b"x")
        await alice.hears(1)
        for side in (proxy.links[0].user, proxy.links[0].target):
            assert side.transport is not None
            sock = side.transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@on_loop
async def test_an_unreachable_target_resets_the_user_and_is_counted() -> None:
    async with Proxy("127.0.0.1", closed_port()) as proxy:
        alice = await dial(proxy)
        assert isinstance(await alice.ended(), ConnectionResetError)
        assert proxy.unreachable == 1


@on_loop
async def test_a_websocket_handshake_with_an_unreachable_target_fails_like_a_refused_one() -> None:
    async with Proxy("127.0.0.1", closed_port()) as proxy:
        with pytest.raises(InvalidMessage) as refused:
            async with socket_user(proxy):
                pass
        assert isinstance(refused.value.__cause__, EOFError)  # what websockets makes of a reset
        assert proxy.unreachable == 1


@on_loop
async def test_closing_ends_everything_within_a_second_whatever_is_going_on() -> None:
    async with target(echo=False) as quiet:
        proxy = Proxy("127.0.0.1", quiet.port)
        await proxy.start()
        port = proxy.port
        talks = [await dial(proxy) for _ in range(20)]
        proxy.add(Silence())
        for talk in talks:
            talk.say(bytes(3 << 20))
        await dial(proxy)
        await soon(proxy.close(), 1)
        assert not proxy.links
        for talk in talks:
            await soon(talk.fin.wait())
            talk.transport.abort()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.get_running_loop().create_connection(Talk, "127.0.0.1", port)
        await proxy.close()


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_accepted_in_the_last_moment_leaves_no_socket_behind() -> None:
    @on_loop
    async def last_moment() -> None:
        async with target() as echo:
            proxy = Proxy("127.0.0.1", echo.port)
            await proxy.start()
            sock = socket.create_connection(("127.0.0.1", proxy.port))
            while not proxy.links:
                await asyncio.sleep(0)
            await proxy.close()
            sock.close()

    last_moment()
    gc.collect()


@on_loop
async def test_an_error_of_a_callback_is_raised_when_the_proxy_closes() -> None:
    def fails(name: str, detail: str) -> None:
        raise LookupError(name)

    async with target() as echo:
        proxy = Proxy("127.0.0.1", echo.port, on_fired=fails)
        await proxy.start()
        async with user(proxy) as alice:
            await echo.talk()
            fault = proxy.add(Silence())
            alice.say(b"x")
            assert await fault.has_fired(SOON_S)
            with pytest.raises(LookupError):
                await proxy.close()
        await proxy.close()


async def _round_trip_ms(port: int, times: int) -> float:
    loop = asyncio.get_running_loop()
    _, talk = await loop.create_connection(Talk, "127.0.0.1", port)
    took = []
    for turn in range(times):
        started = loop.time()
        talk.say(b"x" * 200)
        await talk.hears((turn + 1) * 200)
        took.append((loop.time() - started) * 1000)
    talk.transport.abort()
    return statistics.median(took)


@on_loop
async def test_it_adds_less_than_a_millisecond() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        direct = await _round_trip_ms(echo.port, 500)
        through = await _round_trip_ms(proxy.port, 500)
        print(f"round trip {direct:.3f} ms direct, {through:.3f} ms through the proxy")
        assert through - direct < 1


@on_loop
async def test_it_carries_a_thousand_connections() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        loop = asyncio.get_running_loop()
        started = loop.time()
        talks = await asyncio.gather(*(dial(proxy) for _ in range(1000)))
        opened = loop.time()
        for talk in talks:
            talk.say(b"y" * 200)
        await asyncio.gather(*(talk.hears(200) for talk in talks))
        answered = loop.time()
        assert len(proxy.links) == 1000
        await proxy.close()
        closed = loop.time()
        await asyncio.gather(*(soon(talk.fin.wait()) for talk in talks))
        for talk in talks:
            talk.transport.abort()
        print(
            f"1,000 connections: {opened - started:.2f} s to open, "
            f"{answered - opened:.2f} s for an echo on each, {closed - answered:.2f} s to close"
        )
        assert closed - answered < 1
