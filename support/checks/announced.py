"""What a deployment announces about itself: can it be true?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records
from support.journal.announced import impossible
from support.journal.facts import Ready


@check("what the deployment announces is possible")
def possible_limits(history: History) -> Finding:
    """Every announced limit, and every position in a stream, is within its bounds."""
    greetings = 0
    for frame in history.of(records.Frame, lambda f: f.direction == "received"):
        for fact in frame.facts:
            greetings += isinstance(fact, Ready)
            wrong = list(impossible(fact).values())
            if wrong:
                return failed(
                    f"the deployment announces an impossible limit: {wrong[0]}",
                    records=(frame.seq,),
                )
    if not greetings:
        return unknown("nobody was greeted")
    return passed(f"{greetings} greetings, all of them possible")
