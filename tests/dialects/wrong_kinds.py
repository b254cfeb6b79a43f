"""More wrong dialects: each says what is true of a backend of another kind, and not of this one."""

from __future__ import annotations

from wrong_dialects import Data, catalogue, rule, wrong

__all__ = ["catalogue"]


@wrong("lost-events-have-taken-their-places", "tool_completed does not arrive|never completed")
def _(data: Data) -> None:
    taken = rule(data, "tool_completed")
    taken["says"], taken["get"] = "ignored", {"position": "event_id", "epoch": "epoch"}
    for key in ("data", "set"):
        taken.pop(key, None)


@wrong(
    "every-event-may-trail",
    "came|order|before",
    defect="tool-completed-before-executing",
    only=("A run arrives complete and in order",),
)
def _(data: Data) -> None:
    trailing = ["agent_thinking", "tool_executing", "tool_completed"]
    data["runs"] |= {"trailing": trailing, "trailing_s": 60}


@wrong(
    "what-is-sent-is-called-lacking",
    "tool_executing|tool_completed|lacks",
    defect="tool-completed-never-sent",
    only=("A run arrives complete and in order", "Every agent event reaches the user"),
)
def _(data: Data) -> None:
    data["runs"]["lacks"] = ["agent_thinking", "tool_completed"]


@wrong(
    "results-of-others-are-ignored",
    "Data leak: ",
    defect="tool-results-to-everyone",
    only=("Two users at work see their own events",),
)
def _(data: Data) -> None:
    ignored = {"when": "type=='tool_completed' && !(run.mine)", "says": "ignored"}
    data["read"].insert(0, ignored | {"get": {"position": "event_id"}})


@wrong("a-greeting-is-every-message", "greeted|ready|twice|never|missing")
def _(data: Data) -> None:
    data["read"][0]["when"] = "type(@)=='object'"
