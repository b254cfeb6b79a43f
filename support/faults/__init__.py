"""What is done to the network between user and target, one small file a fault.

A `Proxy` stands between them and does to their connections what the faults added to it say; `cut`
ends a connection from the user's own side.

What a proxy can not do. It speaks TCP to both ends, so it loses no packets, reorders none and
doubles none: it can stall, cut, delay and damage a stream. Losing *messages* is the frame layer's,
which reads ws:// only: behind TLS (wss://) frames are not seen and its faults never fire, and
compressed payloads are neither matched nor understood. Connecting to it succeeds before the target
is asked; that the target is unreachable arrives as a reset. The loopback between user and proxy
never fails by itself, and its delay is the proxy's own (tens of microseconds).
"""

from support.faults.bandwidth import Bandwidth
from support.faults.choice import contains
from support.faults.corrupt import Corrupt
from support.faults.cut import cut
from support.faults.cut_after import CutAfter
from support.faults.delay import Delay
from support.faults.double import Double
from support.faults.drop import Drop
from support.faults.fault import FAULTS, Direction, Fault
from support.faults.hang import Hang
from support.faults.idle_timeout import IdleTimeout
from support.faults.link import Link
from support.faults.profiles import WEATHER, breaks_in, chaos, let_loose
from support.faults.proxy import Proxy
from support.faults.refuse import Refuse
from support.faults.reset import Reset
from support.faults.silence import Silence
from support.faults.slicing import Slicing
from support.faults.slow_close import SlowClose
from support.faults.stalled_handshake import StalledHandshake
from support.faults.swallow import Swallow
from support.faults.swap import Swap
from support.faults.trigger import AfterBytes, AtOnce, OnFrame, Trigger
from support.faults.truncate import Truncate

__all__ = [
    "FAULTS",
    "WEATHER",
    "AfterBytes",
    "AtOnce",
    "Bandwidth",
    "Corrupt",
    "CutAfter",
    "Delay",
    "Direction",
    "Double",
    "Drop",
    "Fault",
    "Hang",
    "IdleTimeout",
    "Link",
    "OnFrame",
    "Proxy",
    "Refuse",
    "Reset",
    "Silence",
    "Slicing",
    "SlowClose",
    "StalledHandshake",
    "Swallow",
    "Swap",
    "Trigger",
    "Truncate",
    "breaks_in",
    "chaos",
    "contains",
    "cut",
    "let_loose",
]
