"""Who started a run: the account that a CI service names, else that of this machine."""

from __future__ import annotations

import getpass
from collections.abc import Mapping

#: Variables that name a person, by CI service; the first that is set counts.
CI_ACCOUNTS = {
    "GITHUB_ACTOR": "GitHub Actions",
    "GITLAB_USER_LOGIN": "GitLab CI",
    "BUILD_USER_ID": "Jenkins",
    "BUILDKITE_BUILD_CREATOR": "Buildkite",
}


def run_by(environ: Mapping[str, str]) -> str:
    """`octocat (GitHub Actions)` or `alice`; empty where the machine knows no name."""
    for variable, service in CI_ACCOUNTS.items():
        if name := environ.get(variable):
            return f"{name} ({service})"
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
