"""What the proxy costs, and how many it carries."""

from __future__ import annotations

import asyncio
import statistics

from fault_bench import Talk, dial, on_loop, soon, target

from support.faults import Proxy


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
