"""The proxy itself, with no fault at work."""

from __future__ import annotations

import socket

from fault_bench import dial, is_empty, on_loop, soon, target, user
from fault_sockets import socket_target, socket_user

from support.faults import Proxy


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
        assert await is_empty(proxy)


@on_loop
async def test_a_reset_by_the_user_reaches_the_target_as_a_reset() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        alice = await dial(proxy)
        there = await quiet.talk()
        alice.vanish()
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
