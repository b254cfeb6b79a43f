"""An environment that asks for less than a claim takes: the claim is left out, and never failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("check", CHECKS)
def test_too_little_was_seen_although_enough_was_asked(session, check):
    with pytest.raises(Unmet):
        session.verify(check, smaller=smaller_than("storm", 20, 20))
