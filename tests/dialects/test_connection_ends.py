"""Connections that end for their age, or as was announced: what was promised is still owed."""

from __future__ import annotations

from pathlib import Path

import live_agent
import pytest
from histories import ALICE, Tape
from live_agent import Agent

from support.checks.connections import unaffected
from support.checks.finding import Finding
from support.checks.invariants import connections_stable, runs_whole, streams_whole
from support.checks.runs import complete_run
from support.client import User
from support.dialects import load_dialect
from support.dialects.loading import problems_of
from support.journal import facts, records


def met(folder: Path, agent: Agent, dialect: Path, kind: str = "slow") -> tuple[Finding, Finding]:
    """What is said of a user's connections and run; those of a slow one end in the middle."""

    async def scene(user: User) -> str:
        await user.connect()
        run = await user.ask(kind)
        await user.finished(run)
        await user.liveness.fence()
        return run.request_id

    request_id, history = live_agent.played(scene, folder, agent.talk, dialect, answer_s=2.0)
    assert not history.of(records.HarnessError)
    return connections_stable()(history), complete_run(ALICE, request_id)(history)


def test_a_user_comes_back_after_an_announced_end_and_has_missed_nothing(tmp_path: Path) -> None:
    stable, whole = met(tmp_path, Agent(), live_agent.written(tmp_path))
    assert (stable.state, whole.state) == ("passed", "passed"), whole.summary


def test_what_was_promised_on_resume_is_owed_after_an_announced_end(tmp_path: Path) -> None:
    stable, whole = met(tmp_path, Agent({"forgets"}), live_agent.written(tmp_path))
    assert (stable.state, whole.state) == ("passed", "failed")
    assert "never ended" in whole.summary


def test_nothing_is_owed_where_the_dialect_promises_nothing(tmp_path: Path) -> None:
    dialect = live_agent.written(tmp_path, resume='[resume]\nmode = "none"\n')
    stable, whole = met(tmp_path, Agent({"forgets"}), dialect)
    assert (stable.state, whole.state, whole.cause) == ("passed", "unknown", "not_offered")


@pytest.mark.parametrize(
    ("does", "told"), [("hurries", "s before the announced end"), ("is_silent", "(4000)")]
)
def test_an_end_before_its_time_or_unannounced_is_a_finding(
    does: str, told: str, tmp_path: Path
) -> None:
    stable, _ = met(tmp_path, Agent({does}), live_agent.written(tmp_path))
    assert stable.state == "failed"
    assert told in stable.summary


def ends(code: int, *causes: str, after_s: float = 1.0, **notice: float) -> Tape:
    """Alice is told, if at all; after so long her connection ends, and she comes back."""
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    if notice:
        tape.hears(ALICE, facts.Closing(**notice))
    tape.at += after_s
    tape.ends(ALICE, by="target", code=code, causes=causes)
    tape.connects(ALICE)
    tape.resumes(ALICE, tape.stream[ALICE])
    tape.run(ALICE, "q2", "r-2")
    tape.fence(ALICE)
    return tape


@pytest.mark.parametrize(
    ("tape", "stable"),
    [
        (ends(4000, "aged"), True),
        (ends(4000), False),
        (ends(4000, time_left_s=1.5), True),
        (ends(4000, time_left_s=5.0), False),
        (ends(1012, "restart", retry_after_s=0.5), True),
        (ends(1012, "restart", after_s=50.0, retry_after_s=0.5), True),
        (ends(1012, "restart", after_s=80.0, retry_after_s=30.0), True),
        (ends(1012, "restart", after_s=80.0, retry_after_s=0.5), False),
    ],
    ids=[
        *("aged", "without cause", "announced", "too early", "restart", "slow restart"),
        *("restart after a long pause", "long after the notice"),
    ],
)
def test_a_lawful_end_is_no_loss(tape: Tape, stable: bool) -> None:
    history = tape.history
    assert connections_stable()(history).ok is stable
    assert runs_whole()(history).ok
    assert streams_whole()(history).ok
    lawful = stable and not history.facts(facts.Closing)
    lawful |= any(s.fact.time_left_s == 1.5 for s in history.facts(facts.Closing))
    assert unaffected(ALICE)(history).ok is lawful


AGED = "[closing]\naged = [4000]\nmax_age_s = 60\n"


def test_a_close_is_for_age_once_a_connection_is_old_enough(tmp_path: Path) -> None:
    path = live_agent.written(tmp_path, AGED)
    dialect = load_dialect(str(path))
    assert dialect.close_causes(4000, 59.5) == ("aged",)
    assert dialect.close_causes(4000, 58.5) == dialect.close_causes(4001, 90) == ()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("[closing]\naged = [4000]\n", "closing.aged: there is no max_age_s"),
        ("[closing]\nmax_age_s = 60\n", "closing.max_age_s: it would never be used"),
        (AGED.replace("60", "1"), "closing.max_age_s: expected `float` >= 10"),
        (AGED + "final = [4000]\n", "closing.aged: 4000 is in closing.final, too"),
        (
            '[[read]]\nwhen = "never"\nsays = "closing"\nset = { time_left_s = 0 }\n',
            "set.time_left_s: a time_left_s has to come from the message",
        ),
    ],
)
def test_an_end_that_could_be_any_end_is_refused(more: str, told: str, tmp_path: Path) -> None:
    text = live_agent.written(tmp_path, more).read_text("utf-8")
    problems = problems_of(text)
    assert len(problems) == 1
    assert told in problems[0]
    assert problems[0].startswith("line ")
