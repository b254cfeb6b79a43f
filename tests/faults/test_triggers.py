"""Triggers: a fault begins exactly where it should, to the byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fault_bench import SOON_S, connected, on_loop, soon
from fault_sockets import conversation, socket_proxied, socket_user
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from support.config import Chaos
from support.dialects import load_dialect
from support.faults import AfterBytes, Fault, OnFrame, contains, network_profile
from support.faults.toxics.bandwidth import Bandwidth
from support.faults.toxics.delay import Delay
from support.faults.toxics.double import Double
from support.faults.toxics.drop import Drop
from support.faults.toxics.reset import Reset
from support.faults.toxics.silence import Silence
from support.faults.toxics.slicing import Slicing

ANSWER = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


async def _send_a_run(connection: ServerConnection) -> None:
    await connection.recv()
    for word in ("started", "tool_executing a", "thinking", "tool_executing b", "complete"):
        await connection.send(word)
    await connection.wait_closed()


async def _run(alice: Any) -> list[str]:
    received = []
    await alice.send("go")
    try:
        while "complete" not in received:
            received.append(str(await soon(alice.recv())))
    except ConnectionClosed:
        pass
    return received


@on_loop
async def test_a_reset_comes_in_the_middle_of_the_nth_matching_frame() -> None:
    async with socket_proxied(_send_a_run) as proxy:
        when = OnFrame(contains("tool_executing"), nth=2)
        reset = proxy.add(Reset(when=when, times=1))
        async with socket_user(proxy) as alice:
            assert await _run(alice) == ["started", "tool_executing a", "thinking"]
        async with socket_user(proxy) as again:
            assert (await _run(again))[-1] == "complete"
        assert reset.fired == 1


async def _send_events(connection: ServerConnection) -> None:
    for event_id, kind in enumerate(("agent_started", "tool_completed", "agent_completed"), 1):
        event = {"type": kind, "event_id": event_id, "epoch": "e-1", "run_id": "r-1", "data": {}}
        await connection.send(json.dumps(event))
    await connection.wait_closed()


async def _kinds(alice: Any) -> list[str]:
    kinds: list[str] = []
    try:
        while kinds[-1:] != ["agent_completed"]:
            kinds.append(json.loads(await soon(alice.recv()))["type"])
    except ConnectionClosed:
        pass
    return kinds


@on_loop
async def test_a_network_that_breaks_after_a_reconnect_spares_a_run_sent_in_one_go() -> None:
    network = network_profile(
        'a network that breaks in the middle of "tool_completed" after a reconnect'
    )
    async with conversation(_send_events) as (proxy, alice):
        [reset] = [proxy.add(f) for f in network.faults(load_dialect("agent-chat-v1"), Chaos())]
        assert await _kinds(alice) == ["agent_started", "tool_completed", "agent_completed"]
        async with socket_user(proxy) as again:
            assert await _kinds(again) == ["agent_started"]
        async with socket_user(proxy) as at_last:
            assert (await _kinds(at_last))[-1] == "agent_completed"
        assert reset.fired == 1


@on_loop
async def test_a_chance_that_is_certain_cuts_at_the_first_frame() -> None:
    async with conversation(_send_a_run, seed=4) as (proxy, alice):
        proxy.add(Delay(0.001))
        reset = proxy.add(Reset(when=OnFrame(probability=1.0)))
        assert await _run(alice) == []
        assert reset.fired == 1


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, b"\x81\x04h"), (0.0, b""), (1.0, b"\x81\x04half")]
)
@on_loop
async def test_the_share_that_is_forwarded_arrives_before(share: float, expected: bytes) -> None:
    async with connected(echo=False) as (proxy, alice, service):
        proxy.add(Reset(when=OnFrame(contains("half"), forwarded=share)))
        service.send(ANSWER + b"\x81\x04half\x81\x04more")
        await alice.ended()
        assert alice.received == ANSWER + expected


@on_loop
async def test_a_masked_frame_of_the_user_is_understood_and_a_ping_is_no_text() -> None:
    async with conversation() as (proxy, alice):
        reset = proxy.add(Reset(when=OnFrame(contains("stop here"), direction="to_service")))
        await alice.ping("stop here")
        await alice.send("go on")
        assert await soon(alice.recv()) == "go on"
        assert reset.fired == 0
        await alice.send("please stop here")
        await soon(alice.wait_closed())
        assert reset.fired == 1


@on_loop
async def test_what_the_service_sends_can_silence_the_user() -> None:
    async with conversation() as (proxy, alice):
        when = OnFrame(contains("now"), forwarded=1.0)
        silence = proxy.add(Silence(direction="to_service", when=when))
        await alice.send("now")
        assert await soon(alice.recv()) == "now"
        assert silence.fired == 0
        await alice.send("hello?")
        assert await silence.has_fired(SOON_S)
        proxy.remove(silence)
        assert await soon(alice.recv()) == "hello?"


@on_loop
async def test_a_fault_begins_after_exactly_so_many_bytes() -> None:
    async with connected(echo=False) as (proxy, alice, service):
        silence = proxy.add(Silence(when=AfterBytes(5)))
        service.send(b"123")
        await alice.receives(3)
        service.send(b"4567")
        assert await silence.has_fired(SOON_S)
        assert await alice.receives(5) == b"12345"
        proxy.reset()
        assert await alice.receives(7) == b"1234567"


@on_loop
async def test_frame_faults_can_wait_for_a_trigger_too() -> None:
    async with conversation() as (proxy, alice):
        when = OnFrame(contains("from here"), forwarded=1.0)
        drop = proxy.add(Drop(nth=1, matching=contains("x"), direction="to_user", when=when))
        for word in ("x1", "from here", "x2", "x3"):
            await alice.send(word)
        assert [await soon(alice.recv()) for _ in range(3)] == ["x1", "from here", "x3"]
        assert drop.fired == 1


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
    async with connected(echo=False, on_fired=lambda _: proxy.reset()) as (proxy, alice, service):
        service.send(ANSWER)
        await alice.receives(len(ANSWER))
        proxy.add(fault)
        service.send(b"\x81\x01a\x81\x01b\x81\x01c\x81\x09begun")
        assert await fault.has_fired(SOON_S)
        service.send(b" end\x81\x01d")
        b = {"drop": b"", "double": b"\x81\x01b" * 2}.get(fault.name, b"\x81\x01b")
        expected = ANSWER + b"\x81\x01a" + b + b"\x81\x01c\x81\x09begun end\x81\x01d"
        assert await alice.receives(len(expected)) == expected
