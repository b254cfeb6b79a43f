"""Runs that the service starts by itself: judged like others, and never taken for an answer."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import live_agent
import pytest
from histories import ALICE, BOB, Tape
from live_agent import TURNS, Agent

from support.checks.finding import Finding
from support.checks.invariants import runs_whole
from support.checks.isolation import nothing_leaked
from support.checks.runs import complete_run
from support.client import User
from support.dialects import Person, load_dialect
from support.dialects.loading import problems_of
from support.journal import facts

WITHOUT_IDS = """
[[read]]
when = "says"
says = "turn"
set = { run_id = "{uuid}" }
more = true
[[read]]
when = "says"
says = "agent_started"
set = { run_id = "{run}" }
more = true
[[read]]
when = "says"
says = "agent_completed"
data = { response = "says" }
set = { run_id = "{run}", "data.status" = "succeeded" }
"""


def met(folder: Path, agent: Agent, *rules: str) -> tuple[Finding, Finding]:
    """What is said of all runs of a new user who has asked once, and of the run asked for."""
    dialect = live_agent.written(folder, *rules)
    dialect.write_text(
        dialect.read_text("utf-8").replace(
            'says = "ready"', 'says = "ready"\nget = { position = "newest" }'
        ),
        "utf-8",
    )

    async def scene(user: User) -> str:
        await user.connect()
        run = await user.ask()
        await user.finished(run)
        await asyncio.to_thread(agent.idle.wait, 5)
        await user.liveness.fence()
        return run.request_id

    request_id, history = live_agent.played(scene, folder, agent.talk, dialect)
    return runs_whole()(history), complete_run(ALICE, request_id)(history)


@pytest.mark.parametrize(
    ("does", "rules", "told"),
    [
        ({"goes_on"}, (TURNS,), ""),
        ({"goes_on"}, (), "nobody asked for"),
        ({"goes_on", "never_ends"}, (TURNS,), "the run never ended"),
        ({"goes_on", "mixes"}, (TURNS,), "agent_started came 2 times"),
    ],
    ids=["declared", "not declared", "never ends", "mixed with the answer"],
)
def test_a_turn_of_the_service(
    does: set[str], rules: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    runs, asked = met(tmp_path, Agent(does), *rules)
    assert runs.ok is (not told), runs.summary
    assert told in runs.summary
    assert asked.ok is ("mixes" not in does), asked.summary


def turn(tape: Tape, user: str, run: str, *kinds: str) -> None:
    tape.hears(user, facts.Turn(run_id=run))
    for kind in kinds:
        data = {"response": "By the way", "status": "succeeded"}
        tape.hears(user, facts.Event(type=kind, run_id=run, data=data))


def test_a_run_that_was_asked_for_is_no_turn() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE, "q1", "r-1")
    tape.hears(ALICE, facts.Turn(run_id="r-1"))
    assert "a run that was asked for is called one" in runs_whole()(tape.history).summary


def test_a_turn_is_judged_for_its_order() -> None:
    tape = Tape()
    tape.comes(ALICE)
    turn(tape, ALICE, "r-of-theirs", facts.COMPLETED, facts.STARTED)
    tape.fence(ALICE)
    assert "begins with agent_completed" in runs_whole()(tape.history).summary


@pytest.mark.parametrize("to", [ALICE, BOB])
def test_a_turn_belongs_to_one_user(to: str) -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    turn(tape, ALICE, "r-of-theirs", facts.STARTED, facts.COMPLETED)
    turn(tape, to, "r-of-theirs", facts.STARTED, facts.COMPLETED)
    assert nothing_leaked()(tape.history).ok is (to == ALICE)


def test_a_turn_excuses_no_run_of_another() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    tape.run(BOB, "q1", "r-of-bob")
    turn(tape, ALICE, "r-of-bob", facts.STARTED, facts.COMPLETED)
    assert not nothing_leaked()(tape.history).ok


def test_a_turn_without_an_id_gets_one_of_its_own(tmp_path: Path) -> None:
    path = live_agent.written(tmp_path, WITHOUT_IDS)
    conversation = load_dialect(str(path)).conversation(Person())
    conversation.handshake(None, "header")
    conversation.opened(None)
    said = [conversation.read(json.dumps({"says": "By the way"})).facts for _ in range(2)]
    runs = [{getattr(fact, "run_id", None) for fact in told} for told in said]
    assert [[type(fact) for fact in told] for told in said] == 2 * [
        [facts.Turn, facts.Event, facts.Event]
    ]
    assert [len(ids) for ids in runs] == [1, 1]
    assert runs[0] != runs[1]


def test_a_turn_has_a_run_and_nothing_else(tmp_path: Path) -> None:
    text = live_agent.written(tmp_path, TURNS.replace("run_id =", "request_id ="))
    (problem,) = problems_of(text.read_text("utf-8"))
    assert "read[6].get.request_id: turn has no 'request_id'" in problem
    assert problem.startswith("line ")
