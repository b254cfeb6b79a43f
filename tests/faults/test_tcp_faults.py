"""The other faults of the TCP layer: refuse, hang, stalled handshake, bandwidth, slicing, ends."""

from __future__ import annotations

import asyncio

import pytest
from fault_bench import SOON_S, Talk, dial, on_loop, socket_target, socket_user, soon, target, user

from support.faults import (
    FAULTS,
    Bandwidth,
    CutAfter,
    Delay,
    Hang,
    IdleTimeout,
    Proxy,
    Refuse,
    Reset,
    Silence,
    Slicing,
    SlowClose,
    StalledHandshake,
)


@on_loop
async def test_a_refused_connection_is_reset_and_counted_and_open_ones_live_on() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        await echo.talk()
        async with proxy.with_fault(Refuse()) as refuse:
            for _ in range(3):
                assert isinstance(await (await dial(proxy)).ended(), ConnectionResetError)
            alice.say(b"x")
            await alice.hears(1)
        assert refuse.fired == 3
        async with user(proxy) as bob:
            bob.say(b"x")
            await bob.hears(1)


@on_loop
async def test_a_closed_port_refuses_and_is_the_same_one_when_it_opens_again() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        await echo.talk()
        port = proxy.port
        async with proxy.with_fault(Refuse("closed")) as refuse:
            assert proxy.port == port
            with pytest.raises(ConnectionRefusedError):
                await asyncio.get_running_loop().create_connection(Talk, "127.0.0.1", port)
            with pytest.raises(ConnectionRefusedError):
                async with socket_user(proxy):
                    pass
            alice.say(b"x")
            await alice.hears(1)
        assert refuse.fired == 1
        async with user(proxy) as bob:
            bob.say(b"x")
            await bob.hears(1)


@on_loop
async def test_hang_accepts_and_lets_nobody_through_until_it_is_lifted() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        async with proxy.with_fault(Hang()) as hang:
            alice = await dial(proxy)
            alice.say(b"hello?")
            assert await hang.has_fired(SOON_S)
            assert not echo.talks
            assert not alice.fin.is_set()
        assert await alice.hears(6) == b"hello?"
        alice.transport.abort()


@on_loop
async def test_a_user_who_gives_up_hanging_leaves_nothing_behind() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        hang = proxy.add(Hang())
        alice = await dial(proxy)
        assert await hang.has_fired(SOON_S)
        alice.transport.abort()
        async with asyncio.timeout(SOON_S):
            while proxy.links:
                await asyncio.sleep(0)
        assert not echo.talks


@on_loop
async def test_a_websocket_handshake_that_hangs_times_out() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        proxy.add(Hang())
        with pytest.raises(TimeoutError):
            async with socket_user(proxy, open_timeout=0.1):
                pass


@on_loop
async def test_a_stalled_handshake_leaves_the_target_with_its_beginning() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        stalled = proxy.add(StalledHandshake(10))
        async with user(proxy) as alice:
            alice.say(b"GET / HTTP/1.1\r\n\r\n")
            there = await quiet.talk()
            assert await there.hears(10) == b"GET / HTTP"
            assert await stalled.has_fired(SOON_S)
            assert there.heard == b"GET / HTTP"
            there.transport.write(b"too slow")
            there.transport.write_eof()
            assert await alice.hears(8) == b"too slow"
            await soon(alice.fin.wait())


@on_loop
async def test_a_stalled_answer_leaves_the_user_with_its_beginning() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        stalled = proxy.add(StalledHandshake(12, "to_user"))
        with pytest.raises(TimeoutError):
            async with socket_user(proxy, open_timeout=0.2):
                pass
        assert stalled.fired == 1


@on_loop
async def test_bandwidth_lets_only_so_many_bytes_a_second_through() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        narrow = proxy.add(Bandwidth(20_000, direction="to_user"))
        loop = asyncio.get_running_loop()
        started = loop.time()
        sent = bytes(range(250)) * 40
        alice.say(sent)
        assert await alice.hears(len(sent)) == sent
        assert loop.time() - started >= 0.45
        assert narrow.fired >= 1


@on_loop
async def test_what_waits_for_bandwidth_arrives_when_it_is_lifted_and_the_end_behind_it() -> None:
    async with (
        target(echo=False) as quiet,
        Proxy("127.0.0.1", quiet.port) as proxy,
        user(proxy) as alice,
    ):
        there = await quiet.talk()
        narrow = proxy.add(Bandwidth(1000))
        alice.say(b"z" * 100_000)
        alice.transport.write_eof()
        assert await narrow.has_fired(SOON_S)
        proxy.remove(narrow)
        assert await there.hears(100_000) == b"z" * 100_000
        await soon(there.fin.wait())


