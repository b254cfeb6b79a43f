"""Networks as people know them: faults put together, by names that features use."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from support.config import Chaos
from support.dialects import Dialect
from support.faults.bandwidth import Bandwidth
from support.faults.delay import Delay
from support.faults.drop import Drop
from support.faults.fault import Fault
from support.faults.hang import Hang
from support.faults.proxy import Proxy
from support.faults.reset import Reset
from support.faults.slicing import Slicing
from support.faults.stalled_handshake import StalledHandshake
from support.faults.trigger import OnFrame
from support.journal.facts import TOOL_COMPLETED

#: What a network may be like; the last three are over once they have happened.
WEATHER: dict[str, Callable[[], Fault]] = {
    "is slow and unsteady": lambda: Delay(0.15, 0.05),
    "delivers byte by byte": lambda: Slicing(1),
    "carries very little": lambda: Bandwidth(8_000),
    "cuts the line once": lambda: Reset(when=OnFrame(nth=4), times=1),
    "answers nothing at first": lambda: Hang(times=1),
    "gets stuck while connecting, once": lambda: StalledHandshake(times=1),
}


def breaks_in(event: str, dialect: Dialect) -> Fault:
    """The next connection breaks in the middle of the first event of that type."""
    trigger = OnFrame(matching=lambda payload: dialect.tells(event, payload), forwarded=0.5)
    return Reset(when=trigger, times=1)


def chaos(dialect: Dialect, plan: Chaos) -> list[Fault]:
    """Everything at once, by the chances and ranges of `plan`: delays, cuts, lost messages.

    Only events and questions are lost: what else is said has an answer of its own to miss. The line
    may be cut at each result of a tool, not at each event: whoever comes back is sent many at once,
    and must get further than the last time.
    """
    low_s, high_s = (ms / 1000 for ms in plan.delay_ms)
    cuts = OnFrame(
        matching=lambda payload: dialect.tells(TOOL_COMPLETED, payload),
        probability=plan.disconnect,
    )
    return [
        Reset(when=cuts),
        Drop(matching=dialect.tells_of_run, probability=plan.loss, direction="to_user"),
        Drop(matching=dialect.asks, probability=plan.loss, direction="to_target"),
        Delay((low_s + high_s) / 2, (high_s - low_s) / 2),
        Slicing(plan.slice_bytes),
    ]


def let_loose(network: Proxy, faults: Iterable[Fault]) -> None:
    """Add all of `faults` to `network`, in that order."""
    for fault in faults:
        network.add(fault)
