"""What the scenarios about the safety of the protocol catch."""

from __future__ import annotations

from case import Case

CASES = (
    Case(
        "unmasked-accepted",
        "Whoever sends an unmasked frame is shown out",
        r"RFC 6455 5.1\): no answer",
    ),
    Case(
        "reserved-bits-ignored",
        "Whoever sends a frame with the first reserved bit set is shown out",
        r"RFC 6455 5.2\): no answer",
    ),
    Case(
        "reserved-bits-ignored",
        "Whoever sends a frame with the second reserved bit set is shown out",
        r"RFC 6455 5.2\): no answer",
    ),
    Case(
        "reserved-bits-ignored",
        "Whoever sends a frame with the third reserved bit set is shown out",
        r"RFC 6455 5.2\): no answer",
    ),
    Case(
        "reserved-kinds-ignored",
        "Whoever sends a frame with an unknown opcode is shown out",
        r"RFC 6455 5.2\): no answer",
    ),
    Case(
        "reserved-kinds-ignored",
        "Whoever sends a control frame with an unknown opcode is shown out",
        r"RFC 6455 5.2\): no answer",
    ),
    Case(
        "strange-lengths-ignored",
        "Whoever sends a frame with an impossible length is shown out",
        r"RFC 6455 5.2\): no answer",
    ),
    Case(
        "control-frames-unchecked",
        "Whoever sends an oversized ping is shown out",
        r"RFC 6455 5.5\): no answer",
    ),
    Case(
        "control-frames-unchecked",
        "Whoever sends a fragmented ping is shown out",
        r"RFC 6455 5.5\): no answer",
    ),
    Case(
        "control-frames-unchecked",
        "Whoever sends a close frame that is cut short is shown out",
        r"\(RFC 6455 [57].*\): no answer",
    ),
    Case(
        "control-frames-unchecked",
        "Whoever sends a close frame with a reserved code is shown out",
        r"\(RFC 6455 [57].*\): no answer",
    ),
    Case(
        "control-frames-unchecked",
        "Whoever sends a close frame with an invalid code is shown out",
        r"\(RFC 6455 [57].*\): no answer",
    ),
    Case(
        "control-frames-unchecked",
        "Whoever sends a close frame whose reason is not valid UTF-8 is shown out",
        r"\(RFC 6455 [57].*\): no answer",
    ),
    Case(
        "continuation-of-nothing-accepted",
        "Whoever sends a continuation frame without a message is shown out",
        r"RFC 6455 5.4\): no answer",
    ),
    Case(
        "continuation-of-nothing-accepted",
        "Whoever sends a new message inside an unfinished one is shown out",
        r"RFC 6455 5.4\): no answer",
    ),
    Case(
        "invalid-utf8-accepted",
        "Whoever sends text that is not valid UTF-8 is shown out",
        r"RFC 6455 8.1\): no answer",
    ),
    Case(
        "invalid-utf8-accepted",
        "Whoever sends text that is not valid UTF-8, in two fragments is shown out",
        r"RFC 6455 8.1\): no answer",
    ),
    Case(
        "violations-cut",
        "Whoever sends an unmasked frame is shown out",
        r"ended by the network",
    ),
    Case(
        "any-version-accepted",
        "A handshake with an unknown protocol version is refused",
        r"a visitor got in",
    ),
    Case("key-not-needed", "A handshake with no key is refused", r"a visitor got in"),
    Case(
        "bomb-accepted",
        "A small message that swells a thousandfold is refused before it swells",
        r"swells to 20,000,000: no answer",
    ),
    Case(
        "bombs-leave-memory",
        "A small message that swells a thousandfold is refused before it swells",
        r"it grew by",
    ),
    Case(
        "flood-not-limited",
        "A user who floods the service is held back, and nobody else is slowed",
        r"messages got through",
    ),
    Case(
        "flood-not-cut",
        "A user who floods the service is held back, and nobody else is slowed",
        r"refusals in a row the connection is closed by the user",
    ),
    Case(
        "flood-cut-at-once",
        "A user who floods the service is held back, and nobody else is slowed",
        r"ended after \d+ refusals at the most",
    ),
    Case(
        "flood-slows-everyone",
        "A user who floods the service is held back, and nobody else is slowed",
        r"answers took longer|a ping was never answered",
    ),
    Case(
        "slow-reader-unbounded",
        "A user who reads nothing is disconnected, and nobody else is slowed",
        r"the connection was kept",
    ),
    Case(
        "slow-reader-slows-everyone",
        "A user who reads nothing is disconnected, and nobody else is slowed",
        r"answers took longer|a ping was never answered",
    ),
    Case(
        "slow-reader-copied",
        "A user who reads nothing is disconnected, and nobody else is slowed",
        r"it grew by [\d.]+ MB while",
    ),
    Case(
        "pongs-slower-under-pressure",
        "A user who reads nothing is disconnected, and nobody else is slowed",
        r"answers took longer: \d+ of \d+",
    ),
    Case(
        "answers-slower-under-pressure",
        "A user who reads nothing is disconnected, and nobody else is slowed",
        r"up to \d+ ms meanwhile",
    ),
    Case(
        "pongs-slower-under-pressure",
        "A user who floods the service is held back, and nobody else is slowed",
        r"answers took longer: \d+ of \d+",
    ),
    Case(
        "connection-cap-missing",
        "A user has room for as many devices as announced, and takes nobody else's",
        r"connection \d+ was let in, too",
    ),
    Case(
        "connection-cap-of-all",
        "A user has room for as many devices as announced, and takes nobody else's",
        r"refused: HTTP 429",
    ),
    Case(
        "connection-cap-early",
        "A user has room for as many devices as announced, and takes nobody else's",
        r"was not let in: HTTP 429",
    ),
    Case(
        "connection-room-never-freed",
        "A user has room for as many devices as announced, and takes nobody else's",
        r"no room again",
    ),
    Case("slow-handshakes-kept", "Unfinished handshakes are cut", r"byte by byte was kept"),
    Case("dripping-handshakes-kept", "Unfinished handshakes are cut", r"byte by byte was kept"),
    Case(
        "unfinished-handshakes-block",
        "Unfinished handshakes keep nobody out",
        r"the handshake was not answered in time|it took",
    ),
)
