"""An environment that asks for less than a claim takes: the claim is left out, and never failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from gates import behave

from support.checks import reconnects_jittered, steady
from support.checks.unmet import Unmet
from support.config import Environment, LeftOut, smaller_than
from support.journal import Journal
from support.run.session import Session

CHECKS = (steady(0.0), reconnects_jittered(["Alice"], (0.1,), 0.5))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session in which nothing has happened."""
    session = Session(Environment(), tmp_path, Journal(tmp_path / "journal.jsonl"))
    try:
        yield session
    finally:
        session.loop.close()
        session.journal.close()


@pytest.mark.parametrize("check", CHECKS)
def test_too_little_was_seen_because_too_little_was_asked(session, check):
    with pytest.raises(LeftOut, match=r"asks for 6 of the 20 that it takes \(sizes\.storm\)"):
        session.verify(check, smaller=smaller_than("storm", 6, 20))


def test_pauses_that_leave_no_time_to_reconnect_leave_claims_out(tmp_path: Path) -> None:
    ran = behave(tmp_path, "-Dreconnect.scale=1", "features/resilience/reconnect.feature")
    assert (ran.status, ran.not_passed) == (0, {}), ran.output[-3000:]
    assert "an app may pause for 15 s here, longer than 10 s" in ran.output.lower()


def test_pauses_that_leave_little_time_to_reconnect_leave_out_what_has_a_limit(
    tmp_path: Path,
) -> None:
    slow = ("-Dreconnect.scale=0.33", "-Dreconnect.jitter=0")
    ran = behave(tmp_path, *slow, "features/resilience/reconnect.feature")
    assert (ran.status, ran.not_passed) == (0, {}), ran.output[-3000:]
    verdict = json.loads((ran.folder / "verdict.json").read_text("utf-8"))
    left = "an app may pause for 4.95 s here, more than half of 5 s (reconnect.scale)"
    assert {n["what"] for n in verdict["not_assessed"] if left in n["why"]} == {
        "“Alice's app has reconnected within 5 seconds, with growing pauses”"
        " in “An app reconnects by itself after a network failure”",
        "“within 5 seconds everyone has reconnected, at different moments”"
        " in “Users who were disconnected together do not reconnect at the same moment”",
    }
    unlimited = "A circuit breaker closes after the failure, and queued questions are sent"
    assert ran.ended[unlimited]["status"] == "passed"


def test_no_fewer_connections_are_opened_than_are_measured(tmp_path: Path) -> None:
    feature = "features/performance/capacity.feature"
    name = "Connecting is fast every time"
    ran = behave(tmp_path, "-Dsizes.connects=22", feature, "--name", name)
    assert (ran.status, ran.not_passed) == (0, {}), ran.output[-3000:]


@pytest.mark.parametrize("check", CHECKS)
def test_too_little_was_seen_although_enough_was_asked(session, check):
    with pytest.raises(Unmet):
        session.verify(check, smaller=smaller_than("storm", 20, 20))
