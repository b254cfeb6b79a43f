"""What the scenarios of protocol violations catch."""

from __future__ import annotations

from case import Case


def _violation(defect: str, violation: str, reason: str) -> Case:
    return Case(defect, f"A client that sends {violation} is disconnected", reason)


CASES = (
    _violation("unmasked-accepted", "an unmasked frame", r"RFC 6455 5.1\): no answer"),
    _violation(
        "reserved-bits-ignored",
        "a frame with the first reserved bit set",
        r"RFC 6455 5.2\): no answer",
    ),
    _violation(
        "reserved-bits-ignored",
        "a frame with the second reserved bit set",
        r"RFC 6455 5.2\): no answer",
    ),
    _violation(
        "reserved-bits-ignored",
        "a frame with the third reserved bit set",
        r"RFC 6455 5.2\): no answer",
    ),
    _violation(
        "reserved-kinds-ignored", "a frame with an unknown opcode", r"RFC 6455 5.2\): no answer"
    ),
    _violation(
        "reserved-kinds-ignored",
        "a control frame with an unknown opcode",
        r"RFC 6455 5.2\): no answer",
    ),
    _violation(
        "strange-lengths-ignored", "a frame with an impossible length", r"RFC 6455 5.2\): no answer"
    ),
    _violation("control-frames-unchecked", "an oversized ping", r"RFC 6455 5.5\): no answer"),
    _violation("control-frames-unchecked", "a fragmented ping", r"RFC 6455 5.5\): no answer"),
    _violation(
        "control-frames-unchecked",
        "a close frame that is cut short",
        r"\(RFC 6455 [57].*\): no answer",
    ),
    _violation(
        "control-frames-unchecked",
        "a close frame with a reserved code",
        r"\(RFC 6455 [57].*\): no answer",
    ),
    _violation(
        "control-frames-unchecked",
        "a close frame with an invalid code",
        r"\(RFC 6455 [57].*\): no answer",
    ),
    _violation(
        "control-frames-unchecked",
        "a close frame whose reason is not valid UTF-8",
        r"\(RFC 6455 [57].*\): no answer",
    ),
    _violation(
        "continuation-of-nothing-accepted",
        "a continuation frame without a message",
        r"RFC 6455 5.4\): no answer",
    ),
    _violation(
        "continuation-of-nothing-accepted",
        "a new message inside an unfinished one",
        r"RFC 6455 5.4\): no answer",
    ),
    _violation(
        "invalid-utf8-accepted", "text that is not valid UTF-8", r"RFC 6455 8.1\): no answer"
    ),
    _violation(
        "invalid-utf8-accepted",
        "text that is not valid UTF-8, in two fragments",
        r"RFC 6455 8.1\): no answer",
    ),
    _violation("violations-cut", "an unmasked frame", r"ended by the network"),
)
