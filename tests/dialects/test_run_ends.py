"""How runs end: with an answer, paused for the user, or with events that trail the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from histories import Tape

from support.checks.invariants import runs_whole
from support.checks.runs import complete_run
from support.dialects import Person, load_dialect
from support.dialects.loading import problems_of
from support.journal import facts

USER = "s01/Alice"
FILE = """
format = 2
name = "late"
[handshake]
path = "/"
[handshake.ways.header]
[send.ask]
message = { ask = "{text}", id = "{request_id}" }
[runs]
lacks = ["agent_thinking"]
%s
[[read]]
when = "began"
says = "accepted"
get = { request_id = "id", run_id = "id" }
more = true
[[read]]
when = "began"
says = "agent_started"
get = { run_id = "id" }
[[read]]
when = "tool"
says = "tool_executing"
data = { tool = "tool", call_id = "call" }
[[read]]
when = "result"
says = "tool_completed"
data = { tool = "result", call_id = "call", result = "result" }
set = { "data.ok" = true }
[[read]]
when = "done"
says = "agent_completed"
data = { response = "done" }
set = { "data.status" = "succeeded" }
[[read]]
when = "confirm"
says = "agent_completed"
data = { response = "confirm" }
set = { "data.status" = "paused" }
"""
TRAILS = 'trailing = ["tool_completed"]\ntrailing_s = 2'
BEGAN: dict[str, Any] = {"id": "q1", "began": True}
CALL = {"tool": "sum", "call": "c"}
RESULT = {"result": "sum", "call": "c"}
DONE = {"done": "84"}


def story(folder: Path, more: str, messages: list[dict[str, Any]], last_after_s: float) -> Tape:
    """Alice asks, and these messages arrive; the last so many seconds after the one before."""
    path = folder / "late.toml"
    path.write_text(FILE % more, "utf-8")
    conversation = load_dialect(str(path)).conversation(Person())
    conversation.handshake(None, "header")
    conversation.opened(None)
    tape = Tape()
    tape.connects(USER)
    asked = facts.Asked(request_id="q1")
    conversation.sent(asked)
    tape.says(USER, asked)
    for number, message in enumerate(messages):
        tape.at += last_after_s if number == len(messages) - 1 else 0
        tape.hears(USER, *conversation.read(json.dumps(message)).facts)
    tape.fence(USER)
    return tape


def findings(tape: Tape) -> set[tuple[str, str]]:
    found = (complete_run(USER, "q1")(tape.history), runs_whole()(tape.history))
    return {(finding.state, finding.summary) for finding in found}


def test_an_event_may_trail_the_end_within_its_grace(tmp_path: Path) -> None:
    tape = story(tmp_path, TRAILS, [BEGAN, CALL, DONE, RESULT], 1.5)
    assert {state for state, _ in findings(tape)} == {"passed"}


@pytest.mark.parametrize(
    ("more", "messages", "after_s", "told"),
    [
        (TRAILS, [BEGAN, CALL, DONE, RESULT], 2.5, "tool_completed came 2.5 s after the end"),
        (TRAILS, [BEGAN, CALL, DONE], 0.1, "1 tool call never completed"),
        (TRAILS, [BEGAN, CALL, DONE, RESULT, RESULT], 0.1, "came twice for one call"),
        (TRAILS, [BEGAN, DONE, CALL], 0.1, "tool_executing came after the end of the run"),
        ("", [BEGAN, CALL, DONE, RESULT], 0.1, "tool_completed came after the end of the run"),
    ],
    ids=["too late", "lost", "doubled", "another event", "no grace"],
)
def test_what_no_grace_covers_is_a_finding(
    more: str, messages: list[dict[str, Any]], after_s: float, told: str, tmp_path: Path
) -> None:
    for state, summary in findings(story(tmp_path, more, messages, after_s)):
        assert state == "failed", summary
        assert told in summary


def test_a_paused_run_is_neither_failed_nor_unfinished(tmp_path: Path) -> None:
    tape = story(tmp_path, "", [BEGAN, CALL, RESULT, {"confirm": "May I?"}], 0.1)
    for state, summary in findings(tape):
        assert state == "failed"
        assert "the run ended as paused, not as succeeded" in summary
        assert "never ended" not in summary


def test_a_grace_without_bounds_is_no_grace() -> None:
    (problem,) = problems_of(FILE % TRAILS.replace("= 2", "= 1e9"))
    assert "runs.trailing_s" in problem


def test_a_question_that_is_to_fail_is_named_among_the_failures() -> None:
    file = FILE % "" + '[prompts]\nfailing = "Please fail for {canary} ({tag})."\n'
    (problem,) = problems_of(file)
    assert "nothing says that its run fails: give failing in [failures]" in problem
    assert problems_of(file + '[failures]\nfailing = ""\n') == []


@pytest.mark.parametrize(
    ("cancel", "by_id"),
    [
        ("", True),
        ("[send.cancel]\nmessage = { stop = true }\n", False),
        ('[send.cancel]\nmessage = { stop = "{run_id}" }\n', True),
        ('[send.cancel]\npost = "/runs/{run_id}/stop"\n', True),
    ],
)
def test_a_cancellation_that_names_no_run_guesses_none(
    cancel: str, by_id: bool, tmp_path: Path
) -> None:
    (tmp_path / "late.toml").write_text(FILE % "" + cancel, "utf-8")
    assert load_dialect(str(tmp_path / "late.toml")).speaker().cancels_by_id is by_id
