"""What a run says it will cost is what its journal then counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from gates import ATTEMPTS, RUN_S, Ran
from run_files import journal_file
from throwaway import Suite

from support.journal import read_journal, records
from support.journal.facts import AccessAttempted, Asked

#: How far a true count may be from what was said. More is never asked than that.
TOLERANCE = 0.15


def said(output: str) -> tuple[int, int]:
    """Questions and accounts, as the run announced them."""
    found = re.search(r"asks up to ([\d,]+) questions and needs ([\d,]+) new accounts", output)
    assert found, output[:2000]
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


def counted(journal: Path) -> tuple[int, int]:
    """Questions that were sent (a repetition runs once) and people who signed up."""
    asked, people = set(), 0
    for record in read_journal(journal):
        if isinstance(record, records.SignedIn):
            people += record.ok
        elif isinstance(record, records.Frame) and record.direction == "sent":
            for fact in record.facts:
                if isinstance(fact, Asked):
                    asked.add((record.user, fact.request_id))
                elif isinstance(fact, AccessAttempted) and fact.what == "conversation":
                    asked.add((record.user, str(record.seq)))
    return len(asked), people


@pytest.mark.light
@pytest.mark.timeout(ATTEMPTS * RUN_S)
@pytest.mark.xdist_group("healthy")
def test_the_cost_of_a_whole_gate_is_what_its_journal_counts(healthy_gate: Ran) -> None:
    announced = said(healthy_gate.output)
    for told, true in zip(announced, counted(journal_file(healthy_gate.folder)), strict=True):
        assert true <= told <= true * (1 + TOLERANCE), (announced, true)


def test_the_cost_is_said_before_the_first_question(suite: Suite) -> None:
    ran = suite.run("--tags=@critical")
    assert said(ran.output) == (2, 2)
    assert ran.output.index("asks up to") < ran.output.index("Feature: ")


def test_a_run_over_its_budget_asks_nothing(suite: Suite) -> None:
    ran = suite.run("--tags=@critical", "-D", "budget.questions=1")
    assert ran.code != 0
    assert ran.decision == "INCONCLUSIVE"
    assert "would ask up to 2 questions, and budget.questions is 1" in ran.reasons
    assert counted(journal_file(ran.folder)) == (0, 0)


def test_a_run_within_its_budget_goes_ahead(suite: Suite) -> None:
    assert suite.run("--tags=@critical", "-D", "budget.questions=2").decision == "APPROVED"


@pytest.mark.parametrize("messages", [100, 100_000])
def test_a_deployment_has_a_budget_unless_it_sets_another(suite: Suite, messages: int) -> None:
    """A slip in the sizes must not cost a fortune."""
    suite.scenario("Alice connects", "Alice asks a long series of questions")
    ran = suite.run("--tags=@critical", "-D", f"sizes.messages={messages}")
    if messages == 100:
        assert said(ran.output)[0] == 102
        assert set(ran.statuses.values()) == {"passed"}
    else:
        assert "budget.questions is 7,500" in ran.reasons
        assert set(ran.statuses.values()) == {"not_run"}
