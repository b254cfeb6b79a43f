"""What holds for every fault: names, scopes, order, what can not be."""

from __future__ import annotations

import pytest
from fault_bench import on_loop, target, user

from support.faults import (
    FAULTS,
    Bandwidth,
    Delay,
    IdleTimeout,
    Proxy,
    Reset,
    Silence,
    Slicing,
    SlowClose,
)


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
