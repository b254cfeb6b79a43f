"""Networks as people know them: faults put together, by the names that features use."""

from __future__ import annotations

from collections.abc import Callable

from support.config import Chaos
from support.dialects import Dialect
from support.faults.fault import Fault
from support.faults.frame_fault import FrameOptions
from support.faults.toxics.bandwidth import Bandwidth
from support.faults.toxics.delay import Delay
from support.faults.toxics.double import Double
from support.faults.toxics.drop import Drop
from support.faults.toxics.reset import Reset
from support.faults.toxics.slicing import Slicing
from support.faults.toxics.stalled_handshake import StalledHandshake
from support.faults.toxics.swap import Swap
from support.faults.toxics.truncate import Truncate
from support.faults.trigger import OnFrame
from support.journal.facts import TOOL_COMPLETED

#: What a network may be like, for a dialect; what it does to a single message happens once.
NETWORK_PROFILES: dict[str, Callable[[Dialect], Fault]] = {
    "is slow and unsteady": lambda _: Delay(0.15, 0.05),
    "delivers answers slowly": lambda _: Delay(0.3, 0.2, direction="to_user"),
    "delivers byte by byte": lambda _: Slicing(1),
    "carries very little": lambda _: Bandwidth(8_000),
    "cuts the line once": lambda _: Reset(when=OnFrame(nth=4), times=1),
    "stalls a handshake": lambda _: StalledHandshake(times=1),
    "stalls the answer to a handshake": lambda _: StalledHandshake(direction="to_user", times=1),
    "loses an event": lambda dialect: Drop(**_first_event(dialect)),
    "swaps two events": lambda dialect: Swap(**_first_event(dialect)),
    "truncates an event": lambda dialect: Truncate(**_first_event(dialect)),
    "loses a question": lambda dialect: Drop(**_first_question(dialect)),
    "doubles a question": lambda dialect: Double(**_first_question(dialect)),
}


def _first_event(dialect: Dialect) -> FrameOptions:
    """The first of a run: every other event of it shows that something is missing."""
    return {"matching": dialect.tells_of_run, "direction": "to_user", "nth": 1, "times": 1}


def _first_question(dialect: Dialect) -> FrameOptions:
    return {"matching": dialect.asks, "direction": "to_service", "nth": 1, "times": 1}


def breaks_during(event: str, dialect: Dialect) -> Fault:
    """The next connection breaks in the middle of the first event of that type."""
    trigger = OnFrame(matching=lambda payload: dialect.tells(event, payload), forwarded=0.5)
    return Reset(when=trigger, times=1)


def chaos(dialect: Dialect, plan: Chaos) -> list[Fault]:
    """Everything at once, by the chances and ranges of `plan`: delays, cuts, lost messages.

    Only events and questions are lost: every other message has an answer of its own, which would
    be missed. Connections are cut at results of tools only, not at each event: a user who
    reconnects receives many at once, and must get further than the last time.
    """
    low_s, high_s = (ms / 1000 for ms in plan.delay_ms)
    cuts = OnFrame(
        matching=lambda payload: dialect.tells(TOOL_COMPLETED, payload),
        probability=plan.disconnect,
    )
    return [
        Reset(when=cuts),
        Drop(matching=dialect.tells_of_run, probability=plan.loss, direction="to_user"),
        Drop(matching=dialect.asks, probability=plan.loss, direction="to_service"),
        Delay((low_s + high_s) / 2, (high_s - low_s) / 2),
        Slicing(plan.slice_bytes),
    ]
