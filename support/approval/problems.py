"""Which failing scenarios show the same problem, and how bad it is: values, never sentences."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval.model import Outcome, Problem, Severity
from support.approval.words import first_line
from support.checks.invariants import LEAK, pattern_of

#: Worst first, as reasons are given.
SEVERITIES: tuple[Severity, ...] = ("isolation", "security", "loss", "order", "latency")

#: How a reason begins that says that nobody can say.
UNKNOWN = "unknown: "

#: What each failure pattern is about.
PATTERN_SEVERITY: dict[str, Severity] = {
    LEAK: "isolation",
    "missing or doubled events": "loss",
    "broken run": "order",
    "malformed message": "order",
    "unstable connection": "loss",
    "answers held back": "latency",
}
#: What any scenario checks of the delivery of runs and streams: no less and no more than a loss,
#: also where the scenario is about something worse.
OF_DELIVERY = frozenset(
    {
        *("complete_run", "event_received", "answer_contains", "answer_right"),
        *("every_question_answered", "messages_answered", "stream_complete"),
        *("missed_events_replayed", "resumed_where_left", "complete_in_the_end"),
    }
)
_CATEGORY_SEVERITY: dict[str, Severity] = {"security": "security", "performance": "latency"}


def problem_key(outcome: Outcome) -> str:
    """By what a scenario failed: a failure pattern, else the check, else nothing it shares."""
    if outcome.invariants:
        return outcome.invariants[0]
    return pattern_of(outcome.checks[0]) if outcome.checks else outcome.id


def severity(outcome: Outcome) -> Severity:
    """How bad it is that this scenario failed."""
    key = problem_key(outcome)
    if key in OF_DELIVERY:
        return "loss"
    if key in PATTERN_SEVERITY:
        return PATTERN_SEVERITY[key]
    if "isolation" in outcome.tags:
        return "isolation"
    return _CATEGORY_SEVERITY.get(outcome.category, "loss")


def problems_of(failing: Sequence[Outcome], where: str) -> list[Problem]:
    """A problem for every cause by which these scenarios failed, in their order."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in failing:
        groups.setdefault(problem_key(outcome), []).append(outcome)
    found = []
    for key, same in groups.items():
        more = f" (and {len(same) - 1} more)" if len(same) > 1 else ""
        how, why = "failed", first_line(same[0].reason)
        if same[0].unknown:
            how, why = "could not be judged", why.removeprefix(UNKNOWN)
        text = f"{where}: “{same[0].name}” {how}{more}: {why}"
        worst = min((severity(o) for o in same), key=SEVERITIES.index)
        ids = tuple(o.id for o in same)
        found.append(Problem(key=key, severity=worst, text=text, scenarios=len(same), outcomes=ids))
    return found


def grouped(problems: Sequence[Problem]) -> list[Problem]:
    """Each problem once, however many criteria have seen it; the worst first."""
    once: dict[str, Problem] = {}
    for problem in problems:
        once.setdefault(problem.key, problem)
    return sorted(once.values(), key=lambda problem: SEVERITIES.index(problem.severity))
