"""Answers in parts: put together they are the answer, and they come as they are written."""

from __future__ import annotations

import json
from pathlib import Path

import live_agent
import pytest
from histories import ALICE, Tape
from live_agent import DELTAS, Agent
from test_connection_ends import met

from support.checks.invariants import INVARIANTS, runs_whole
from support.checks.runs import complete_run, every_question_answered
from support.dialects import Person, load_dialect
from support.dialects.loading import problems_of
from support.journal import facts
from support.measures.questions import first_token_ms, questions

HELD_BACK = INVARIANTS["answers held back"]
WORDS = [f"word{number} " for number in range(12)]


def answered(
    tape: Tape,
    parts: list[str],
    response: str,
    *,
    number: int = 1,
    apart_s: float = 0.02,
    unsure_ms: float | None = 0.0,
    pace: float | None = 100.0,
    **of_parts: object,
) -> None:
    """A question of Alice's, and a run that answers it in these parts."""
    request, run = f"q{number}", f"r-{number}"
    accepted = facts.Accepted(
        request_id=request,
        run_id=run,
        lacks=("agent_thinking", "tool_executing", "tool_completed"),
        deltas_per_s=pace,
    )
    tape.says(ALICE, facts.Asked(request_id=request))
    tape.hears(ALICE, accepted, unsure_ms=unsure_ms)
    event = {"run_id": run, "unsure_ms": unsure_ms}
    hear(tape, facts.STARTED, {}, **event)
    for part in parts:
        tape.at += apart_s
        hear(tape, facts.DELTA, {"text": part, **of_parts}, **event)
    hear(tape, facts.COMPLETED, {"response": response, "status": "succeeded"}, **event)


def hear(tape: Tape, kind: str, data: dict[str, object], run_id: str, **what: object) -> None:
    tape.hears(ALICE, facts.Event(type=kind, run_id=run_id, data=data), **what)


def here() -> Tape:
    tape = Tape()
    tape.connects(ALICE)
    return tape


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (["Good ", "morning"], True),
        (["Good morning"], True),
        ([], True),
        (["Good "], False),
        (["Good ", "Good ", "morning"], False),
        (["morning", "Good "], False),
        (["Good ", "evening"], False),
    ],
    ids=["together", "one", "none", "lost", "doubled", "swapped", "of another answer"],
)
def test_parts_put_together_are_the_answer(parts: list[str], whole: bool) -> None:
    tape = here()
    answered(tape, parts, "Good morning")
    tape.fence(ALICE)
    for ask in (complete_run(ALICE, "q1"), every_question_answered(ALICE, 1), runs_whole()):
        finding = ask(tape.history)
        assert finding.ok is whole, finding.summary
        assert whole or "put together, are not the answer" in finding.summary


def test_an_answer_may_be_the_last_of_several_texts() -> None:
    tape = here()
    tape.says(ALICE, facts.Asked(request_id="q1"))
    tape.hears(ALICE, facts.Accepted(request_id="q1", run_id="r-1", lacks=("agent_thinking",)))
    hear(tape, facts.STARTED, {}, run_id="r-1")
    for part, text in (("a", "Let me see."), ("b", "It is "), ("b", "84")):
        hear(tape, facts.DELTA, {"text": text, "part": part}, run_id="r-1")
    hear(tape, facts.COMPLETED, {"response": "It is 84", "status": "succeeded"}, run_id="r-1")
    assert complete_run(ALICE, "q1")(tape.history).ok


def test_a_part_outside_of_its_run_is_a_finding() -> None:
    tape = here()
    answered(tape, ["Good"], "Good")
    hear(tape, facts.DELTA, {"text": "!"}, run_id="r-1")
    assert "delta came after the end" in complete_run(ALICE, "q1")(tape.history).summary


def story(apart_s: float, **what: object) -> Tape:
    tape = here()
    for number in (1, 2, 3):
        answered(tape, WORDS, "".join(WORDS), number=number, apart_s=apart_s, **what)
    return tape


@pytest.mark.parametrize(
    ("tape", "state"),
    [
        (story(0.02), "passed"),
        (story(0.0), "failed"),
        (story(0.0, unsure_ms=50.0), "passed"),
        (story(0.0, unsure_ms=None), "unknown"),
        (story(0.0, pace=None), "unknown"),
    ],
    ids=["as written", "held back", "we read late", "nobody knows", "no pace promised"],
)
def test_parts_that_come_all_at_once_were_held_back(tape: Tape, state: str) -> None:
    assert HELD_BACK(tape.history).state == state


def test_an_answer_in_one_part_was_held_back() -> None:
    tape = here()
    for number in (1, 2, 3):
        answered(tape, ["".join(WORDS)], "".join(WORDS), number=number)
    assert HELD_BACK(tape.history).state == "failed"


def test_one_answer_in_time_shows_that_none_are_held_back() -> None:
    tape = story(0.0)
    answered(tape, WORDS, "".join(WORDS), number=4)
    assert HELD_BACK(tape.history).ok


def test_nothing_is_said_of_the_pace_of_a_disturbed_network() -> None:
    tape = story(0.0)
    tape.cut(ALICE)
    assert HELD_BACK(tape.history).state == "unknown"


def test_the_first_part_is_timed() -> None:
    tape = here()
    answered(tape, WORDS, "".join(WORDS), apart_s=0.5)
    (first_ms,) = first_token_ms(questions(tape.history))
    assert first_ms == pytest.approx(500, abs=10)


def test_a_dialect_says_what_a_part_is(tmp_path: Path) -> None:
    path = live_agent.written(tmp_path, DELTAS)
    conversation = load_dialect(str(path)).conversation(Person())
    conversation.handshake(None, "header")
    conversation.opened(None)
    (fact,) = conversation.read(json.dumps({"bit": "Good ", "run": "r-1"})).facts
    assert isinstance(fact, facts.Event)
    assert (fact.type, fact.run_id, fact.data) == (facts.DELTA, "r-1", {"text": "Good "})


@pytest.mark.parametrize(("does", "state"), [("", "passed"), ("loses_a_bit", "failed")])
def test_a_lost_part_of_a_real_answer_is_found(does: str, state: str, tmp_path: Path) -> None:
    _, whole = met(tmp_path, Agent({does}), live_agent.written(tmp_path, DELTAS), kind="plain")
    assert whole.state == state


@pytest.mark.parametrize(
    ("rules", "runs", "told"),
    [
        ("", "deltas_per_s = 50", "runs.deltas_per_s: it would never be used: no rule says delta"),
        (DELTAS, "deltas_per_s = 1e9", "runs.deltas_per_s: expected `float` <= 1000"),
        (DELTAS.replace("text =", "words ="), "", "read[6].data.words: delta has no 'words'"),
    ],
)
def test_what_is_wrong_with_parts_is_told(rules: str, runs: str, told: str, tmp_path: Path) -> None:
    text = live_agent.written(tmp_path, rules).read_text("utf-8")
    (problem,) = problems_of(text.replace("[runs]\n", f"[runs]\n{runs}\n"))
    assert told in problem
    assert problem.startswith("line ")
