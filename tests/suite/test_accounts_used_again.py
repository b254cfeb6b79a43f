"""Row Q9: a second run on a deployment of one's own signs in with the accounts of the first."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reference_process import Reference
from run_files import content, journal_file
from throwaway import GOOD, Ran, Suite, agree


class Runs:
    """One suite, run again and again on one deployment, with one file of accounts."""

    def __init__(self, folder: Path, address: dict[str, str]) -> None:
        self.file = folder / "accounts.json"
        self.suite = Suite(folder, address)
        self._folder = folder
        self._count = 0

    def run(self, *options: str) -> Ran:
        """Run it once more, as soon as the accounts have rested."""
        if self.file.exists():
            entries = json.loads(self.file.read_bytes()).values()
            free_from = [entry["free_from"] for found in entries for entry in found]
            time.sleep(max(0.0, max(free_from, default=0.0) - time.time()))
        self._count += 1
        self.suite.reports = self._folder / f"reports{self._count}"
        env = {"GREENLIGHT_ACCOUNTS_FILE": str(self.file)}
        return self.suite.run("--tags=@critical", *options, env=env)


@pytest.fixture
def runs(tmp_path: Path, reference: Reference) -> Runs:
    return Runs(tmp_path, reference.address)


@pytest.fixture
def leaky(tmp_path: Path) -> Iterator[Reference]:
    """A deployment that sends events of one user to everyone connected."""
    (tmp_path / "suite").mkdir()
    service = Reference(tmp_path / "leaky", "--defect", "events-to-everyone")
    yield service
    service.stop()


def signed_in(ran: Ran) -> list[bool]:
    """Of each user who signed in: with an account of an earlier run?"""
    return [r.get("reused", False) for r in ran.journal if r["kind"] == "signed_in" and r["ok"]]


def ids(ran: Ran) -> set[str]:
    """The ids by which the deployment knew the users."""
    return {r["user_id"] for r in ran.journal if r["kind"] == "signed_in"}


def kept(file: Path, what: str) -> set[str]:
    """The `email`, `password` or `user_id` of every account in the file."""
    found: dict[str, list[dict[str, Any]]] = json.loads(file.read_bytes())
    return {entry[what] for entries in found.values() for entry in entries}


def test_a_second_run_makes_no_new_account(runs: Runs) -> None:
    first, second = runs.run(), runs.run()
    agree(first, "APPROVED")
    agree(second, "APPROVED")
    assert (signed_in(first), signed_in(second)) == ([False, False], [True, True])
    assert ids(second) == ids(first)
    assert "needs 2 new accounts;" in first.output
    assert "needs 0 new accounts (2 of earlier runs are used again);" in second.output


def test_no_kept_password_is_left_anywhere_else(runs: Runs) -> None:
    left = [runs.run().text(), runs.run().text()]
    assert kept(runs.file, "password")
    assert not [p for p in kept(runs.file, "password") if any(p in text for text in left)]


def test_accounts_are_made_anew_where_that_is_asked_for(runs: Runs) -> None:
    runs.run()
    assert signed_in(runs.run("-D", "accounts=fresh")) == [False, False]


def test_a_scenario_that_needs_fresh_accounts_gets_them_and_leaves_none(runs: Runs) -> None:
    runs.run()
    before = kept(runs.file, "email")
    runs.suite.scenario("Alice connects", tags="@fresh_accounts")
    ran = runs.run("--name", "The trap")
    assert signed_in(ran) == [False]
    assert "needs 1 new accounts;" in ran.output
    assert kept(runs.file, "email") == before


def test_accounts_of_a_scenario_that_failed_are_not_kept(runs: Runs) -> None:
    runs.suite.scenario("Alice connects", "it goes wrong")
    failed = runs.run("--name", "The trap")
    assert failed.statuses == {"The trap": "failed"}
    assert not kept(runs.file, "user_id") & ids(failed)


def test_accounts_that_are_gone_are_replaced(runs: Runs) -> None:
    runs.run()
    [(address, there)] = json.loads(runs.file.read_bytes()).items()
    gone = [{**entry, "email": f"gone-{entry['email']}"} for entry in there]
    runs.file.write_text(json.dumps({address: gone}), "utf-8")
    ran = runs.run()
    agree(ran, "APPROVED")
    assert signed_in(ran) == [False, False]
    assert kept(runs.file, "user_id") >= ids(ran)
    assert not [email for email in kept(runs.file, "email") if email.startswith("gone-")]


def test_what_users_told_in_an_earlier_run_is_theirs_when_it_comes_back(runs: Runs) -> None:
    """The agent's notebook holds the notes of both runs."""
    runs.suite.scenario(
        "Alice connects",
        "everyone has a question that needs several tools answered",
        "everyone has a question that recalls a note answered",
    )
    runs.run("--name", "The trap")
    ran = runs.run("--name", "The trap")
    assert signed_in(ran) == [True]
    assert ran.statuses == {"The trap": "passed"}
    assert b"<secret of s001/Alice in earlier runs>" in content(journal_file(ran.folder))


def test_a_leak_between_accounts_that_are_used_again_is_found(
    tmp_path: Path, leaky: Reference
) -> None:
    runs = Runs(tmp_path / "suite", leaky.address)
    steps = "    When Alice connects\n    And Alice has 2 questions answered\n"
    alone = "".join(f"  Scenario: Alone {number}\n{steps}" for number in (1, 2))
    runs.suite.feature(f"@functional @critical\nFeature: Alone\n{alone}")
    assert set(runs.run("--name", "Alone").statuses.values()) == {"passed"}
    ran = runs.run("--name", GOOD)
    assert signed_in(ran) == [True, True]
    assert ran.statuses == {GOOD: "failed"}
    assert "leak" in ran.outcomes["scenarios"][0]["reason"]
