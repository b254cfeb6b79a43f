"""`alerts.log`: a line for everything that needs attention, worst first, each with its level.

`CRITICAL` is what stops a deploy by itself: a criterion not met, a failure pattern, a leak between
users, a known regression that is back, a run that broke. `WARNING` is what could not be evaluated,
`INFO` what was left out on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.words import several
from support.report.execution_log import line
from support.report.finished_run import FinishedRun

CRITICAL, WARNING, INFO = "CRITICAL", "WARNING", "INFO"
MOST_OF_A_KIND = 50


def alerts_log(run: FinishedRun) -> str:
    """The whole file: empty when there is nothing to look at."""
    found = [(level, text) for level, text in alerts(run) if text]
    return "".join(line(run.verdict.finished, level, text) for level, text in dict.fromkeys(found))


def alerts(run: FinishedRun) -> Iterator[tuple[str, str]]:
    """Level and text of every alert, worst first."""
    given, criteria = run.evidence.outcomes, run.verdict.criteria
    if given.aborted:
        yield CRITICAL, f"run: {given.aborted}"
    for error in (*given.harness_errors, *given.disagreements):
        yield CRITICAL, f"run: {error}"
    for result in criteria:
        if result.state == "fail":
            measured = f"Measured {result.measured}, limit {result.limit}."
            yield CRITICAL, f"criterion {result.name}: {result.reason} {measured}"
    leaks = run.patterns.leaks[:MOST_OF_A_KIND]
    for leak in leaks:
        yield CRITICAL, f"isolation: {leak.text}"
    more = run.patterns.leaked_messages - len({leak.record for leak in leaks})
    yield from _more(more, "isolation", "more leaked message")
    found = [p for p in run.patterns.found if not p.broke]
    for pattern in found[:MOST_OF_A_KIND]:
        yield CRITICAL, f"pattern: {pattern.pattern}, in “{pattern.scenario}”: {pattern.summary}"
    yield from _more(len(found) - MOST_OF_A_KIND, "pattern", "more failure pattern")
    for regression in run.regressions:
        if regression.state == "broken":
            yield CRITICAL, f"regression {regression.name} is broken: {regression.why}"
    for outcome in run.scenarios:
        if outcome.status in ("failed", "broken"):
            yield CRITICAL, f"scenario {outcome.status}: “{outcome.name}” ({outcome.path})"
    if given.gate:
        for result in criteria:
            if result.state in ("no_evidence", "invalid"):
                yield WARNING, f"criterion {result.name} was not evaluated: {result.reason}"
    for outcome in run.scenarios:
        if outcome.status == "not_run":
            yield WARNING, f"scenario not run: “{outcome.name}”"
    for outcome in run.scenarios:
        if outcome.status == "skipped":
            yield INFO, f"not assessed: “{outcome.name}”: {outcome.reason}"
    for result in criteria:
        if result.state == "waived":
            yield INFO, f"criterion {result.name} is not required: {result.reason}"


def _more(number: int, kind: str, one: str) -> Iterator[tuple[str, str]]:
    if number > 0:
        yield CRITICAL, f"{kind}: {several(number, one)}"
