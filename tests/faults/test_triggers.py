"""Triggers: a fault begins where it was said to, to the byte."""

from __future__ import annotations

from typing import Any

import pytest
from fault_bench import SOON_S, dial, on_loop, soon, target, user
from fault_sockets import socket_target, socket_user
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from support.faults import (
    AfterBytes,
    Bandwidth,
    Delay,
    Double,
    Drop,
    Fault,
    OnFrame,
    Proxy,
    Reset,
    Silence,
    Slicing,
    contains,
)

ANSWER = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


async def _tell_a_story(connection: ServerConnection) -> None:
    await connection.recv()
    for word in ("started", "tool_executing a", "thinking", "tool_executing b", "complete"):
        await connection.send(word)
    await connection.wait_closed()


async def _story(alice: Any) -> list[str]:
    heard = []
    try:
        while True:
            heard.append(str(await soon(alice.recv())))
            if heard[-1] == "complete":
                break
    except ConnectionClosed:
        pass
    return heard


@on_loop
async def test_a_reset_comes_in_the_middle_of_the_nth_matching_frame() -> None:
    async with socket_target(_tell_a_story) as port, Proxy("127.0.0.1", port) as proxy:
        when = OnFrame(contains("tool_executing"), nth=2)
        reset = proxy.add(Reset(when=when, times=1))
        async with socket_user(proxy) as alice:
            await alice.send("go")
            assert await _story(alice) == ["started", "tool_executing a", "thinking"]
            assert reset.fired == 1
        async with socket_user(proxy) as again:
            await again.send("go")
            assert (await _story(again))[-1] == "complete"
        assert reset.fired == 1


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, b"\x81\x04h"), (0.0, b""), (1.0, b"\x81\x04half")]
)
@on_loop
async def test_the_share_that_is_forwarded_arrives_before(share: float, expected: bytes) -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        proxy.add(Reset(when=OnFrame(contains("half"), forwarded=share)))
        alice = await dial(proxy)
        (await quiet.talk()).say(ANSWER + b"\x81\x04half\x81\x04more")
        await alice.ended()
        assert alice.heard == ANSWER + expected


@on_loop
async def test_a_masked_frame_of_the_user_is_understood() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        reset = proxy.add(Reset(when=OnFrame(contains("stop here"), direction="to_target")))
        async with socket_user(proxy) as alice:
            await alice.send("go on")
            assert await soon(alice.recv()) == "go on"
            await alice.send("please stop here")
            await soon(alice.wait_closed())
            assert reset.fired == 1


@on_loop
async def test_what_the_target_says_can_silence_the_user() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        when = OnFrame(contains("now"), forwarded=1.0)
        silence = proxy.add(Silence(direction="to_target", when=when))
        async with socket_user(proxy) as alice:
            await alice.send("now")
            assert await soon(alice.recv()) == "now"
            assert silence.fired == 0
            await alice.send("hello?")
            assert await silence.has_fired(SOON_S)
            proxy.remove(silence)
            assert await soon(alice.recv()) == "hello?"


@on_loop
async def test_a_fault_begins_after_exactly_so_many_bytes() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        silence = proxy.add(Silence(when=AfterBytes(5)))
        alice = await dial(proxy)
        there = await quiet.talk()
        there.say(b"123")
        await alice.hears(3)
        there.say(b"4567")
        assert await silence.has_fired(SOON_S)
        assert await alice.hears(5) == b"12345"
        proxy.reset()
        assert await alice.hears(7) == b"1234567"
        alice.transport.abort()


@on_loop
async def test_a_trigger_that_never_came_leaves_the_fault_unfired() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        reset = proxy.add(Reset(when=OnFrame(contains("never"))))
        async with socket_user(proxy) as alice:
            await alice.send("hello")
            assert await soon(alice.recv()) == "hello"
        assert reset.fired == 0


@on_loop
async def test_a_heartbeat_is_no_text() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        reset = proxy.add(Reset(when=OnFrame(contains("now"), direction="to_target")))
        async with socket_user(proxy) as alice:
            await alice.ping("now")
            await alice.send("hello")
            assert await soon(alice.recv()) == "hello"
        assert reset.fired == 0


@on_loop
async def test_frame_faults_can_wait_for_a_trigger_too() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        when = OnFrame(contains("from here"), forwarded=1.0)
        drop = proxy.add(Drop(nth=1, matching=contains("x"), direction="to_user", when=when))
        async with socket_user(proxy) as alice:
            for word in ("x1", "from here", "x2", "x3"):
                await alice.send(word)
            heard = [await soon(alice.recv()) for _ in range(3)]
            assert heard == ["x1", "from here", "x3"]
            assert drop.fired == 1


@on_loop
async def test_a_chance_that_is_certain_cuts_at_the_first_frame() -> None:
    async with socket_target(_tell_a_story) as port, Proxy("127.0.0.1", port, seed=4) as proxy:
        proxy.add(Delay(0.001))
        reset = proxy.add(Reset(when=OnFrame(probability=1.0)))
        async with socket_user(proxy) as alice:
            await alice.send("go")
            assert await _story(alice) == []
            assert reset.fired == 1


@pytest.mark.parametrize(
    "fault",
    [
        Silence(when=OnFrame(contains("b"))),
        Drop(matching=contains("b")),
        Double(matching=contains("b")),
        Delay(60),
        Slicing(1),
        Bandwidth(1),
    ],
    ids=lambda fault: fault.name,
)
@on_loop
async def test_a_callback_may_remove_the_fault_and_the_order_is_kept(fault: Fault) -> None:
    async with target(echo=False) as quiet:
        proxy = Proxy("127.0.0.1", quiet.port, on_fired=lambda *_: proxy.reset())
        async with proxy, user(proxy) as alice:
            there = await quiet.talk()
            there.say(ANSWER)
            await alice.hears(len(ANSWER))
            proxy.add(fault)
            there.say(b"\x81\x01a\x81\x01b\x81\x01c\x81\x09begun")
            assert await fault.has_fired(SOON_S)
            there.say(b" end\x81\x01d")
            b = {"drop": b"", "double": b"\x81\x01b" * 2}.get(fault.name, b"\x81\x01b")
            expected = ANSWER + b"\x81\x01a" + b + b"\x81\x01c\x81\x09begun end\x81\x01d"
            assert await alice.hears(len(expected)) == expected
