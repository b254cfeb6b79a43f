"""Messages dropped, doubled and swapped, the n-th or by chance."""

from __future__ import annotations

from typing import Any

import pytest
from fault_bench import on_loop, soon
from fault_sockets import conversation, socket_target, socket_user
from websockets.asyncio.server import ServerConnection

from support.faults import (
    Double,
    Drop,
    Fault,
    Proxy,
    Slicing,
    Swap,
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
async def test_each_connection_has_its_own_random_choices() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port, seed=1) as proxy:
        proxy.add(Drop(matching=_not_the_end, probability=0.5, direction="to_user"))
        stories = []
        for _ in range(2):
            async with socket_user(proxy) as alice:
                for turn in range(40):
                    await alice.send(str(turn))
                await alice.send("end")
                heard = []
                while "end" not in heard:
                    heard.append(str(await soon(alice.recv())))
                stories.append(heard)
        assert stories[0] != stories[1]


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
