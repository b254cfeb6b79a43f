"""The command that runs again what has failed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from support.approval.model import Outcomes
from support.config.environment import REFERENCE_NAME
from support.config.sources import ENVIRONMENTS

MOST = 10  # places in a command; who has more to fix does not begin with all of them
FLAG = "-D"
CUT = "…"  # in the place of a secret
#: What says how a run goes, not against what.
_HOW = frozenset({"gate", "gate_receipt", "html", "jobs", "reports", "reports_kept", "stages"})
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
    given = [flag for flag in _flags(outcomes.command) if flag.partition("=")[0] not in _HOW]
    flags = [flag for flag in given if CUT not in flag]
    environment = outcomes.environment
    own = outcomes.own_environment or not (ENVIRONMENTS / f"{environment}.toml").is_file()
    told = any(flag.startswith("environment=") for flag in flags)
    unnamed = (own or environment != _USUAL) and not told
    named = [f"environment={environment}"] if unnamed and not own else []
    limits = [f"the first {MOST} of {len(failed):,}"] if len(failed) > MOST else []
    if outcomes.target != REFERENCE_NAME or (unnamed and own) or flags != given:
        limits.append("with the same settings, GREENLIGHT_… and -D")
    against = [f"{FLAG} {shlex.quote(flag)}" for flag in (*named, *flags)]
    return Rerun(" ".join(["behave", *against, *places]), ", ".join(limits))


def _flags(command: str) -> Iterator[str]:
    """The settings of a command: `-D key=value` and `-Dkey=value`."""
    try:
        words = iter(shlex.split(command))
    except ValueError:  # an older run's, which was not quoted
        words = iter(command.split())
    for word in words:
        if word == FLAG:
            yield next(words, "")
        elif word.startswith(FLAG):
            yield word.removeprefix(FLAG)
