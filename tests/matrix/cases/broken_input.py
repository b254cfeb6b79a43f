"""What the scenarios of malformed messages catch."""

from __future__ import annotations

from case import Case

REJECTED = "A malformed message is rejected, and everyone can continue: {}"
HALF = REJECTED.format("a message with half of an emoji")

CASES = (
    Case(
        "bad-json-ends-connection",
        REJECTED.format("half a message"),
        r"to half a message: the connection was ended by the deployment, c",
    ),
    Case(
        "events-stop-after-error",
        REJECTED.format("half a message"),
        r"the run (never ended|begins with)|no event of the run",
    ),
    Case("errors-swallowed", REJECTED.format("half a message"), r"to half a message: no answer"),
    Case(
        "errors-show-internals", REJECTED.format("half a message"), r"to half a message: error None"
    ),
    Case(
        "bad-message-hurts-everyone",
        REJECTED.format("half a message"),
        r"to half a message: the connection was ended by the deployment, c",
    ),
    Case(
        "binary-accepted",
        REJECTED.format("a picture instead of text"),
        r"to a picture instead of text: error invalid_json",
    ),
    Case("half-characters-repaired", HALF, r"to a message with half of an emoji: no answer"),
    Case(
        "half-characters-end-connection",
        HALF,
        r"to a message with half of an emoji: the connection was ended by the",
    ),
    Case("half-characters-stop-everyone", HALF, r"no event of the run"),
    Case("half-characters-in-ids", HALF, r"half of an emoji: the connection was ended by the"),
    Case("third-error-ends-connection", HALF, r"half of an emoji: the connection was ended by the"),
    Case("errors-show-internals", REJECTED.format("a list instead of a message"), r"error None"),
    Case(
        "bare-value-ends-connection",
        REJECTED.format("a bare value instead of a message"),
        r"to a bare value instead of a message: the connection was ended by the",
    ),
    Case(
        "errors-show-internals",
        REJECTED.format("a message with fields of the wrong kind"),
        r"error None",
    ),
    Case(
        "errors-show-internals", REJECTED.format("a message that lacks its content"), r"error None"
    ),
    Case(
        "malformed-cancellation-ends-connection",
        REJECTED.format("a message that lacks its content"),
        r"to a message that lacks its content: the connection was ended by the",
    ),
    Case("errors-show-internals", REJECTED.format("a message of an unknown kind"), r"error None"),
    Case(
        "missing-type-ends-connection",
        REJECTED.format("a message of an unknown kind"),
        r"to a message of an unknown kind: the connection was ended by the",
    ),
    Case(
        "bad-json-ends-connection",
        REJECTED.format("a message nested ten thousand levels deep"),
        r"to a message nested ten thousand levels deep: the connection",
    ),
)
