"""Dialects that are wrong on purpose: agent-chat-v1 with one lie in it, each valid as a file.

Some of them say less than the truth of a healthy backend, and nothing false: those are run against
a defect that they would hide.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from support.dialects.loading import dialect_path

Data = dict[str, Any]
_register: dict[str, Wrong] = {}


class Wrong(NamedTuple):
    """A wrong dialect: `edit` makes it, `caught` (a regex) is among the reasons of the verdict.

    `decision` is a regex, too. `defect` is built into the reference; `only` these scenarios run.
    """

    name: str
    edit: Callable[[Data], None]
    caught: str
    decision: str = "REJECTED"
    defect: str = ""
    only: tuple[str, ...] = ()


def wrong(
    name: str,
    caught: str,
    decision: str = "REJECTED",
    defect: str = "",
    only: tuple[str, ...] = (),
) -> Callable[[Callable[[Data], None]], Callable[[Data], None]]:
    """Register the decorated edit."""

    def add(edit: Callable[[Data], None]) -> Callable[[Data], None]:
        assert name not in _register, name
        _register[name] = Wrong(name, edit, caught, decision, defect, only)
        return edit

    return add


def catalogue() -> list[Wrong]:
    """Every wrong dialect."""
    return list(_register.values())


def written(edit: Callable[[Data], None], path: Path) -> Path:
    """The dialect file of an edit."""
    data = tomllib.loads(dialect_path("agent-chat-v1").read_text("utf-8"))
    edit(data)
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in data.items()), "utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def rule(data: Data, type_: str) -> Data:
    """The rule for messages of that type."""
    found: Data = next(r for r in data["read"] if r["when"] == f"type=='{type_}'")
    return found


# --- rules that do not fit


@wrong("a-rule-never-fires", "no agent_thinking|agent_thinking never|never ended")
def _(data: Data) -> None:
    rule(data, "agent_thinking")["when"] = "type=='agent_thinkng'"


@wrong("completed-matches-started", "is missing|begins with|came after|never ended|twice")
def _(data: Data) -> None:
    rule(data, "agent_started")["says"] = "agent_completed"
    data["read"][2]["data"] = {"response": "data.request"}


@wrong("started-matches-completed", "never ended|never completed|began|came")
def _(data: Data) -> None:
    end = rule(data, "agent_completed")
    data["read"].append({**end, "when": "type=='completed'"})
    end["says"], end["data"] = "agent_started", {"request": "data.response"}
    data["read"].pop(-2)  # what would ignore it


@wrong("completed-as-soon-as-started", "came after|went on|after the|ended")
def _(data: Data) -> None:
    first = {"when": "type=='agent_started'", "says": "agent_completed", "more": True}
    first |= {"data": {"response": "data.request"}, "set": {"data.status": "succeeded"}}
    data["read"].insert(0, first)


@wrong("failures-are-answers", "ended as succeeded, not as failed|not as failed")
def _(data: Data) -> None:
    end = rule(data, "agent_failed")
    end["says"], end["data"] = "agent_completed", {"response": "data.message"}
    end["set"] = {"data.status": "succeeded"}


@wrong("everything-is-ignored", "never greeted|could not connect|ready|not let in|greeting")
def _(data: Data) -> None:
    data["read"].insert(0, {"when": "type(@)=='object'", "says": "ignored"})


@wrong("nothing-is-ever-accepted", "never accepted")
def _(data: Data) -> None:
    rule(data, "accepted")["says"] = "ignored"
    data["read"][1]["get"] = {"type": "type"}


@wrong("rejected-is-accepted", "malformed|rejected|answer")
def _(data: Data) -> None:
    error = rule(data, "error")
    error["says"] = "accepted"
    error["get"] = {"request_id": "request_id", "run_id": "code"}


@wrong("errors-are-ignored", "rejected|answered|never")
def _(data: Data) -> None:
    error = rule(data, "error")
    error["says"], error["get"] = "ignored", {"type": "type"}


@wrong("one-code-for-every-error", "invalid_json")
def _(data: Data) -> None:
    error = rule(data, "error")
    del error["get"]["code"]
    error["set"] = {"code": "invalid_json"}


@wrong("events-said-once", "missing|never|lacks|executing")
def _(data: Data) -> None:
    rule(data, "tool_executing")["once"] = True


@wrong("events-said-twice", "twice|2 times|duplicate")
def _(data: Data) -> None:
    rule(data, "agent_started")["more"] = True
    data["read"].insert(3, {**rule(data, "agent_started"), "more": False})


@wrong("waits-for-what-is-never-kept", "never ended|never completed")
def _(data: Data) -> None:
    rule(data, "agent_completed")["when"] = "type=='agent_completed' && run.never"


# --- ids, positions, times


@wrong("all-events-are-of-the-current-run", "run", defect="runs-interleave-ids")
def _(data: Data) -> None:
    del data["event"]["get"]["run_id"]
    for each in data["read"]:
        if each["says"].startswith(("agent_", "tool_")):
            each["set"] = {"run_id": "{run}"}


@wrong(
    "everyones-events-are-ones-own",
    "Data leak: ",
    defect="events-to-everyone",
    only=("Two users at work see their own events",),
)
def _(data: Data) -> None:
    del data["event"]["get"]["run_id"]
    del data["event"]["get"]["user_id"]
    for each in data["read"]:
        if each["says"].startswith(("agent_", "tool_")):
            each["set"] = {"run_id": "{run}"}


@wrong("the-run-is-the-thread", "run|cancel|times")
def _(data: Data) -> None:
    rule(data, "accepted")["get"]["run_id"] = "thread_id"
    data["event"]["get"]["run_id"] = "thread_id"


@wrong("the-run-is-the-request", "never|no event|nobody asked")
def _(data: Data) -> None:
    rule(data, "accepted")["get"]["run_id"] = "request_id"


@wrong("one-position-for-all", "position|gap|twice|duplicate|missing|order")
def _(data: Data) -> None:
    data["event"]["get"]["position"] = "length(epoch)"


@wrong("positions-by-the-clock", "missing|gap|position")
def _(data: Data) -> None:
    data["event"]["get"]["position"] = "to_number(to_string(floor(timestamp)))"


@wrong("one-time-for-all", "time|clock|behind|ahead")
def _(data: Data) -> None:
    data["event"]["get"]["timestamp"] = "length(type)"


@wrong("the-users-are-one-another", "user|own")
def _(data: Data) -> None:
    data["event"]["get"]["user_id"] = "run_id"


# --- what is said to the backend


@wrong("the-token-is-the-wrong-one", "connect|refused|token")
def _(data: Data) -> None:
    data["http"]["sign_in"]["capture"]["access"] = "refresh_token"


@wrong("the-token-is-never-sent", "connect|refused|token")
def _(data: Data) -> None:
    data["handshake"]["ways"]["header"]["headers"] = {}


@wrong("questions-ask-nothing", "tool|lacks")
def _(data: Data) -> None:
    data["prompts"] = dict.fromkeys(data["prompts"], "{canary} {tag}")


@wrong("the-failing-question-does-not-fail", "ended as succeeded, not as failed")
def _(data: Data) -> None:
    data["prompts"]["failing"] = data["prompts"]["plain"]


@wrong(
    "no-answer-is-known",
    "no answer is known in advance",
    "INCONCLUSIVE",
    defect="answer-of-another-request",
    only=("A long series of questions", "A conversation of several questions"),
)
def _(data: Data) -> None:
    data["answers"] = {}


@wrong(
    "a-fence-that-proves-little",
    "Data leak: ",
    defect="events-to-everyone",
    only=("Two users at work see their own events",),
)
def _(data: Data) -> None:
    data["fence"] = {"ordered": False, "quiet_s": 0.1}
    del data["send"]["ping"]


@wrong("a-pong-of-another-ping", "round trip", "INCONCLUSIVE")
def _(data: Data) -> None:
    pong = rule(data, "pong")
    pong["get"] = {"nonce": "type"}


# --- what the backend may do


@wrong("no-refusal-is-right", "refus")
def _(data: Data) -> None:
    data["handshake"]["refusals"] = {}


@wrong("every-refusal-is-right", "admitted|let in|accepted|refus", defect="anonymous-admitted")
def _(data: Data) -> None:
    every = [{"http": status} for status in (200, 400, 401, 403, 404, 500)]
    every += [{"close": code} for code in (1000, 1001, 1006, 1008, 4401)]
    data["handshake"]["refusals"] = dict.fromkeys(data["handshake"]["refusals"], every)


_STRANGERS = ("A client with (no|an expired) token is refused",)


@wrong(
    "any-message-is-a-refusal", "a client received", "REJECTED", "anonymous-admitted", _STRANGERS
)
def _(data: Data) -> None:
    every = [{"error": "type(@)=='object'"}, {"http": 401}]
    data["handshake"]["refusals"] = dict.fromkeys(data["handshake"]["refusals"], every)


@wrong("silence-is-a-refusal", "a client received", "REJECTED", "anonymous-admitted", _STRANGERS)
def _(data: Data) -> None:
    every = [{"silence_s": 0.5}, {"http": 401}]
    data["handshake"]["refusals"] = dict.fromkeys(data["handshake"]["refusals"], every)


@wrong("an-expired-token-may-stay", "expir", defect="expiry-not-enforced")
def _(data: Data) -> None:
    data["closing"]["expired"] = [1000, 1001, 4401]
    data["closing"]["expired_within_s"] = 15


@wrong("malformed-input-is-ignored", "malformed|reject|answer|ignored")
def _(data: Data) -> None:
    for broken in data["broken"].values():
        broken |= {"rejected": [], "close": [], "ignored": True}


@wrong("all-share-one-identity", "share one identity", "INCONCLUSIVE")
def _(data: Data) -> None:
    data["identity"] = "shared"


# --- ends, and what is promised to those who come back


@wrong(
    "every-close-is-for-age",
    "enough|closed|ended|no event of the run arrived",  # the tenth message may be an acceptance
    defect="closes-after-ten-messages",
    only=("A long series of questions",),
)
def _(data: Data) -> None:
    codes = [1000, 1001, 1005, 1008, 1011, 1012, 4401]
    data["closing"] |= {"aged": codes, "max_age_s": 10, "final": []}


@wrong(
    "every-position-is-void",
    "unknown: nothing|never ended",
    "REJECTED|INCONCLUSIVE",  # how much of the run comes before the connection drops differs
    defect="run-stops-when-user-leaves",
    only=("A user reconnects in the middle of a run",),
)
def _(data: Data) -> None:
    data["resume"]["mode"] = "cursor"
    void = {"when": "type=='agent_started'", "says": "handle", "more": True}
    data["read"].insert(0, void | {"get": {"valid": "type=='never'"}})


# --- answers in parts

_PART = {"says": "delta", "more": True, "get": {"position": {"at": "never", "optional": True}}}


@wrong("thoughts-are-parts-of-the-answer", "put together, are not the answer")
def _(data: Data) -> None:
    thought = {"when": "type=='agent_thinking'", "data": {"text": "data.text"}}
    data["read"].insert(0, _PART | thought)


@wrong("the-answer-is-its-own-part", "came in one burst", only=("A long series of questions",))
def _(data: Data) -> None:
    data["runs"]["deltas_per_s"] = 100
    answer = {"when": "type=='agent_completed'", "data": {"text": "data.response"}}
    data["read"].insert(0, _PART | answer)


# --- runs that the service starts

_TURN = {"says": "turn", "more": True, "get": {"run_id": "run_id"}}


@wrong("every-run-is-the-services-own", "a run that was asked for is called one")
def _(data: Data) -> None:
    data["read"].insert(0, _TURN | {"when": "type=='agent_started'"})


@wrong("no-question-is-ever-asked", "never accepted")
def _(data: Data) -> None:
    rule(data, "accepted").update({"says": "turn", "get": {"run_id": "run_id"}})


@wrong(
    "everyones-runs-are-the-services-own",
    "Data leak: ",
    defect="events-to-everyone",
    only=("Two users at work see their own events",),
)
def _(data: Data) -> None:
    data["read"].insert(0, _TURN | {"when": "type=='agent_started'"})
