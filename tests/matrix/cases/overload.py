"""What the scenarios of overload catch."""

from __future__ import annotations

from case import Case

BOMB = "A message that expands a thousandfold is refused before it is expanded"
FLOOD = "A user who floods the service is limited, and nobody else is slowed down"
UNREAD = "A user who reads nothing is disconnected, and nobody else is slowed down"

CASES = (
    Case("bomb-accepted", BOMB, r"swells to 45,000,000: no answer"),
    Case("bomb-refused-once-expanded", BOMB, r"it grew by"),
    Case("bombs-leave-memory", BOMB, r"it grew by"),
    Case("flood-not-limited", FLOOD, r"messages got through"),
    Case("burst-not-granted", FLOOD, r"the first was refused after \d+ messages"),
    Case("limited-forever", FLOOD, r"still refused \d"),
    Case("refused-messages-handled", FLOOD, r"\d+ answers to \d+ messages"),
    Case("flood-not-cut", FLOOD, r"refusals in a row the connection is closed by the user"),
    Case("flood-cut-at-once", FLOOD, r"ended after \d+ refusals at the most"),
    Case("flood-slows-everyone", FLOOD, r"answers took longer|a ping was never answered"),
    Case("slow-reader-unbounded", UNREAD, r"the connection was kept"),
    Case("slow-reader-slows-everyone", UNREAD, r"answers took longer|a ping was never answered"),
    Case("slow-reader-copied", UNREAD, r"it grew by [\d.]+ MB while"),
    Case("pongs-slower-under-pressure", UNREAD, r"answers took longer: \d+ of \d+"),
    Case("answers-slower-under-pressure", UNREAD, r"up to \d+ ms meanwhile"),
    Case("pongs-slower-under-pressure", FLOOD, r"answers took longer: \d+ of \d+"),
)
