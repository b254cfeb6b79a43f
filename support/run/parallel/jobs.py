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
    """By `-D jobs=NUMBER` or `-D jobs=auto`, how many workers; 0: everything in this process.

    `auto` is one worker on a deployment elsewhere, where several share what they do to it, and none
    for a few scenarios, if no time was set for the run: this process ends none. Prints why there
    are fewer than asked for. Raises `ConfigError` for anything else.
    """
    if JOBS_FLAG not in config.userdata:
        return 0
    given = str(config.userdata[JOBS_FLAG]).strip().lower()
    jobs = default_jobs() if given == AUTO else _number(given)
    timed = environment.patience.whole_run_s is not None
    if given == AUTO and scenarios < LEAST_FOR_EACH and not timed:
        return 0
    if why := _in_this_process(config):
        until = ", and run to the end, however long it takes" if timed else ""
        print(f"Scenarios run one after the other{until}: {why}.")
        return 0
    if jobs > 1 and (why := _one_on_deployment(environment, given)):
        print(f"Scenarios run one after the other: {why}.")
        return 1
    return min(jobs, max(scenarios // LEAST_FOR_EACH, 1) if given == AUTO else scenarios)


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


def _in_this_process(config: Any) -> str:
    """Why workers are out of the question; empty where they are not."""
    if not hasattr(os, "fork"):
        return "this system cannot fork"
    if config.format != [config.default_format] or config.junit:
        return "another format was asked for, and behave writes it in the order of the features"
    if config.stop or config.wip:
        return "--stop and --wip end the run with the first failure"
    return ""


def _one_on_deployment(environment: Environment, given: str) -> str:
    """Why there is one worker only; empty where there may be several."""
    if environment.uses_reference:
        return ""
    if environment.safe:
        return "in safe mode the deployment is asked no faster than that"
    if environment.sign_in == "static":
        return "the people of this environment are given, and nobody can be in two scenarios"
    if given == AUTO:
        return "this is a deployment of your own; -D jobs=4 runs four at a time"
    return ""
