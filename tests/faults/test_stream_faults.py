"""Faults of the stream: delay, idle timeout, bandwidth, slicing, silence, reset, refusal."""

from __future__ import annotations

import asyncio

import pytest
from fault_bench import SOON_S, connected, dial, is_refused, on_loop, proxied, soon
from fault_sockets import conversation, socket_proxied, socket_user

from support.faults import FAULTS, Fired
from support.faults.toxics.bandwidth import Bandwidth
from support.faults.toxics.delay import Delay
from support.faults.toxics.idle_timeout import IdleTimeout
from support.faults.toxics.refuse import Refuse
from support.faults.toxics.reset import Reset
from support.faults.toxics.silence import Silence
from support.faults.toxics.slicing import Slicing
from support.faults.toxics.stalled_handshake import StalledHandshake


def _now() -> float:
    return asyncio.get_running_loop().time()


@on_loop
async def test_a_delay_comes_before_every_answer_and_the_order_is_kept() -> None:
    async with connected() as (proxy, alice, service):
        assert await alice.echoes()
        proxy.add(Delay(0.03, 0.02, direction="to_user"))
        started = _now()
        sent = b"x"
        for turn in range(20):
            alice.send(b"%03d" % turn)
            sent += b"%03d" % turn
            await service.receives(len(sent))
        assert await alice.receives(len(sent)) == sent
        assert alice.times[1] - started >= 0.01


@on_loop
async def test_a_delay_is_counted_each_time_and_announced_once_a_connection() -> None:
    announced: list[Fired] = []
    async with connected(on_fired=announced.append) as (proxy, alice, _):
        delay = proxy.add(Delay(0.001, direction="to_service"))
        for _ in range(5):
            assert await alice.echoes()
        assert delay.fired == 5
        assert announced == [Fired("delay", "connection 1: 1 ± 0 ms to_service", "to_service")]


@on_loop
async def test_what_is_under_way_arrives_when_the_delay_is_lifted() -> None:
    async with connected() as (proxy, alice, service):
        delay = proxy.add(Delay(60, direction="to_user"))
        alice.send(b"one")
        await service.receives(3)
        assert await delay.has_fired(SOON_S)
        proxy.remove(delay)
        assert await alice.receives(3) == b"one"


@pytest.mark.parametrize("fault", [Delay(0.05), Bandwidth(20_000)], ids=lambda f: f.name)
@on_loop
async def test_the_end_comes_behind_what_is_held_back(fault: Delay | Bandwidth) -> None:
    async with connected(echo=False) as (proxy, alice, service):
        proxy.add(fault)
        alice.send(b"z" * 2000)
        alice.send_fin()
        await soon(service.fin.wait())
        assert service.received == b"z" * 2000


@on_loop
async def test_an_idle_connection_is_reset_at_both_ends() -> None:
    async with connected(echo=False) as (proxy, alice, service):
        started = _now()
        idle = proxy.add(IdleTimeout(0.05))
        assert await alice.is_reset()
        assert await service.is_reset()
        assert _now() - started >= 0.05
        assert idle.fired == 1


@pytest.mark.parametrize("sender", ["user", "service"])
@on_loop
async def test_whatever_passes_in_either_direction_keeps_an_idle_connection(sender: str) -> None:
    async with connected(echo=False) as (proxy, alice, service):
        here, there = (alice, service) if sender == "user" else (service, alice)
        idle = proxy.add(IdleTimeout(0.4))
        started, count = _now(), 0
        while _now() - started < 0.8:
            here.send(b"x")
            count += 1
            await there.receives(count)
            await asyncio.sleep(0.02)
        assert idle.fired == 0
        assert await alice.is_reset()
        assert idle.fired == 1


@on_loop
async def test_what_silence_holds_back_does_not_keep_a_connection() -> None:
    async with connected() as (proxy, alice, _):
        proxy.add(Silence())
        idle = proxy.add(IdleTimeout(0.05))
        alice.send(b"hello?")
        assert await alice.is_reset()
        assert idle.fired == 1


@on_loop
async def test_bandwidth_lets_only_so_many_bytes_a_second_through() -> None:
    async with connected() as (proxy, alice, _):
        narrow = proxy.add(Bandwidth(20_000, direction="to_user"))
        started = _now()
        assert await alice.echoes(bytes(range(250)) * 40)
        assert _now() - started >= 0.45
        assert narrow.fired >= 1


@on_loop
async def test_what_waits_for_bandwidth_arrives_when_it_is_lifted_and_the_end_behind_it() -> None:
    async with connected(echo=False) as (proxy, alice, service):
        narrow = proxy.add(Bandwidth(1000))
        alice.send(b"z" * 100_000)
        alice.send_fin()
        assert await narrow.has_fired(SOON_S)
        proxy.remove(narrow)
        assert await service.receives(100_000) == b"z" * 100_000
        await soon(service.fin.wait())


@on_loop
async def test_slicing_delivers_single_bytes_in_order_and_leaves_small_chunks_alone() -> None:
    async with connected() as (proxy, alice, _):
        slicing = proxy.add(Slicing(1, direction="to_user"))
        assert await alice.echoes(b"x")
        assert slicing.fired == 0
        assert await alice.echoes(b"abcdefghij")
        assert len(alice.chunks) == 11
        assert slicing.fired == 1


@on_loop
async def test_a_websocket_conversation_survives_single_bytes() -> None:
    async with conversation() as (proxy, alice):
        proxy.add(Slicing(1))
        await alice.send("grüße " * 100)
        assert await soon(alice.recv()) == "grüße " * 100


