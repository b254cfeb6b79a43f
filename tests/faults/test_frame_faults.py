"""Messages dropped, doubled, swapped and truncated, and what frame faults leave alone."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest
from fault_bench import on_loop, soon
from fault_sockets import (
    anonymous_tls,
    conversation,
    counted,
    not_the_end,
    socket_proxied,
    socket_user,
    under,
)
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from support.faults import FAULTS, Proxy, contains
from support.faults.frame_fault import FrameFault
from support.faults.toxics.double import Double
from support.faults.toxics.drop import Drop
from support.faults.toxics.slicing import Slicing
from support.faults.toxics.swap import Swap
from support.faults.toxics.truncate import Truncate


@pytest.mark.parametrize("direction", ["to_service", "to_user"])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Drop, ["0", "2", "3", "end"]),
        (Double, ["0", "1", "1", "2", "3", "end"]),
        (Swap, ["0", "2", "1", "3", "end"]),
        (Truncate, ["0", "", "2", "3", "end"]),
    ],
)
@on_loop
async def test_a_fault_falls_on_the_nth_message_alone(
    kind: type[FrameFault], expected: list[str], direction: Any
) -> None:
    fault = kind(nth=2, direction=direction)
    assert await under(fault, 4) == expected
    assert fault.fired == 1


@on_loop
async def test_a_swap_is_of_two_messages_of_the_kind_that_is_meant() -> None:
    fault = Swap(matching=contains("event"), nth=1, direction="to_service")
    async with conversation() as (proxy, alice):
        proxy.add(fault)
        for text in ("event 1", "hint", "event 2", "event 3"):
            await alice.send(text)
        said = [await soon(alice.recv()) for _ in range(4)]
    assert said == ["hint", "event 2", "event 1", "event 3"]
    assert fault.fired == 1


@on_loop
async def test_a_truncated_text_ends_between_two_characters() -> None:
    async with conversation() as (proxy, alice):
        proxy.add(Truncate(direction="to_service"))
        await alice.send("ä" * 3)
        assert await soon(alice.recv()) == "ä"


@on_loop
async def test_a_message_that_nothing_follows_is_passed_on_unswapped() -> None:
    swap = Swap(0.05, matching=contains("end"), direction="to_user")
    assert await under(swap, 2) == ["0", "1", "end"]
    assert swap.fired == 0


@on_loop
async def test_a_message_held_for_swapping_comes_before_the_close() -> None:
    async def last(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send("last")
        await connection.close(1000)

    async with conversation(last) as (proxy, alice):
        proxy.add(Swap(direction="to_user"))
        await alice.send("go")
        assert await soon(alice.recv()) == "last"
        await soon(alice.wait_closed())
        assert alice.close_code == 1000


@on_loop
async def test_only_matching_messages_are_counted() -> None:
    drop = Drop(matching=contains("1"), nth=2, direction="to_user")
    assert await under(drop, 12) == [*map(str, range(10)), "11", "end"]


def _by_chance(probability: float) -> Drop:
    return Drop(matching=not_the_end, probability=probability, direction="to_user")


@on_loop
async def test_chance_drops_about_its_share_and_the_seed_decides_which() -> None:
    first, second = _by_chance(0.3), _by_chance(0.3)
    received = await under(first, 200, seed=1)
    assert received == await under(second, 200, seed=1)
    assert received != await under(_by_chance(0.3), 200, seed=2)
    assert first.fired == second.fired == 201 - len(received)
    assert 30 < first.fired < 90


@on_loop
async def test_each_connection_has_its_own_random_choices() -> None:
    async with conversation(seed=1) as (proxy, alice), socket_user(proxy) as bob:
        proxy.add(_by_chance(0.5))
        assert await counted(alice, 40) != await counted(bob, 40)


@on_loop
async def test_chunks_do_not_matter_to_which_messages_are_dropped() -> None:
    whole = await under(_by_chance(0.5), 40, seed=5)
    async with socket_proxied() as narrow:
        narrow.add(Slicing(1))
        async with Proxy(narrow.host, narrow.port, seed=5) as proxy, socket_user(proxy) as alice:
            proxy.add(_by_chance(0.5))
            assert await counted(alice, 40) == whole


@on_loop
async def test_a_message_in_fragments_is_lost_as_a_whole() -> None:
    async with conversation() as (proxy, alice):
        drop = proxy.add(Drop(matching=contains("abc"), direction="to_service"))
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
        drop = proxy.add(Drop(matching=contains("lost"), direction="to_service"))
        await sending
        await alice.send("lost")
        await alice.send("end")
        assert await soon(alice.recv()) == big
        assert await soon(alice.recv()) == "end"
        assert drop.fired == 1


@on_loop
async def test_behind_tls_everything_passes_and_frame_faults_never_fire() -> None:
    async with socket_proxied(ssl=anonymous_tls(ssl.PROTOCOL_TLS_SERVER)) as proxy:
        faults = [proxy.add(fault()) for fault in (Drop, Double, Truncate)]
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

    async with socket_proxied(process_request=refuse) as proxy:
        proxy.add(Drop())
        with pytest.raises(InvalidStatus, match="403"):
            async with socket_user(proxy):
                pass


@on_loop
async def test_all_faults_of_messages_at_once_leave_a_conversation_that_still_ends() -> None:
    fired: set[str] = set()
    kinds = [fault for fault in FAULTS.values() if issubclass(fault, FrameFault)]
    async with conversation(seed=3, on_fired=lambda what: fired.add(what.name)) as (proxy, alice):
        proxy.add_all(kind(matching=not_the_end, probability=0.2) for kind in kinds)
        for _ in range(100):
            await alice.send(b"some bytes")
        await alice.send(b"end")
        while await soon(alice.recv()) != b"end":
            pass
    assert fired == {kind.name for kind in kinds} == {"drop", "double", "swap", "truncate"}


@pytest.mark.parametrize("options", [{"probability": 1.5}, {"nth": 0}])
def test_an_impossible_choice_of_messages_is_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        Drop(**options)
