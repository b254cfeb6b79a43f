"""Checks as PyHamcrest matchers: `assert_that(journal, holds(check))`."""

from __future__ import annotations

import msgspec
from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from support.checks.finding import Check, Finding, person
from support.journal import History, Journal
from support.journal.facts import Unreadable


class Holds(BaseMatcher[Journal | History]):
    """Matches a journal (its current scenario) or history for which the check passes.

    Both `failed` and `unknown` are mismatches: what nobody could see is not shown to be true.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        #: What the check answered, once it was asked.
        self.finding: Finding | None = None

    def _matches(self, item: Journal | History) -> bool:
        history = item.history() if isinstance(item, Journal) else item
        finding = self._check(history)
        self.finding = finding if finding.ok else _with_what_was_unreadable(finding, history)
        return self.finding.ok

    def describe_to(self, description: Description) -> None:
        description.append_text(self._check.question)

    def describe_mismatch(self, item: Journal | History, mismatch_description: Description) -> None:
        finding = self.finding
        if finding is None:
            return
        known = "" if finding.state == "failed" else "unknown: "
        mismatch_description.append_text(known + finding.summary)
        for word, lines in (("expected", finding.expected), ("seen", finding.seen)):
            for line in lines[:12]:
                mismatch_description.append_text(f"\n    {word:>8}: {line}")
        if finding.records:
            numbers = ", ".join(str(n) for n in list(dict.fromkeys(finding.records))[:8])
            mismatch_description.append_text(f"\n     journal: records {numbers}")


def _with_what_was_unreadable(finding: Finding, history: History) -> Finding:
    """`finding` with the first message that nobody could read: what it said is missing elsewhere.

    Without it "the run never ended" would be all there is to go by.
    """
    seen = next(iter(history.facts(Unreadable)), None)
    if seen is None:
        return finding
    return msgspec.structs.replace(
        finding,
        summary=f"{person(seen.frame.user)} received {seen.fact.why}; {finding.summary}",
        records=(seen.frame.seq, *finding.records),
    )


def holds(check: Check) -> Holds:
    """Whether `check` passes over what the current scenario has recorded."""
    return Holds(check)
