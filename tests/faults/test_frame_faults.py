"""The faults of the frame layer, between a real WebSocket user and a real server."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest
from fault_bench import (
    SOON_S,
    conversation,
    echo_messages,
    on_loop,
    socket_target,
    socket_user,
    soon,
)
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from support.faults import (
    Corrupt,
    Double,
    Drop,
    Fault,
    Proxy,
    Slicing,
    Swallow,
    Swap,
    Truncate,
    contains,
)


async def _heard(fault: Fault, count: int, seed: int = 0) -> list[str]:
    """What a user hears of an echo of 0, 1, 2 … and a last "end" which no fault falls on."""
    async with conversation(seed=seed) as (proxy, alice):
        proxy.add(fault)
        for turn in range(count):
            await alice.send(str(turn))
        await alice.send("end")
        heard: list[str] = []
        while "end" not in heard:
            heard.append(str(await soon(alice.recv())))
    return heard


def _not_the_end(payload: bytes) -> bool:
    return payload != b"end"


@pytest.mark.parametrize("direction", ["to_target", "to_user"])
@on_loop
async def test_the_nth_message_is_dropped(direction: Any) -> None:
    drop = Drop(nth=2, direction=direction)
    assert await _heard(drop, 4) == ["0", "2", "3", "end"]
    assert drop.fired == 1


@pytest.mark.parametrize("direction", ["to_target", "to_user"])
@on_loop
async def test_the_nth_message_is_doubled(direction: Any) -> None:
    double = Double(nth=2, direction=direction)
    assert await _heard(double, 3) == ["0", "1", "1", "2", "end"]
    assert double.fired == 1


@pytest.mark.parametrize("direction", ["to_target", "to_user"])
@on_loop
async def test_the_nth_message_is_swapped_with_the_next(direction: Any) -> None:
    swap = Swap(nth=2, direction=direction)
    assert await _heard(swap, 4) == ["0", "2", "1", "3", "end"]
    assert swap.fired == 1


@on_loop
async def test_a_message_that_nothing_follows_is_let_go_unswapped() -> None:
    swap = Swap(0.05, matching=contains("end"), direction="to_user")
    assert await _heard(swap, 2) == ["0", "1", "end"]
    assert swap.fired == 0


@on_loop
async def test_a_message_held_for_swapping_comes_before_the_close() -> None:
    async def farewell(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send("last")
        await connection.close(1000)

    async with conversation(farewell) as (proxy, alice):
        proxy.add(Swap(60, direction="to_user"))
        await alice.send("go")
        assert await soon(alice.recv()) == "last"
        await soon(alice.wait_closed())
        assert alice.close_code == 1000


@on_loop
async def test_matching_messages_are_meant_and_counted_alone() -> None:
    drop = Drop(matching=contains("1"), nth=2, direction="to_user")
    assert await _heard(drop, 12) == [*map(str, range(10)), "11", "end"]


@on_loop
async def test_chance_drops_about_its_share_and_the_seed_decides_which() -> None:
    def drop() -> Drop:
        return Drop(matching=_not_the_end, probability=0.3, direction="to_user")

    first, second = drop(), drop()
    heard = await _heard(first, 200, seed=1)
    assert heard == await _heard(second, 200, seed=1)
    assert heard != await _heard(drop(), 200, seed=2)
    assert first.fired == second.fired == 201 - len(heard)
    assert 30 < first.fired < 90


@on_loop
async def test_chunks_do_not_matter_to_which_messages_are_dropped() -> None:
    def drop() -> Drop:
        return Drop(matching=_not_the_end, probability=0.5, direction="to_user")

    whole = await _heard(drop(), 40, seed=5)
    async with socket_target() as port, Proxy("127.0.0.1", port) as narrow:
        narrow.add(Slicing(1))
        async with Proxy(narrow.host, narrow.port, seed=5) as proxy, socket_user(proxy) as alice:
            proxy.add(drop())
            for turn in range(40):
                await alice.send(str(turn))
            await alice.send("end")
            heard = []
            while "end" not in heard:
                heard.append(str(await soon(alice.recv())))
    assert heard == whole


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
    ("swallow", "direction"),
    [
        (Swallow(pings=True, pongs=False), "to_target"),
        (Swallow(pings=False, pongs=True), "to_user"),
    ],
    ids=["pings", "pongs"],
)
@on_loop
async def test_a_swallowed_heartbeat_is_not_answered_and_messages_pass(
    swallow: Swallow, direction: str
) -> None:
    async with conversation() as (proxy, alice):
        proxy.add(swallow)
        pong = await alice.ping()
        assert await swallow.has_fired(SOON_S)
        await alice.send("fence")
        assert await soon(alice.recv()) == "fence"
        assert not asyncio.ensure_future(pong).done()
        proxy.remove(swallow)
        await soon(_answer(await alice.ping()))


async def _answer(pong: Any) -> None:
    await pong


@on_loop
async def test_fragments_pass_untouched() -> None:
    async with conversation() as (proxy, alice):
        drop = proxy.add(Drop(direction="to_target"))
        await alice.send(["a", "b", "c"])
        assert await soon(alice.recv()) == "abc"
        assert drop.fired == 0


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
        socket_target(ssl=_anonymous(ssl.PROTOCOL_TLS_SERVER)) as port,
        Proxy("127.0.0.1", port) as proxy,
    ):
        faults = [proxy.add(fault()) for fault in (Drop, Double, Swallow)]
        async with connect(
            f"wss://{proxy.host}:{proxy.port}",
            ssl=_anonymous(ssl.PROTOCOL_TLS_CLIENT),
            proxy=None,
            compression=None,
        ) as alice:
            await alice.send("secret")
            assert await soon(alice.recv()) == "secret"
        assert [fault.fired for fault in faults] == [0, 0, 0]


def _anonymous(protocol: int) -> ssl.SSLContext:
    """TLS without a certificate, so that none has to lie about."""
    made = ssl.SSLContext(protocol)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return made


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