@on_loop
async def test_slicing_delivers_single_bytes_in_order() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        slicing = proxy.add(Slicing(1, direction="to_user"))
        alice.say(b"abcdefghij")
        assert await alice.hears(10) == b"abcdefghij"
        assert len(alice.chunks) == 10
        assert slicing.fired == 1


@on_loop
async def test_slicing_does_not_fire_on_what_is_small_enough() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        slicing = proxy.add(Slicing(4))
        alice.say(b"abcd")
        await alice.hears(4)
        assert slicing.fired == 0


@on_loop
async def test_a_websocket_conversation_survives_single_bytes() -> None:
    async with socket_target() as port, Proxy("127.0.0.1", port) as proxy:
        proxy.add(Slicing(1))
        async with socket_user(proxy) as alice:
            await alice.send("grüße " * 100)
            assert await soon(alice.recv()) == "grüße " * 100


@on_loop
async def test_a_slow_close_is_heard_of_late() -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        slow = proxy.add(SlowClose(0.1))
        loop = asyncio.get_running_loop()
        async with user(proxy) as alice:
            there = await quiet.talk()
            alice.say(b"bye")
            await there.hears(3)
            started = loop.time()
            alice.transport.write_eof()
            await soon(there.fin.wait())
            assert loop.time() - started >= 0.1
            assert slow.fired == 1


@pytest.mark.parametrize("how", ["rst", "fin"])
@on_loop
async def test_a_connection_is_cut_after_exactly_so_many_bytes(how: str) -> None:
    async with target(echo=False) as quiet, Proxy("127.0.0.1", quiet.port) as proxy:
        cut = proxy.add(CutAfter(7, how))  # type: ignore[arg-type]
        alice = await dial(proxy)
        there = await quiet.talk()
        there.say(b"0123")
        await alice.hears(4)
        there.say(b"456789")
        await soon(alice.fin.wait())
        assert alice.heard == b"0123456"
        assert cut.fired == 1
        alice.transport.abort()


@on_loop
async def test_a_fault_can_be_kept_to_one_connection() -> None:
    async with (
        target() as echo,
        Proxy("127.0.0.1", echo.port) as proxy,
        user(proxy) as alice,
        user(proxy) as bob,
    ):
        hers = alice.transport.get_extra_info("sockname")
        bob.say(b"x")
        await bob.hears(1)
        alice.say(b"x")
        await alice.hears(1)
        proxy.add(Reset(only=lambda link: link.user_address == hers))
        assert isinstance(await alice.ended(), ConnectionResetError)
        bob.say(b"x")
        assert await bob.hears(2) == b"xx"


@on_loop
async def test_faults_work_together_and_keep_the_order() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy, user(proxy) as alice:
        proxy.add(Delay(0.002, 0.001))
        proxy.add(Slicing(7))
        proxy.add(Bandwidth(1_000_000))
        proxy.add(IdleTimeout(5))
        sent = bytes(range(256)) * 20
        alice.say(sent)
        await alice.hears(100)
        proxy.reset()
        assert await alice.hears(len(sent)) == sent
        assert not proxy.faults


@on_loop
async def test_a_fault_is_at_work_only_once() -> None:
    async with target() as echo, Proxy("127.0.0.1", echo.port) as proxy:
        silence = proxy.add(Silence())
        with pytest.raises(ValueError, match="already"):
            proxy.add(silence)
        proxy.remove(silence)
        proxy.remove(silence)
        proxy.add(silence)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Delay(0.1, 0.2),
        lambda: Bandwidth(0),
        lambda: Slicing(0),
        lambda: SlowClose(-1),
        lambda: IdleTimeout(0),
    ],
)
def test_what_can_not_be_is_no_fault(make: type) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        make()


def test_every_fault_is_known_by_its_name() -> None:
    assert sorted(FAULTS) == [
        "bandwidth",
        "corrupt",
        "cut_after",
        "delay",
        "double",
        "drop",
        "hang",
        "idle_timeout",
        "refuse",
        "reset",
        "silence",
        "slicing",
        "slow_close",
        "stalled_handshake",
        "swallow",
        "swap",
        "truncate",
    ]
    assert all(FAULTS[name].name == name for name in FAULTS)
