"""Who started a run."""

from __future__ import annotations

import getpass

import pytest

from support.run.ci_job import SERVICES, Service, ci_job
from support.run.run_by import run_by


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_ci_service_names_the_person(service: Service) -> None:
    assert run_by({service.account: "octocat"}) == f"octocat ({service.name})"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_person_is_named_by_the_service_whose_job_it_is(service: Service) -> None:
    everywhere = {one.account: f"person {number}" for number, one in enumerate(SERVICES)}
    in_job = {**everywhere, service.mark: f"{service.begins}true"}
    job = ci_job(in_job)
    assert job is not None
    assert run_by(in_job) == f"{in_job[service.account]} ({job.service})"


def test_nobody_is_named_by_a_service_whose_job_it_is_not() -> None:
    assert run_by({"BUILDKITE": "true", "GITHUB_ACTOR": "octo"}) == getpass.getuser()


def test_elsewhere_it_is_the_account_of_the_machine() -> None:
    assert run_by({"GITHUB_ACTOR": ""}) == getpass.getuser()


def test_a_machine_without_names_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert run_by({}) == ""
