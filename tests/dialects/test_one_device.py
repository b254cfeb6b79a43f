"""A backend that tells a run to one connection alone: who comes back is no second device."""

from __future__ import annotations

from pathlib import Path

import live_agent
import pytest
from histories import ALICE
from live_agent import Agent

from support.checks import was_disconnected
from support.client import User
from support.config import NotOffered
from support.journal import History, facts

ONE = '[runs]\ndevices = "one"\n'
#: A message that the agent could send, and never does.
CALLS = """
[[read]]
when = "calls"
says = "tool_executing"
data = { tool = "calls", call_id = "calls" }
"""


def met(folder: Path, *, back: bool) -> History:
    """What happens when a user whose connection should end at a tool call comes back."""
    dialect = live_agent.written(folder)
    text = dialect.read_text("utf-8").replace("[runs]\n", ONE).replace(' "tool_executing",', "")
    dialect.write_text(text + CALLS, "utf-8")

    async def scene(user: User) -> None:
        await user.connect()
        user.cut_after(facts.TOOL_EXECUTING)
        await user.ask()
        await user.finished()
        await (user.reconnect() if back else user.connect())

    return live_agent.played(scene, folder, Agent().talk, dialect, answer_s=1.0)[1]


def test_a_connection_that_was_never_cut_is_judged_and_not_skipped(tmp_path: Path) -> None:
    finding = was_disconnected(ALICE, facts.TOOL_EXECUTING, "right after")(met(tmp_path, back=True))
    assert (finding.state, finding.cause) == ("unknown", "too_few_samples")
    assert finding.summary.startswith("tool_executing never arrived and no connection was cut")


def test_a_second_device_is_not_offered(tmp_path: Path) -> None:
    with pytest.raises(NotOffered, match="the connection that asked alone"):
        met(tmp_path, back=False)
