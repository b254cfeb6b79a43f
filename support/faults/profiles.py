"""Networks as people know them: faults put together, by the names that features use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from support.config import Chaos
from support.dialects import Dialect
from support.faults.fault import Fault, Scope
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
from support.journal.facts import FAILED, REQUIRED_EVENTS, TOOL_COMPLETED


@dataclass(frozen=True)
class NetworkProfile:
    """A network by the name that features use.

    `faults` makes its faults anew. One that `reads_messages` needs ws://. Its faults are there from
    the handshake on, or only once a user is connected (`after_handshake`). Who goes on over it
    `needs` what not every deployment offers.
    """

    name: str
    faults: Callable[[Dialect, Chaos], list[Fault]]
    reads_messages: bool = False
    after_handshake: bool = False
    needs: tuple[str, ...] = ()


def network_profile(name: str) -> NetworkProfile:
    """The network of that name. Raises `KeyError` for one that `NETWORK_PATTERN` rejects."""
    if '"' not in name:
        return NETWORK_PROFILES[name]
    _, event, later = name.split('"')
    scope: Scope = "new" if later else "all"
    return NetworkProfile(
        name,
        lambda dialect, _: [breaks_during(event, dialect, scope)],
        reads_messages=True,
        after_handshake=True,
    )


def _first_event(dialect: Dialect) -> FrameOptions:
    """The first of a run: every other event of it shows that something is missing."""
    return {"matching": dialect.tells_of_run, "direction": "to_user", "nth": 1, "times": 1}


def _first_question(dialect: Dialect) -> FrameOptions:
    """The first question. Raises `NotOffered` where questions travel elsewhere."""
    dialect.ensure_asks_by_message()
    return {"matching": dialect.asks, "direction": "to_service", "nth": 1, "times": 1}


def _before_confirmation(dialect: Dialect) -> Fault:
    """Cut off by the answer to a question. Raises `NotOffered` where it comes another way."""
    dialect.ensure_asks_by_message()
    return Reset(when=OnFrame(forwarded=0), scope="open", times=1)


def breaks_during(event: str, dialect: Dialect, scope: Scope) -> Fault:
    """A connection breaks in the middle of the first event of that type, once.

    Scope "new" spares the connection that is open: a service may send a whole run in one go, so
    that the event passes before its user leaves. Raises `NotOffered` where there is no such event.
    """
    dialect.ensure_has(event)
    trigger = OnFrame(matching=lambda payload: dialect.tells(event, payload), forwarded=0.5)
    return Reset(when=trigger, scope=scope, times=1)


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


def _first(
    name: str,
    fault: Callable[..., Fault],
    options: Callable[[Dialect], FrameOptions],
    needs: tuple[str, ...] = (),
) -> NetworkProfile:
    """What is done to a single message happens once."""
    return NetworkProfile(
        name, lambda dialect, _: [fault(**options(dialect))], reads_messages=True, needs=needs
    )


_PROFILES = (
    NetworkProfile("an unreliable network", lambda *_: []),
    NetworkProfile(
        "a bad network",
        chaos,
        reads_messages=True,
        after_handshake=True,
        needs=("resume", "idempotent"),
    ),
    NetworkProfile("a slow and unsteady network", lambda *_: [Delay(0.15, 0.05)]),
    NetworkProfile(
        "a network that delivers answers slowly",
        lambda *_: [Delay(0.3, 0.2, direction="to_user")],
    ),
    NetworkProfile("a network that delivers byte by byte", lambda *_: [Slicing(1)]),
    NetworkProfile("a network with very little bandwidth", lambda *_: [Bandwidth(8_000)]),
    NetworkProfile(
        "a network that closes the connection once",
        lambda *_: [Reset(when=OnFrame(nth=2), times=1)],
        reads_messages=True,
        after_handshake=True,
        needs=("resume", "idempotent"),
    ),
    NetworkProfile(
        "a network that breaks before the first confirmation",
        lambda dialect, _: [_before_confirmation(dialect)],
        reads_messages=True,
        after_handshake=True,
    ),
    NetworkProfile(
        "a network that delivers every message twice",
        lambda *_: [Double(direction="to_user")],
        reads_messages=True,
        after_handshake=True,
    ),
    NetworkProfile("a network that stalls a handshake", lambda *_: [StalledHandshake(times=1)]),
    NetworkProfile(
        "a network that stalls the answer to a handshake",
        lambda *_: [StalledHandshake(direction="to_user", times=1)],
    ),
    _first("a network that loses an event", Drop, _first_event),
    _first("a network that swaps two events", Swap, _first_event),
    _first("a network that truncates an event", Truncate, _first_event),
    _first("a network that loses a question", Drop, _first_question, ("idempotent",)),
    _first("a network that delivers a question twice", Double, _first_question, ("idempotent",)),
)
NETWORK_PROFILES = {profile.name: profile for profile in _PROFILES}
_LATER = " after a reconnect"
_EVENTS = "|".join((*REQUIRED_EVENTS, FAILED))
NETWORK_PATTERN = "|".join(
    (*NETWORK_PROFILES, rf'a network that breaks in the middle of "(?:{_EVENTS})"(?:{_LATER})?')
)
