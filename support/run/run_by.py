"""Who started a run: the account that a CI service names, else that of this machine."""

from __future__ import annotations

import getpass
from collections.abc import Mapping

from support.run.ci_job import SERVICES, service_of


def run_by(environ: Mapping[str, str]) -> str:
    """`octocat (GitHub Actions)` or `alice`; empty where the machine knows no name.

    In a job only the account of its own service counts, elsewhere the first that is set.
    """
    own = service_of(environ)
    for service in SERVICES if own is None else (own,):
        if name := environ.get(service.account):
            return f"{name} ({service.name})"
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
