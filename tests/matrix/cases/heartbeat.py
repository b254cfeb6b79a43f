"""What the scenarios of heartbeats catch."""

from __future__ import annotations

from case import Case

HUNG = "An app that hangs is disconnected after one to three heartbeats"
OTHER_RESPONDS = "An app that hangs is disconnected although another device of its user responds"
QUIET = "A quiet conversation outlives the idle timeout of a load balancer"
SILENT = "An app notices a silent network within two heartbeats"

CASES = (
    Case("silent-client-kept", HUNG, r"the connection is still held"),
    Case("silent-client-kept-after-question", HUNG, r"the connection is still held"),
    Case("silent-client-kept-for-its-user", OTHER_RESPONDS, r"the connection is still held"),
    Case("silent-client-dropped-early", HUNG, r"disconnected too early"),
    Case("silent-client-dropped-late", HUNG, r"only after"),
    Case("no-heartbeat", QUIET, r"the connection was lost after"),
    Case(
        "protocol-pings-not-answered",
        SILENT,
        r"the connection was (given up although|lost)|unknown: no heartbeat was answered",
    ),
)
