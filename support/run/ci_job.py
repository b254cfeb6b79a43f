"""The CI job that a run is part of, by the variables that CI services document.

All of it is about the job that ran the suite. The build under test is what the deployment reports.

https://docs.github.com/actions/reference/workflows-and-actions/variables
https://docs.gitlab.com/ci/variables/predefined_variables/
https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
https://learn.microsoft.com/azure/devops/pipelines/build/variables
https://buildkite.com/docs/pipelines/configure/environment-variables
https://circleci.com/docs/reference/variables/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from support.approval.model import CiJob
from support.report.formatting import mask, web_address

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
#: What git allows in the name of a branch or tag, more or less: no blanks, and none of these.
_REF = re.compile(r"[^\s~^:?*\[\\]{1,200}")
#: What stays as it is where a variable becomes a part of an address.
_IN_ADDRESS = ":/@%[]~"
#: A mark with such a value says that this is no job.
_UNSET = ("", "false", "0")
#: No address of a job has a query or a fragment; one that is there all the same may hold a secret.
_QUERY = re.compile("[?#]")


class Service(NamedTuple):
    """`mark` is set in all jobs, to what begins with `begins`; `account` names who started one.

    `refs`: the first set counts.
    """

    name: str
    mark: str
    account: str
    url: str
    commit: str
    refs: tuple[str, ...]
    begins: str = ""


#: Jenkins comes last: the name of its mark is the least distinctive.
SERVICES = (
    Service(
        name="GitHub Actions",
        mark="GITHUB_ACTIONS",
        account="GITHUB_ACTOR",
        url="{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
        "/attempts/{GITHUB_RUN_ATTEMPT}",
        commit="GITHUB_SHA",
        refs=("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
    ),
    Service(
        name="GitLab CI",
        mark="GITLAB_CI",
        account="GITLAB_USER_LOGIN",
        url="{CI_JOB_URL}",
        commit="CI_COMMIT_SHA",
        refs=("CI_COMMIT_REF_NAME",),
    ),
    Service(
        name="Azure Pipelines",
        mark="TF_BUILD",
        account="BUILD_REQUESTEDFOR",
        url="{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
        commit="BUILD_SOURCEVERSION",
        refs=("BUILD_SOURCEBRANCH",),
    ),
    Service(
        name="Buildkite",
        mark="BUILDKITE",
        account="BUILDKITE_BUILD_CREATOR",
        url="{BUILDKITE_BUILD_URL}#{BUILDKITE_JOB_ID}",
        commit="BUILDKITE_COMMIT",
        refs=("BUILDKITE_BRANCH",),
    ),
    Service(
        name="CircleCI",
        mark="CIRCLECI",
        account="CIRCLE_USERNAME",
        url="{CIRCLE_BUILD_URL}",
        commit="CIRCLE_SHA1",
        refs=("CIRCLE_BRANCH", "CIRCLE_TAG"),
    ),
    Service(
        name="Jenkins",
        mark="BUILD_TAG",
        account="BUILD_USER_ID",
        url="{BUILD_URL}",
        commit="GIT_COMMIT",
        refs=("BRANCH_NAME", "GIT_BRANCH"),
        begins="jenkins-",
    ),
)


def service_of(environ: Mapping[str, str]) -> Service | None:
    """The service whose job this is; None outside of CI."""
    for service in SERVICES:
        mark = environ.get(service.mark, "").lower()
        if mark not in _UNSET and mark.startswith(service.begins):
            return service
    return None


def ci_job(environ: Mapping[str, str]) -> CiJob | None:
    """The job in which this process runs, without secrets; None outside of CI.

    A value that is not what its variable is documented to hold is left out.
    """
    service = service_of(environ)
    if service is None:
        return None
    commit = environ.get(service.commit, "").lower()
    ref = next((found for name in service.refs if (found := environ.get(name))), "")
    return CiJob(
        service=service.name,
        url=_url(service.url, environ),
        commit=commit if _COMMIT.fullmatch(commit) else "",
        ref=_ref(ref),
    )


def _ref(given: str) -> str:
    """The short name of a branch or tag; nothing for what cannot be one."""
    ref = re.sub(r"^refs/(heads|tags)/", "", given)
    return mask(ref) if ref.isprintable() and _REF.fullmatch(ref) else ""


def _url(pattern: str, environ: Mapping[str, str]) -> str:
    """The pattern filled in; nothing where a variable is missing, or where it is no web address."""
    quoted = {
        name: quote(_QUERY.split(value)[0], _IN_ADDRESS, errors="replace")
        for name, value in environ.items()
        if value
    }
    try:
        return web_address(pattern.format_map(quoted))
    except KeyError:
        return ""
