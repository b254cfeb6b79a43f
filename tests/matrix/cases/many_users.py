"""What the scenarios of many users catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

FEW = "25 users at once each get their own complete run"
MORE = "50 users at once each get their own complete run"
FLOOD = "A flood of questions is answered without a gap"
DROPS = "50 users who lose the connection in the middle of a run miss nothing"
CROWD = "300 users chat and nobody loses anything"
STORM = "300 users who lose the connection at the same moment miss nothing"

CASES = (
    Case("leak-in-a-crowd", FEW, r"leak"),
    Case("leak-in-a-crowd", MORE, r"leak"),
    Case("every-fifth-handshake-fails", MORE, r"refused: HTTP 503"),
    Case("dropped-when-busy", FLOOD, BROKEN_STORY),
    Case("every-tenth-event-doubled", DROPS, BROKEN_STORY),
    Case("leak-in-a-crowd", CROWD, r"isolation violation"),
    Case("every-tenth-event-doubled", STORM, r"missing or doubled events"),
)
