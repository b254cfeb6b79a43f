"""Who started a run: the account that a CI service names, else that of this machine."""

from __future__ import annotations

import getpass
from collections.abc import Mapping

from support.run.ci_job import SERVICES

#: Variables that name a person, by CI service; the first that is set counts.
CI_ACCOUNTS = {service.account: service.name for service in SERVICES}


def run_by(environ: Mapping[str, str]) -> str:
    """`octocat (GitHub Actions)` or `alice`; empty where the machine knows no name."""
    for variable, service in CI_ACCOUNTS.items():
        if name := environ.get(variable):
            return f"{name} ({service})"
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
