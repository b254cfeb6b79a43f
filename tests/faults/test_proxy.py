"""The proxy itself: it changes nothing, comes to an end, and holds no more than it may."""

from __future__ import annotations

import asyncio
import gc
import socket
import statistics

import pytest
from fault_bench import (
    SOON_S,
    Peer,
    closed_port,
    connected,
    deaf_port,
    dial,
    is_refused,
    on_loop,
    proxied,
    soon,
    until,
)
from fault_sockets import conversation, socket_user
from websockets.exceptions import InvalidMessage

from support.faults import Fault, Fired, Proxy
from support.faults.toxics.bandwidth import Bandwidth
from support.faults.toxics.delay import Delay
from support.faults.toxics.drop import Drop
from support.faults.toxics.reset import Reset
from support.faults.toxics.silence import Silence


@pytest.mark.parametrize("sent", [b"hello", bytes(range(256)) * 4096 * 4], ids=["short", "4 MiB"])
@on_loop
async def test_what_is_sent_arrives_unchanged_in_both_directions(sent: bytes) -> None:
    async with connected() as (_, alice, service):
        alice.send(sent)
        assert await alice.receives(len(sent)) == sent
        assert service.received == sent


@on_loop
async def test_a_real_websocket_conversation_goes_through_and_closes_cleanly() -> None:
    async with conversation() as (_, alice):
        await alice.send("hello")
        assert await soon(alice.recv()) == "hello"
        await alice.close(1000, "bye")
        assert alice.close_code == 1000


@on_loop
async def test_the_end_of_one_direction_leaves_the_other_open() -> None:
    async with connected(echo=False) as (proxy, alice, service):
        alice.send(b"last words")
        alice.send_fin()
        await soon(service.fin.wait())
        service.send(b"answer")
        assert await alice.receives(6) == b"answer"
        service.send_fin()
        await soon(alice.fin.wait())
        assert await until(lambda: not proxy.links)


@on_loop
async def test_an_end_is_passed_on_once_although_reading_stops_and_goes_on() -> None:
    async with connected(echo=False) as (proxy, alice, service):
        alice.send_fin()
        await soon(service.fin.wait())
        pump = proxy.links[0].pumps["to_service"]
        pump.hold("us")
        pump.release("us")
        service.send(b"fence")
        assert await alice.receives(5) == b"fence"
        assert not service.over.done()


@on_loop
async def test_a_reset_by_the_user_reaches_the_service_as_a_reset() -> None:
    async with connected(echo=False) as (_, alice, service):
        alice.vanish()
        assert await service.is_reset()


@on_loop
async def test_nagle_is_off_on_both_sides() -> None:
    async with connected() as (proxy, alice, _):
        assert await alice.echoes()
        for side in (proxy.links[0].user, proxy.links[0].service):
            assert side.transport is not None
            sock = side.transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@on_loop
async def test_a_sender_is_held_up_by_a_receiver_who_does_not_read() -> None:
    async with connected() as (proxy, alice, service):
        assert await alice.echoes()
        service.transport.pause_reading()
        alice.transport.set_write_buffer_limits(0)
        sent = bytes(64 << 20)
        alice.send(sent)
        link = proxy.links[0]
        assert await until(lambda: not link.user.transport.is_reading())  # type: ignore[union-attr]
        assert link.service.transport is not None
        assert link.service.transport.get_write_buffer_size() < 1 << 20
        service.transport.resume_reading()
        await service.receives(len(sent) + 1, within_s=8)


@pytest.mark.parametrize("fault", [Silence(), Delay(60), Bandwidth(1)], ids=lambda f: f.name)
@on_loop
async def test_what_is_held_back_is_bounded(fault: Fault) -> None:
    async with connected() as (proxy, alice, _):
        proxy.add(fault)
        alice.send(bytes(8 << 20))
        side = proxy.links[0].user.transport
        assert side is not None
        assert await until(lambda: not side.is_reading())
        proxy.remove(fault)
        await alice.receives(1 << 20)


@on_loop
async def test_a_service_that_cannot_be_reached_or_not_in_time_resets_the_user() -> None:
    async with Proxy("127.0.0.1", closed_port()) as proxy:
        assert await is_refused(proxy)
    with deaf_port() as port:
        async with Proxy("127.0.0.1", port, connect_s=0.1) as proxy:
            assert await is_refused(proxy)


