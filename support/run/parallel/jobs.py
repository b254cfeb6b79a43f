"""On how many processes a run is carried out."""

from __future__ import annotations

import os
from typing import Any

from behave.exception import ConfigError

from support.config import Environment

JOBS_FLAG = "jobs"
STAGES_FLAG = "stages"
AUTO = "auto"
MOST = 64
#: A worker has to start a deployment: for fewer scenarios than these that takes longer than it
#: saves.
LEAST_FOR_EACH = 8


def jobs_of(config: Any, environment: Environment, scenarios: int) -> int:
    """By `-D jobs=NUMBER` or `-D jobs=auto`; 1 without it. Prints why where it has to be 1.

    Raises `ConfigError` for anything else.
    """
    given = str(config.userdata.get(JOBS_FLAG, "1")).strip().lower()
    jobs = default_jobs() if given == AUTO else _number(given)
    if given == AUTO:
        jobs = min(jobs, scenarios // LEAST_FOR_EACH)
    jobs = min(jobs, scenarios)
    if jobs > 1 and (why := _one_at_a_time(config, environment)):
        print(f"Scenarios run one after the other: {why}.")
        return 1
    return max(jobs, 1)


def staged(config: Any) -> bool:
    """By `-D stages=true`: what is basic comes first. Raises `ConfigError` for another value."""
    given = str(config.userdata.get(STAGES_FLAG, "false")).strip().lower()
    if given not in ("true", "false"):
        raise ConfigError(f"-D {STAGES_FLAG} is true or false, not {given!r}")
    return given == "true"


def default_jobs() -> int:
    """Two for each processor: half of the time a worker waits."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    return min(2 * processors, MOST)


def _number(given: str) -> int:
    if not (given.isdecimal() and 1 <= int(given) <= MOST):
        raise ConfigError(f"-D {JOBS_FLAG} is a number from 1 to {MOST}, or {AUTO}: not {given!r}")
    return int(given)


def _one_at_a_time(config: Any, environment: Environment) -> str:
    """Why it cannot be otherwise; empty where it can."""
    if not hasattr(os, "fork"):
        return "this system cannot fork"
    if config.format != [config.default_format] or config.junit:
        return "another format was asked for, and behave writes it in the order of the features"
    if config.stop or config.wip:
        return "--stop and --wip end the run with the first failure"
    if not environment.uses_reference:
        return _one_on_deployment(environment)
    return ""


def _one_on_deployment(environment: Environment) -> str:
    if environment.safe:
        return "in safe mode the deployment is asked no faster than that"
    if environment.sign_in == "static":
        return "the people of this environment are given, and nobody can be in two scenarios"
    return ""
