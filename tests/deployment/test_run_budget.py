"""How long a run may take: as the environment says, or else its dialect; the report says which."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.config import Environment
from support.deployment import run_budget_s
from support.journal import Journal, records
from support.run.session import Session


def told(tmp_path: Path, environment: Environment) -> tuple[float, float]:
    """What the journal of a run says of it, and when a step would be given up."""
    tmp_path.mkdir(exist_ok=True)
    journal = Journal(tmp_path / "journal.jsonl")
    session = Session(environment, tmp_path, journal)
    session.open()
    try:
        (opened,) = journal.history().of(records.Opened)
        return opened.run_budget_s, session.step_limit_s
    finally:
        session.close()


@pytest.mark.parametrize(
    ("patience", "expected"), [({}, 40.0), ({"answer_s": 5}, 5.0), ({"scale": 2}, 80.0)]
)
def test_the_dialect_counts_where_the_environment_says_nothing(patience, expected):
    assert run_budget_s(Environment(dialect="openhands", patience=patience)) == expected


def test_a_dialect_that_cannot_be_read_leaves_the_environments_own(tmp_path):
    missing = tmp_path / "missing.toml"
    assert run_budget_s(Environment(dialect=str(missing), patience={"answer_s": 7})) == 7.0


def test_the_journal_tells_the_budget_and_slow_runs_have_longer_steps(tmp_path):
    assert told(tmp_path, Environment(dialect="reference-cursors")) == (10.0, 300.0)
    slow = Environment(dialect="reference-cursors", patience={"answer_s": 120})
    assert told(tmp_path / "slow", slow) == (120.0, 3600.0)
