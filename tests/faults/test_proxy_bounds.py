"""The proxy comes to an end, and holds no more than it may."""

from __future__ import annotations

import asyncio
import gc
import socket

import pytest
from fault_bench import SOON_S, Talk, dial, is_empty, is_reset, on_loop, soon, target, user
from fault_ports import closed_port, deaf_port
from fault_sockets import socket_target, socket_user
from websockets.exceptions import InvalidMessage

from support.faults import Bandwidth, Delay, Drop, Fault, Hang, Proxy, Reset, Silence


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
async def test_an_unreachable_target_resets_the_user_and_is_counted() -> None:
    async with Proxy("127.0.0.1", closed_port()) as proxy:
        assert await is_reset(proxy)
        assert proxy.unreachable == 1


@on_loop
async def test_a_target_that_does_not_answer_in_time_is_unreachable() -> None:
    with deaf_port() as port:
        async with Proxy("127.0.0.1", port, connect_s=0.1) as proxy:
            assert await is_reset(proxy)
            assert proxy.unreachable == 1


@on_loop
async def test_closing_does_not_wait_for_a_target_that_does_not_answer() -> None:
    with deaf_port() as port:
        async with Proxy("127.0.0.1", port, connect_s=60) as proxy:
            proxy.add(Reset(scope="open"))
            alice = await dial(proxy)
            alice.say(b"x")
            async with asyncio.timeout(3):
                while not proxy.links:
                    await asyncio.sleep(0)
            await soon(proxy.close(), 1)


@on_loop
async def test_a_user_who_vanishes_while_the_target_is_being_reached_leaves_nothing_behind() -> (
    None
):
    with deaf_port() as port:
        async with Proxy("127.0.0.1", port, connect_s=60) as proxy:
            (await dial(proxy)).vanish()
            async with asyncio.timeout(3):
                while not proxy.accepted:
                    await asyncio.sleep(0)
            assert await is_empty(proxy)


@pytest.mark.parametrize(
    "fault", [Silence(), Hang(), Delay(60), Bandwidth(1)], ids=lambda f: f.name
)
@on_loop
async def test_what_is_held_back_is_bounded(fault: Fault) -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        proxy.add(fault)
        async with user(proxy) as alice:
            assert await _is_held_up(proxy, alice)
            proxy.remove(fault)
            await alice.hears(1 << 20)


async def _is_held_up(proxy: Proxy, alice: Talk) -> bool:
    alice.say(bytes(8 << 20))
    async with asyncio.timeout(3):
        while not proxy.links or (side := proxy.links[0].user.transport) is None:
            await asyncio.sleep(0)
        while side.is_reading():
            await asyncio.sleep(0)
    return True


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


@pytest.mark.filterwarnings("error::ResourceWarning")
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


@on_loop
async def test_an_error_of_a_predicate_ends_the_connection_and_is_raised_at_the_end() -> None:
    def broken(payload: bytes) -> bool:
        raise LookupError("no such thing")

    async with socket_target() as port:
        proxy = Proxy("127.0.0.1", port)
        await proxy.start()
        proxy.add(Drop(matching=broken))
        async with socket_user(proxy) as alice:
            await alice.send("x")
            await soon(alice.wait_closed())
        with pytest.raises(LookupError):
            await proxy.close()
