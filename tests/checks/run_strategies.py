"""Valid runs of every shape, for property tests."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from histories import numbered

from support.journal import facts

SUCCEEDED = (facts.COMPLETED, {"response": "84", "status": "succeeded", "duration_ms": 1})
CANCELLED = (facts.COMPLETED, {"response": "", "status": "cancelled", "duration_ms": 1})
FAILED = (facts.FAILED, {"code": "E_X", "message": "it failed"})
ENDS = (SUCCEEDED, CANCELLED, FAILED)


@st.composite
def runs(draw: st.DrawFn, *, succeeded: bool = False, tools: int = 3) -> list[facts.Event]:
    """A whole run: thinking anywhere from the start on, tools one after another or side by side."""
    calls = draw(st.permutations([n for n in range(draw(st.integers(0, tools))) for _ in "ab"]))
    middle = [_thinking(0)]
    under_way: set[int] = set()
    for number in calls:
        middle.append(_tool(number, completed=number in under_way))
        under_way.add(number)
        middle += [_thinking(step) for step in range(draw(st.integers(0, 2)))]
    middle += [_thinking(step) for step in range(draw(st.integers(0, 1)))]
    said = [(facts.STARTED, {"agent": "a", "request": "r"}), *middle]
    end = SUCCEEDED if succeeded else draw(st.sampled_from(ENDS))
    return numbered([*said, end], first=draw(st.integers(1, 9)))


def _thinking(step: int) -> tuple[str, dict[str, Any]]:
    return facts.THINKING, {"text": "hm", "step": step}


def _tool(number: int, *, completed: bool) -> tuple[str, dict[str, Any]]:
    call = {"tool": f"tool{number}", "call_id": f"c{number}"}
    if completed:
        return facts.TOOL_COMPLETED, {**call, "result": "x", "ok": True, "duration_ms": 1}
    return facts.TOOL_EXECUTING, {**call, "arguments": {}}
