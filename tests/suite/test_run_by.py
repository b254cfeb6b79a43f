"""Who started a run."""

from __future__ import annotations

import getpass

import pytest

from support.run.run_by import CI_ACCOUNTS, run_by


@pytest.mark.parametrize("variable", CI_ACCOUNTS)
def test_a_ci_service_names_the_person(variable: str) -> None:
    assert run_by({variable: "octocat"}) == f"octocat ({CI_ACCOUNTS[variable]})"


def test_elsewhere_it_is_the_account_of_the_machine() -> None:
    assert run_by({"GITHUB_ACTOR": ""}) == getpass.getuser()


def test_a_machine_without_names_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert run_by({}) == ""
