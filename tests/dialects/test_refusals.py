"""Refusals that leave the connection open are refusals; a caller who is let in is noticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import forked
import pytest
import refusing_agent
from refusing_agent import BY_HEADER, BY_MESSAGE, CLOSE, ERROR, SILENCE, Agent

from support.dialects.loading import problems_of

ROOT = Path(__file__).resolve().parents[2]
REFUSED = "A client with (no|a garbled) token is refused"


def run(folder: Path, agent: Agent, dialect: str, allowed: str, name: str = REFUSED) -> str:
    with refusing_agent.running(agent):
        environment = refusing_agent.environment(folder, agent, dialect, allowed)
        done = forked.run(
            [
                *(sys.executable, "-m", "behave", "--no-color", f"--name=^{name}"),
                *(f"-Denvironment={environment}", f"-Dreports={folder / 'reports'}"),
                "-Dhtml=false",
            ],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            timeout=120,
        )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("dialect", [BY_HEADER, BY_MESSAGE], ids=["header", "message"])
@pytest.mark.parametrize(
    ("how", "allowed"), [("error", ERROR), ("silence", SILENCE), ("close", CLOSE)]
)
def test_a_lawful_refusal_passes(how: str, allowed: str, dialect: str, tmp_path: Path) -> None:
    agent = Agent(how)
    said = run(tmp_path, agent, dialect, allowed)
    assert "2 scenarios passed, 0 failed" in said, said
    assert how == "close" or agent.asked_by_strangers > 0


@pytest.mark.parametrize("dialect", [BY_HEADER, BY_MESSAGE], ids=["header", "message"])
@pytest.mark.parametrize(("how", "allowed"), [("error", ERROR), ("silence", SILENCE)])
def test_a_caller_who_is_refused_in_words_alone_is_noticed(
    how: str, allowed: str, dialect: str, tmp_path: Path
) -> None:
    said = run(tmp_path, Agent(how, serves=True), dialect, allowed)
    assert "0 scenarios passed, 2 failed" in said, said
    assert "a client received: " in said


def test_an_app_understands_an_error_message_as_a_refusal(tmp_path: Path) -> None:
    said = run(tmp_path, Agent("error"), BY_MESSAGE, ERROR, "An app that is refused for good")
    assert "1 scenario passed, 0 failed" in said, said


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        ("{ error = \"'who are you'\" }", "it looks at no message"),
        ('{ error = "a ==" }', "does not compile"),
        ("{ silence_s = 0.1 }", "expected `float` >= 0.5"),
        ("{ http = 401, close = 4001 }", "needs exactly one of http, close, error, silence_s"),
        ("{ }", "needs exactly one of"),
    ],
)
def test_a_refusal_that_cannot_be_meant_is_named(refusal: str, told: str) -> None:
    (problem, *_) = problems_of(BY_HEADER.replace("%s", refusal))
    assert "handshake.refusals" in problem
    assert told in problem
