"""A backend's own answer to a violated protocol: right only where its dialect names it."""

from __future__ import annotations

from pathlib import Path

import live_agent
import pytest
from histories import ALICE
from live_agent import Agent
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import CLOSING
from websockets.sync.server import ServerConnection

from support.attacks.protocol_violations import violate_protocol
from support.checks.finding import Finding
from support.checks.invariants import connections_stable
from support.checks.requests import rejected_as_documented
from support.client import User
from support.journal import records

#: What a violation is answered with: close codes (1005: a close frame without one), or TCP ends.
DROP = 0


class Answering(Agent):
    """Ends a connection whose protocol was violated in a way of its own."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code

    def talk(self, socket: ServerConnection) -> None:
        protocol = socket.protocol

        def fail(code: int, reason: str = "") -> None:
            if self.code != DROP:
                data = b"" if self.code == 1005 else Close(self.code, "").serialize()
                protocol.send_frame(Frame(Opcode.CLOSE, data))
            protocol.state = CLOSING
            protocol.send_eof()
            protocol.parser = protocol.discard()
            next(protocol.parser)

        protocol.fail = fail  # type: ignore[method-assign]
        super().talk(socket)


def said_of(folder: Path, code: int, closing: str) -> tuple[Finding, Finding]:
    """What is said of a backend that answers so, by a dialect with these rules for closing."""
    dialect = live_agent.written(folder, closing)

    async def scene(user: User) -> None:
        await user.connect()
        await violate_protocol(user, "a close frame that is cut short")

    _, history = live_agent.played(scene, folder, Answering(code).talk, dialect)
    assert not history.of(records.HarnessError)
    return rejected_as_documented(ALICE)(history), connections_stable()(history)


@pytest.mark.parametrize(
    ("code", "closing"),
    [
        (1002, ""),
        (1002, "[closing]\nbreach = [1005]\n"),
        (1005, "[closing]\nbreach = [1005]\n"),
        (1008, "[closing]\nbreach = [1005, 1008]\n"),
        (DROP, "[closing]\nbreach_drop = true\n"),
    ],
)
def test_the_codes_of_the_rfc_and_of_the_dialect_are_right(
    code: int, closing: str, tmp_path: Path
) -> None:
    assert [found.state for found in said_of(tmp_path, code, closing)] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("code", "closing", "told"),
    [
        (1005, "", "code 1005"),
        (1005, "[closing]\nbreach = [1008]\nbreach_drop = true\n", "code 1005"),
        (1008, "[closing]\nbreach = [1005]\n", "code 1008"),
        (DROP, "[closing]\nbreach = [1005]\n", "code none"),
    ],
)
def test_any_other_end_is_a_finding(code: int, closing: str, told: str, tmp_path: Path) -> None:
    rejected, stable = said_of(tmp_path, code, closing)
    assert (rejected.state, stable.state) == ("failed", "failed")
    assert told in rejected.summary
