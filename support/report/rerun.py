"""The command that runs again what has failed."""

from __future__ import annotations

import re
import shlex

from support.approval.model import Outcomes

MOST = 10  # places in a command; who has more to fix does not begin with all of them
#: Of the command line of the run, what says against which deployment it went.
_AGAINST = re.compile(r"-D\s*((?:environment|defect)=[^\s…]+)")


def rerun(outcomes: Outcomes) -> str:
    """`behave features/a.feature:12 …`, at most `MOST` places; empty when nothing failed."""
    failed = [o for o in outcomes.scenarios if o.status in ("failed", "broken")]
    places = [shlex.quote(f"{outcome.path}:{outcome.line}") for outcome in failed[:MOST]]
    if not places:
        return ""
    against = [f"-D {shlex.quote(flag)}" for flag in _AGAINST.findall(outcomes.command)]
    return " ".join(["behave", *against, *places])
