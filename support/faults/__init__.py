"""What is done to the network between users and the service.

A `Proxy` stands between them and does to their connections what the faults added to it say. The
faults are in `toxics/`, one small file each, registered by name; `NETWORK_PROFILES` puts them
together as networks that people know.

    user ◄──────────────────────────── Link ────────────────────────────► service
    Side ──► Pump: FrameReader ─► Stage ─► Stage ─► … ─────────────────► Side
    Side ◄───────────────── … ◄─ Stage ◄─ Stage ◄─ FrameReader :Pump ◄── Side

    Proxy       accepts connections, adds and removes faults
    Fault       decides on which links and directions it works, from which Trigger on; counts
    Link        the two sockets of one user
    Pump        one direction of a link: a chain of stages
    Stage       one fault at work in one pump: holds, drops, repeats or changes what passes

Modules import in one direction only; what one needs of its owner is a Protocol in `types`:

    frames, types → stage → pump → side → link → trigger → fault → toxics/ → profiles
                                                             └───► proxy

What a proxy cannot do. It speaks TCP to both ends, so it loses no packets: it can stall, cut,
delay and damage a stream. Losing *messages* is the frame layer's, which reads ws:// only: behind
TLS (wss://) frames are not seen and its faults never fire, and compressed payloads are neither
matched nor understood. Connecting to it succeeds before the service is asked; that the service
cannot be reached arrives as a reset. The loopback between user and proxy never fails by itself, and
its delay is the proxy's own (tens of microseconds).
"""

from support.faults.choice import contains as contains
from support.faults.cut import cut as cut
from support.faults.fault import FAULTS as FAULTS
from support.faults.fault import Fault as Fault
from support.faults.profiles import NETWORK_PATTERN as NETWORK_PATTERN
from support.faults.profiles import NETWORK_PROFILES as NETWORK_PROFILES
from support.faults.profiles import NetworkProfile as NetworkProfile
from support.faults.profiles import network_profile as network_profile
from support.faults.proxy import Proxy as Proxy
from support.faults.trigger import AfterBytes as AfterBytes
from support.faults.trigger import OnFrame as OnFrame
from support.faults.types import Fired as Fired