@on_loop
async def test_a_websocket_handshake_with_an_unreachable_service_fails_like_a_refused_one() -> None:
    async with Proxy("127.0.0.1", closed_port()) as proxy:
        with pytest.raises(InvalidMessage) as refused:
            async with socket_user(proxy):
                pass
        assert isinstance(refused.value.__cause__, EOFError)  # what websockets makes of a reset


@on_loop
async def test_closing_does_not_wait_for_a_service_that_does_not_answer() -> None:
    with deaf_port() as port:
        async with Proxy("127.0.0.1", port, connect_s=60) as proxy:
            proxy.add(Reset(scope="open"))
            (await dial(proxy)).send(b"x")
            assert await until(lambda: proxy.links)
            await soon(proxy.close())


@on_loop
async def test_a_user_who_vanishes_before_the_service_is_reached_leaves_nothing_behind() -> None:
    with deaf_port() as port:
        async with Proxy("127.0.0.1", port, connect_s=60) as proxy:
            (await dial(proxy)).vanish()
            assert await until(lambda: proxy.accepted)
            assert await until(lambda: not proxy.links)


@on_loop
async def test_closing_ends_everything_whatever_is_going_on() -> None:
    async with proxied(echo=False) as (_, proxy):
        port = proxy.port
        peers = [await dial(proxy) for _ in range(20)]
        proxy.add(Silence())
        for peer in peers:
            peer.send(bytes(3 << 20))
        await dial(proxy)
        await soon(proxy.close())
        assert not proxy.links
        for peer in peers:
            await soon(peer.fin.wait())
        with pytest.raises(ConnectionRefusedError):
            await asyncio.get_running_loop().create_connection(Peer, "127.0.0.1", port)


@pytest.mark.filterwarnings("error::ResourceWarning")
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_accepted_in_the_last_moment_leaves_no_socket_behind() -> None:
    @on_loop
    async def last_moment() -> None:
        async with proxied() as (_, proxy):
            sock = socket.create_connection(("127.0.0.1", proxy.port))
            await until(lambda: proxy.links)
            await proxy.close()
            sock.close()

    last_moment()
    gc.collect()


@on_loop
async def test_an_error_of_a_callback_is_raised_when_the_proxy_closes() -> None:
    def fails(fired: Fired) -> None:
        raise LookupError(fired.name)

    async with connected(on_fired=fails) as (proxy, alice, _):
        fault = proxy.add(Silence())
        alice.send(b"x")
        assert await fault.has_fired(SOON_S)
        with pytest.raises(LookupError):
            await proxy.close()


@on_loop
async def test_an_error_of_a_predicate_ends_the_connection_and_is_raised_at_the_end() -> None:
    def broken(payload: bytes) -> bool:
        raise LookupError("no such thing")

    async with conversation() as (proxy, alice):
        proxy.add(Drop(matching=broken))
        await alice.send("x")
        await soon(alice.wait_closed())
        with pytest.raises(LookupError):
            await proxy.close()


async def _round_trip_ms(port: int, times: int) -> float:
    loop = asyncio.get_running_loop()
    _, peer = await loop.create_connection(Peer, "127.0.0.1", port)
    took = []
    for _ in range(times):
        started = loop.time()
        await peer.echoes(b"x" * 200)
        took.append((loop.time() - started) * 1000)
    peer.transport.abort()
    return statistics.median(took)


@on_loop
async def test_it_adds_less_than_a_millisecond() -> None:
    async with proxied() as (service, proxy):
        direct = await _round_trip_ms(service.port, 500)
        through = await _round_trip_ms(proxy.port, 500)
        print(f"round trip {direct:.3f} ms direct, {through:.3f} ms through the proxy")
        assert through - direct < 1


@on_loop
async def test_it_carries_a_thousand_connections() -> None:
    async with proxied() as (_, proxy):
        peers = await asyncio.gather(*(dial(proxy) for _ in range(1000)))
        await asyncio.gather(*(peer.echoes(b"y" * 200) for peer in peers))
        assert len(proxy.links) == 1000
        await soon(proxy.close())
        await asyncio.gather(*(soon(peer.fin.wait()) for peer in peers))
