"""Truncation, corruption, swallowed heartbeats, and what frame faults leave alone."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest
from fault_bench import SOON_S, on_loop, soon
from fault_sockets import anonymous_tls, conversation, echo_messages, socket_target, socket_user
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from support.faults import (
    Corrupt,
    Double,
    Drop,
    Proxy,
    Swallow,
    Swap,
    Truncate,
    contains,
)


def _not_the_end(payload: bytes) -> bool:
    return payload != b"end"


@on_loop
async def test_a_truncated_message_is_a_shorter_one() -> None:
    cut = Truncate(0.5, matching=contains("hello"), direction="to_target")
    async with conversation() as (proxy, alice):
        proxy.add(cut)
        await alice.send("hello you!")
        assert await soon(alice.recv()) == "hello"
        await alice.send("next")
        assert await soon(alice.recv()) == "next"
        assert cut.fired == 1


@on_loop
async def test_a_message_truncated_in_the_stream_takes_the_next_with_it() -> None:
    async with conversation() as (proxy, alice):
        proxy.add(Truncate(0.5, honest=False, nth=1, direction="to_user"))
        await alice.send(b"0123456789")
        await alice.send(b"abc")
        assert await soon(alice.recv()) == b"01234" + b"\x82\x03abc"


@on_loop
async def test_a_corrupted_message_has_its_length_and_another_content() -> None:
    async with conversation() as (proxy, alice):
        corrupt = proxy.add(Corrupt(2, nth=1, direction="to_target"))
        await alice.send(bytes(20))
        heard = await soon(alice.recv())
        assert len(heard) == 20
        assert sum(byte != 0 for byte in heard) == 2
        assert corrupt.fired == 1


@on_loop
async def test_an_empty_message_can_be_neither_truncated_nor_corrupted() -> None:
    async with conversation() as (proxy, alice):
        faults = [proxy.add(Truncate()), proxy.add(Corrupt())]
        await alice.send("")
        assert await soon(alice.recv()) == ""
        assert [fault.fired for fault in faults] == [0, 0]


@pytest.mark.parametrize(
    ("swallow", "told"),
    [
        (Swallow(pongs=False), "connection 1: swallowed a ping to_target"),
        (Swallow(pings=False), "connection 1: swallowed a pong to_user"),
    ],
    ids=["pings", "pongs"],
)
@on_loop
async def test_a_swallowed_heartbeat_is_not_answered_and_messages_pass(
    swallow: Swallow, told: str
) -> None:
    details: list[str] = []
    async with (
        socket_target() as port,
        Proxy("127.0.0.1", port, on_fired=lambda _, detail: details.append(detail)) as proxy,
        socket_user(proxy) as alice,
    ):
        proxy.add(swallow)
        pong = await alice.ping()
        assert await swallow.has_fired(SOON_S)
        await alice.send("fence")
        assert await soon(alice.recv()) == "fence"
        assert not asyncio.ensure_future(pong).done()
        proxy.remove(swallow)
        await soon(_answer(await alice.ping()))
        assert details == [told]


async def _answer(pong: Any) -> None:
    await pong


@on_loop
async def test_a_message_in_fragments_is_lost_as_a_whole() -> None:
    async with conversation() as (proxy, alice):
        drop = proxy.add(Drop(matching=contains("abc"), direction="to_target"))
        await alice.send(["a", "b", "c"])
        await alice.send(["e", "nd"])
        assert await soon(alice.recv()) == "end"
        assert drop.fired == 1


@on_loop
async def test_a_frame_fault_added_in_the_middle_of_a_frame_begins_with_the_next() -> None:
    async with conversation(max_size=None) as (proxy, alice):
        big = "x" * (4 << 20)
        sending = asyncio.ensure_future(alice.send(big))
        await asyncio.sleep(0)
        drop = proxy.add(Drop(matching=contains("lost"), direction="to_target"))
        await sending
        await alice.send("lost")
        await alice.send("end")
        assert await soon(alice.recv()) == big
        assert await soon(alice.recv()) == "end"
        assert drop.fired == 1


@on_loop
async def test_behind_tls_everything_passes_and_frame_faults_never_fire() -> None:
    async with (
        socket_target(ssl=anonymous_tls(ssl.PROTOCOL_TLS_SERVER)) as port,
        Proxy("127.0.0.1", port) as proxy,
    ):
        faults = [proxy.add(fault()) for fault in (Drop, Double, Swallow)]
        async with connect(
            "wss://chat.example/",  # whose name stays, in TLS and HTTP, while we dial the proxy
            host=proxy.host,
            port=proxy.port,
            ssl=anonymous_tls(ssl.PROTOCOL_TLS_CLIENT),
            proxy=None,
            compression=None,
        ) as alice:
            await alice.send("secret")
            assert await soon(alice.recv()) == "secret"
        assert [fault.fired for fault in faults] == [0, 0, 0]


@on_loop
async def test_a_refused_handshake_passes_under_frame_faults() -> None:
    def refuse(connection: ServerConnection, request: Any) -> Any:
        return connection.respond(403, "no entry\n")

    async with (
        socket_target(echo_messages, process_request=refuse) as port,
        Proxy("127.0.0.1", port) as proxy,
    ):
        proxy.add(Drop())
        with pytest.raises(InvalidStatus, match="403"):
            async with socket_user(proxy):
                pass


@on_loop
async def test_all_faults_of_messages_at_once_leave_a_conversation_that_still_ends() -> None:
    told: list[str] = []
    async with (
        socket_target() as port,
        Proxy("127.0.0.1", port, seed=3, on_fired=lambda name, _: told.append(name)) as proxy,
        socket_user(proxy) as alice,
    ):
        for fault in (Drop, Double, Swap, Truncate, Corrupt):
            proxy.add(fault(matching=_not_the_end, probability=0.2))
        for _ in range(100):
            await alice.send(b"some bytes")
        await alice.send(b"end")
        while await soon(alice.recv()) != b"end":
            pass
    assert {"drop", "double", "swap", "truncate", "corrupt"} == set(told)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Drop(probability=1.5),
        lambda: Drop(nth=0),
        lambda: Truncate(1.0),
        lambda: Corrupt(0),
    ],
)
def test_what_can_not_be_is_no_frame_fault(make: type) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        make()