@on_loop
async def test_silence_forwards_nothing_and_closes_nothing_until_it_is_lifted() -> None:
    async with connected() as (proxy, alice, service):
        async with proxy.with_fault(Silence()) as silence:
            alice.send(b"anybody?")
            assert await silence.has_fired(SOON_S)
            assert not service.received
            assert not alice.over.done()
        assert await alice.receives(8) == b"anybody?"
        assert silence.fired == 1


@on_loop
async def test_silence_in_one_direction_leaves_the_other() -> None:
    async with connected() as (proxy, alice, service):
        silence = proxy.add(Silence(direction="to_user"))
        alice.send(b"hello")
        await service.receives(5)
        assert await silence.has_fired(SOON_S)
        assert not alice.received
        proxy.reset()
        assert await alice.receives(5) == b"hello"


@on_loop
async def test_an_end_during_silence_arrives_when_it_is_lifted() -> None:
    async with connected(echo=False) as (proxy, alice, service):
        silence = proxy.add(Silence())
        alice.transport.abort()
        assert await silence.has_fired(SOON_S)
        assert not service.fin.is_set()
        proxy.remove(silence)
        await soon(service.fin.wait())


@on_loop
async def test_a_fault_that_met_nothing_has_not_fired() -> None:
    async with connected() as (proxy, _, _), proxy.with_fault(Silence()) as silence:
        assert silence.fired == 0


@on_loop
async def test_reset_reaches_both_ends_and_can_spare_those_who_come_later() -> None:
    announced: list[Fired] = []
    async with connected(on_fired=announced.append) as (proxy, alice, service):
        reset = proxy.add(Reset(scope="open"))
        assert await alice.is_reset()
        assert await service.is_reset()
        assert reset.fired == 1
        assert announced == [Fired("reset", "connection 1: RST to both ends", None)]
        assert await (await dial(proxy)).echoes()


@on_loop
async def test_reset_meets_new_connections_as_long_as_it_is_there() -> None:
    async with proxied() as (_, proxy):
        async with proxy.with_fault(Reset()) as reset:
            assert await is_refused(proxy)
            assert reset.fired == 1
        assert await (await dial(proxy)).echoes()


@on_loop
async def test_a_fault_fires_at_most_so_many_times() -> None:
    async with proxied() as (_, proxy):
        reset = proxy.add(Reset(times=1))
        assert await is_refused(proxy)
        assert await (await dial(proxy)).echoes()
        assert reset.fired == 1


@on_loop
async def test_a_fault_for_new_connections_spares_those_that_are_open() -> None:
    async with connected() as (proxy, alice, _):
        proxy.add(Reset(scope="new"))
        assert await is_refused(proxy)
        assert await alice.echoes()


@on_loop
async def test_a_refused_connection_is_reset_and_counted_and_open_ones_live_on() -> None:
    async with connected() as (proxy, alice, _):
        async with proxy.with_fault(Refuse()) as refuse:
            for _ in range(3):
                assert await is_refused(proxy)
            assert await alice.echoes()
        assert refuse.fired == 3
        assert await (await dial(proxy)).echoes()


@on_loop
async def test_a_stalled_handshake_leaves_the_service_with_its_beginning() -> None:
    async with proxied(echo=False) as (service, proxy):
        stalled = proxy.add(StalledHandshake(10))
        alice = await dial(proxy)
        alice.send(b"GET / HTTP/1.1\r\n\r\n")
        there = await service.peer()
        assert await there.receives(10) == b"GET / HTTP"
        assert await stalled.has_fired(SOON_S)
        assert there.received == b"GET / HTTP"
        there.send(b"too slow")
        there.send_fin()
        assert await alice.receives(8) == b"too slow"
        await soon(alice.fin.wait())


@on_loop
async def test_a_stalled_answer_leaves_the_user_with_its_beginning() -> None:
    async with socket_proxied() as proxy:
        stalled = proxy.add(StalledHandshake(12, "to_user"))
        with pytest.raises(TimeoutError):
            async with socket_user(proxy, open_timeout=0.2):
                pass
        assert stalled.fired == 1


@on_loop
async def test_faults_work_together_and_keep_the_order() -> None:
    async with connected() as (proxy, alice, _):
        proxy.add_all([Delay(0.002, 0.001), Slicing(7), Bandwidth(1_000_000), IdleTimeout(5)])
        sent = bytes(range(256)) * 20
        alice.send(sent)
        await alice.receives(100)
        proxy.reset()
        assert await alice.receives(len(sent)) == sent
        assert not proxy.faults


@on_loop
async def test_a_fault_is_at_work_only_once() -> None:
    async with proxied() as (_, proxy):
        silence = proxy.add(Silence())
        with pytest.raises(ValueError, match="already"):
            proxy.add(silence)
        proxy.remove(silence)
        proxy.remove(silence)
        proxy.add(silence)


@pytest.mark.parametrize(
    "make",
    [lambda: Delay(0.1, 0.2), lambda: Bandwidth(0), lambda: Slicing(0), lambda: IdleTimeout(0)],
)
def test_an_impossible_fault_is_an_error(make: type) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        make()


def test_every_fault_is_registered_by_its_name() -> None:
    assert {"reset", "silence", "refuse", "delay", "stalled_handshake"} < set(FAULTS)
    assert all(fault.name == name for name, fault in FAULTS.items())
