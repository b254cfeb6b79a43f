"""The command that runs again what has failed."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from support.approval.model import Outcomes
from support.config.environment import REFERENCE_NAME
from support.config.sources import ENVIRONMENTS

MOST = 10  # places in a command; who has more to fix does not begin with all of them
#: Of the command line of the run, what says against which deployment it went.
_AGAINST = re.compile(r"-D\s*((environment|defect)=[^\s…]+)")
#: The environment of a command that names none.
_USUAL = "local"


class Rerun(NamedTuple):
    """A command, and in `limits` what it leaves out."""

    command: str
    limits: str = ""


def rerun(outcomes: Outcomes, only: str | None = None) -> Rerun | None:
    """`behave features/a.feature:12 …`, at most `MOST` places; none when nothing failed.

    `only`: of the scenario with that id.

    Settings of a deployment may have come from variables and flags, secrets among them.
    """
    failed = [
        o for o in outcomes.scenarios if o.status in ("failed", "broken") and only in (None, o.id)
    ]
    places = [shlex.quote(f"{outcome.path}:{outcome.line}") for outcome in failed[:MOST]]
    if not places:
        return None
    given = _AGAINST.findall(outcomes.command)
    flags = [flag for flag, _ in given]
    environment = outcomes.environment
    own = outcomes.own_environment or not (ENVIRONMENTS / f"{environment}.toml").is_file()
    unnamed = (own or environment != _USUAL) and all(name != "environment" for _, name in given)
    if unnamed and not own:
        flags.insert(0, f"environment={environment}")
    limits = [f"the first {MOST} of {len(failed):,}"] if len(failed) > MOST else []
    if outcomes.target != REFERENCE_NAME or (unnamed and own):
        limits.append("with the same settings, GREENLIGHT_… and -D")
    against = [f"-D {shlex.quote(flag)}" for flag in flags]
    return Rerun(" ".join(["behave", *against, *places]), ", ".join(limits))
