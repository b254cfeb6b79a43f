"""What the scenarios of many users catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

FEW = "25 users at once each get their own complete run"
MORE = "50 users at once each get their own complete run"
FLOOD = "A flood of questions is answered without a gap"
DROPS = "50 users who all reconnect in the middle of a run get the rest of it"

CASES = (
    Case("leak-in-a-crowd", FEW, r"leak"),
    Case("leak-in-a-crowd", MORE, r"leak"),
    Case("every-fifth-handshake-fails", MORE, r"refused: HTTP 503"),
    Case("every-tenth-event-doubled", FLOOD, BROKEN_STORY),
    Case("resume-always-refused", DROPS, r"not recovered"),
)
