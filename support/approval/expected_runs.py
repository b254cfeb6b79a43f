"""What was asked, and whether it came about as it was asked: whole runs, right ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from support.checks.runs import run_problems, succeeded
from support.journal import History, records
from support.journal.facts import FAILED, Accepted, Cancelling, Event


@dataclass(frozen=True)
class ExpectedRun:
    """A question, how its run should end, and the events of that run that its user saw."""

    ends: str
    accepted: Accepted | None
    run: Sequence[Event]

    def whole(self, offered: Sequence[str]) -> bool:
        """True when the run succeeded, with every event that is `offered`, in order."""
        types = {event.type for event in self.run}
        return (
            types >= set(offered)
            and succeeded(self.run)
            and not run_problems(self.run, self.accepted)
        )


def expected_runs(part: History) -> Iterator[ExpectedRun]:
    """The questions of one scenario that should be answered, each once however often it was sent.

    Those that their user cancelled, and those over the announced limit, should not be; nor those
    that nobody stayed for, in a scenario that turned out not to be offered.
    """
    left = any(ended.status == "skipped" for ended in part.of(records.ScenarioEnded))
    cancelled = {(s.frame.user, s.fact.run_id) for s in part.facts(Cancelling, direction="sent")}
    accepted: dict[tuple[str, str | None], Accepted] = {}
    for answer in part.facts(Accepted):
        accepted.setdefault((answer.frame.user, answer.fact.request_id), answer.fact)
    asked = {(s.frame.user, s.fact.request_id): s for s in part.asked()}
    seen_by = {user: part.runs_seen_by(user) for user, _ in asked}
    for (user, request_id), sent in asked.items():
        given = accepted.get((user, request_id))
        run_id = given.run_id if given else None
        story = part.connections.get(sent.frame.connection)
        if (user, run_id) in cancelled or (story and story.too_long(sent.frame)):
            continue
        run = [s.fact for s in seen_by[user].get(run_id, ())] if run_id else []
        if not left or any(event.ends_run for event in run):
            yield ExpectedRun(sent.fact.ends, given, run)


def ended_as_expected(part: History) -> list[bool]:
    """For every such question: did its run end as it should?"""
    return [
        succeeded(a.run) if a.ends == "succeeded" else any(e.type == FAILED for e in a.run)
        for a in expected_runs(part)
    ]
