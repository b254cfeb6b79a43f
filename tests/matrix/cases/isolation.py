"""What the scenarios of isolation catch."""

from __future__ import annotations

from case import Case

TWO = "Two users at work see their own events and nothing of each other"
SEVERAL = "Several users at work at once see nothing of each other"
TOOL = "What a tool stores for one user stays with that user"
RESTARTED = "No user receives another's stored notes after a restart"

CASES = (
    Case("events-to-everyone", TWO, r"received the secret of"),
    Case("tool-results-to-everyone", TWO, r"received the (run|user) id of"),
    Case("leak-in-a-crowd", SEVERAL, r"received the secret of"),
    Case("anothers-data-in-event", TWO, r"received the secret of"),
    Case("anothers-note-in-answer", TWO, r"received the secret of"),
    Case("anothers-user-id-in-data", TWO, r"received the user id of"),
    Case("wrong-user-id-on-event", TWO, r"received agent_started of somebody unknown"),
    Case("notebook-shared", TOOL, r"received the secret of"),
    Case("notebook-shared-after-restart", RESTARTED, r"received the secret of"),
    Case("leak-in-pieces", TWO, r"received part of the secret of"),
    Case("leak-in-base64", TWO, r"received the secret of"),
    Case("leak-percent-encoded", TWO, r"received the secret of"),
    Case("greeting-names-others", TWO, r"received the user id of"),
    Case("acceptance-names-others", TWO, r"received the user id of"),
)
