"""In which CI job a run was made: by documented variables, and with nothing hostile in them."""

from __future__ import annotations

import pytest

from support.approval.model import CiJob
from support.run.ci_job import SERVICES, Service, ci_job

SHA = "3f2a1b9c0d1e4f5a6b7c8d9e0f1a2b3c4d5e6f70"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "octo/chat",
    "GITHUB_RUN_ID": "1658821493",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": SHA,
    "GITHUB_REF_NAME": "feature/tools",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_JOB_URL": "https://gitlab.example/chat/app/-/jobs/1380",
    "CI_COMMIT_SHA": SHA,
    "CI_COMMIT_REF_NAME": "feature/tools",
}
JENKINS = {
    "BUILD_TAG": "jenkins-gate-feature-tools-15",
    "BUILD_URL": "https://ci.example/job/gate/job/feature%2Ftools/15/",
    "GIT_COMMIT": SHA,
    "BRANCH_NAME": "feature/tools",
    "GIT_BRANCH": "origin/feature/tools",
}
AZURE = {
    "TF_BUILD": "True",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.example/octo/",
    "SYSTEM_TEAMPROJECT": "Chat App",
    "BUILD_BUILDID": "430",
    "BUILD_SOURCEVERSION": SHA,
    "BUILD_SOURCEBRANCH": "refs/heads/feature/tools",
}
BUILDKITE = {
    "BUILDKITE": "true",
    "BUILDKITE_BUILD_URL": "https://buildkite.example/octo/chat/builds/1514",
    "BUILDKITE_JOB_ID": "e44f9784-e20e-4b93-a21d-f41fd5869db9",
    "BUILDKITE_COMMIT": SHA,
    "BUILDKITE_BRANCH": "feature/tools",
}
CIRCLE = {
    "CIRCLECI": "true",
    "CIRCLE_BUILD_URL": "https://circleci.example/gh/octo/chat/933",
    "CIRCLE_SHA1": SHA,
    "CIRCLE_BRANCH": "feature/tools",
}
ADDRESSES = {
    "GitHub Actions": "https://github.com/octo/chat/actions/runs/1658821493/attempts/2",
    "GitLab CI": GITLAB["CI_JOB_URL"],
    "Jenkins": JENKINS["BUILD_URL"],
    "Azure Pipelines": "https://dev.azure.example/octo/Chat%20App/_build/results?buildId=430",
    "Buildkite": "https://buildkite.example/octo/chat/builds/1514"
    "#e44f9784-e20e-4b93-a21d-f41fd5869db9",
    "CircleCI": CIRCLE["CIRCLE_BUILD_URL"],
}
JOBS = dict(zip(ADDRESSES, (GITHUB, GITLAB, JENKINS, AZURE, BUILDKITE, CIRCLE), strict=True))


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_the_job_its_commit_and_its_branch_are_those_of_the_documented_variables(
    service: str,
) -> None:
    expected = CiJob(service=service, url=ADDRESSES[service], commit=SHA, ref="feature/tools")
    assert ci_job(JOBS[service]) == expected


def test_outside_of_ci_there_is_no_job() -> None:
    assert ci_job({"GITHUB_SHA": SHA, "BUILD_URL": "https://ci.example/15"}) is None


def test_the_branch_of_a_pull_request_on_github_is_the_one_it_comes_from() -> None:
    found = ci_job({**GITHUB, "GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": "feature/tools"})
    assert found is not None
    assert found.ref == "feature/tools"


def test_where_only_the_command_line_of_jenkins_is_set_up_there_is_no_job() -> None:
    assert ci_job({"JENKINS_URL": "https://ci.example/", "BRANCH_NAME": "main"}) is None


def test_the_tag_of_some_other_build_makes_no_job() -> None:
    assert ci_job({"BUILD_TAG": "v1.3.0"}) is None


@pytest.mark.parametrize("service", [s for s in SERVICES if s.name != "Jenkins"])
def test_a_build_tag_makes_no_job_of_another_service_one_of_jenkins(service: Service) -> None:
    found = ci_job({**JENKINS, service.mark: "true"})
    assert found is not None
    assert found.service == service.name


@pytest.mark.parametrize("value", ["", "false", "False", "0"])
@pytest.mark.parametrize("mark", [service.mark for service in SERVICES])
def test_a_mark_that_says_no_makes_no_job(mark: str, value: str) -> None:
    assert ci_job({mark: value}) is None


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_a_service_does_not_tell_is_left_open(service: object) -> None:
    found = next(s for s in SERVICES if s is service)
    assert ci_job({found.mark: f"{found.begins}true"}) == CiJob(service=found.name)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "//ci.example/15",
        "https://",
        "https://ci.example:not-a-port/15",
        "https://[ci.example/15",
        "https://ci.example/token=abcdefgh/15",
        "https://ci.example/15%3Faccess_token%3Dabcdefgh",
    ],
)
def test_an_address_that_is_no_link_to_a_job_is_left_out(url: str) -> None:
    assert ci_job({**JENKINS, "BUILD_URL": url}) == CiJob(
        service="Jenkins", commit=SHA, ref="feature/tools"
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://robot:hunter22@ci.example/15", "https://ci.example/15"),
        ("https://ci.example/15?access_token=abcdefgh", "https://ci.example/15"),
        ("https://ghp_1234567890@ci.example/15", "https://ci.example/15"),
        ('https://ci.example/"><b>', "https://ci.example/%22%3E%3Cb%3E"),
        (
            "https://ci.example/15\njavascript:alert(1)",
            "https://ci.example/15%0Ajavascript:alert%281%29",
        ),
        ("https://ci.example/\udcff", "https://ci.example/%3F"),
    ],
)
def test_credentials_in_an_address_are_left_out_and_signs_of_markup_escaped(
    given: str, shown: str
) -> None:
    found = ci_job({**JENKINS, "BUILD_URL": given})
    assert found is not None
    assert found.url == shown


@pytest.mark.parametrize("commit", ["HEAD", "", "3f2a1b", f"{SHA}\n", "<b>3f2a1b9c", "z" * 40])
def test_what_is_no_commit_is_none(commit: str) -> None:
    found = ci_job({**BUILDKITE, "BUILDKITE_COMMIT": commit})
    assert found is not None
    assert found.commit == ""


@pytest.mark.parametrize("ref", ["two words", "a\nb", "a\u202eb", "a\x1b[31m", "x" * 201, "\udcff"])
def test_what_can_be_no_branch_is_none(ref: str) -> None:
    found = ci_job({**GITLAB, "CI_COMMIT_REF_NAME": ref})
    assert found is not None
    assert found.ref == ""


def test_a_tag_is_named_where_there_is_no_branch() -> None:
    found = ci_job({**CIRCLE, "CIRCLE_BRANCH": "", "CIRCLE_TAG": "v1.3.0"})
    assert found is not None
    assert found.ref == "v1.3.0"


def test_secrets_are_masked_in_a_branch() -> None:
    found = ci_job({**GITLAB, "CI_COMMIT_REF_NAME": "try/password=hunter22"})
    assert found is not None
    assert "hunter22" not in found.ref
