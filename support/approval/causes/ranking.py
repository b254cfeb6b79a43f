"""Which cause explains which failed scenarios, and which cause comes first.

Every failed scenario is explained by one sighting in it, the most specific. A sighting that is left
with nothing to explain is a consequence of others. Scenarios in which nothing was sighted speak for
themselves, by the check they failed; so do those that all failed by one check of their own, where
what was sighted shows in no failure but theirs.

Leaks come first, then attacks that succeeded, then what is wrong nearly everywhere: it explains
more than it is bad. The rest is ranked by severity, then specificity, then how much it explains.
Where a check could only not say, or an error ended a scenario and no check, that comes last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from support.approval.causes.clocks import LATENCIES
from support.approval.causes.events import OF_ANOTHER
from support.approval.causes.lateness import slowest_events
from support.approval.causes.sighting import DETECTORS, Sighting
from support.approval.evidence import Evidence
from support.approval.model import CriterionResult, Outcome, Problem, RootCause, Severity
from support.approval.problems import (
    OF_DELIVERY,
    SEVERITIES,
    grouped,
    problem_key,
    problems_of,
    severity,
)
from support.checks.invariants import INVARIANTS, LEAK
from support.journal import records

#: Failed attacks: what is missing elsewhere does not explain them.
ATTACKS = frozenset(
    {
        "attacker_admitted",
        OF_ANOTHER,
        "handshake_refused",
        "tokens_denied",
        "existence_not_revealed",
        "forbidden_by_scope",
        "only_operators_announce",
        "token_never_echoed",
        "token_echoed",
    }
)
#: Criteria over the whole run that only count what causes have done.
AGGREGATES = frozenset(
    {"failure_patterns", "event_delivery", "operations", "connections", "recovery"}
)
#: What a scenario checks of the times of events: where that failed, the criteria about them
#: (`LATENCIES`) would say the same once more.
EVENT_TIMES = frozenset({"latency_within", "every_type_within", "first_sign_within"})
#: What is shown by the slowest events: a check, and the criteria about all of them.
SHOWN_BY_SLOWEST = frozenset({"latency_within", "event_latency"})
#: The criterion whose problems are failed scenarios.
BY_SCENARIO = "categories"
LEAK_CODE = "data_leak"
#: What any scenario checks of its runs and streams: as a reason a sighting says more.
GENERAL = frozenset({*OF_DELIVERY, "events_isolated", *INVARIANTS})
#: A sighting as specific as that speaks for any check.
BEYOND_DOUBT = 8
#: A cause as bad as these is never told in the words of a scenario about something else.
WORST: tuple[Severity, ...] = ("isolation", "security")
#: What shows in such a share of the failed scenarios, and in so many, is wrong everywhere.
EVERYWHERE = 0.5
#: So many records show a cause in each of its scenarios.
MOST_SHOWN = 3
LEAST_EVERYWHERE = 3


@dataclass(frozen=True)
class Explanation:
    """What was sighted with the ids of the failed scenarios it explains, and those left over.

    `everywhere` are the codes of what shows nearly everywhere. `broken` names the detectors that
    raised, with the error: what they would have seen is missing.
    """

    found: tuple[tuple[Sighting, tuple[str, ...]], ...]
    unexplained: tuple[Outcome, ...]
    everywhere: frozenset[str] = frozenset()
    broken: tuple[str, ...] = ()

    def of(self, outcome: Outcome) -> Sighting | None:
        """What explains the failure of that scenario."""
        return next((s for s, scenarios in self.found if outcome.id in scenarios), None)


def explained(evidence: Evidence) -> Explanation:
    """Every failed scenario with its cause, worst cause first. Never raises."""
    failing = [
        o
        for o in evidence.outcomes.scenarios
        if o.selected and o.failing and o.id not in evidence.accepted
    ]
    keys = _keys(evidence)
    failed = {keys.get(o.id, "") for o in failing}
    seen, broken = _sightings(evidence, failed)
    seen = [s for s in seen if not _of_one_check(s, failing, keys)]
    everywhere = frozenset(s.code for s in seen if _everywhere(s, failed))
    sightings = sorted(
        seen,
        key=lambda s: (
            _place(s.code, everywhere),
            -s.specific,
            SEVERITIES.index(s.severity),
            -len(failed.intersection(s.where)),
        ),
    )
    explains: dict[int, list[str]] = {}
    unexplained = []
    for outcome in failing:
        here = [
            number
            for number, sighting in enumerate(sightings)
            if _explains(sighting, outcome, keys.get(outcome.id, ""))
        ]
        if here:
            explains.setdefault(here[0], []).append(outcome.id)
        else:
            unexplained.append(outcome)
    found = [
        (sighting, tuple(explains.get(number, ())))
        for number, sighting in enumerate(sightings)
        if number in explains or sighting.code == LEAK_CODE
    ]
    return Explanation(tuple(found), tuple(unexplained), everywhere, broken)


def root_causes(
    evidence: Evidence, explanation: Explanation, failing: Sequence[CriterionResult]
) -> tuple[RootCause, ...]:
    """Why these criteria failed: causes, the worst first."""
    keys = _keys(evidence)
    causes = [_sighted(s, scenarios, evidence, keys) for s, scenarios in explanation.found]
    weighty = bool(explanation.unexplained or causes)
    problems: list[Problem] = []
    for result in failing:
        if result.name == BY_SCENARIO:
            problems += _left_over(explanation, result)
        elif not (result.name in AGGREGATES and weighty) and not _told(result, explanation):
            problems += result.problems
    alone = [_told_by_itself(problem, evidence, keys) for problem in grouped(problems)]
    causes += sorted(alone, key=lambda cause: -len(cause.scenarios))
    unsaid = {o.id for o in explanation.unexplained if o.unknown or _only_broke(o)}

    def rank(cause: RootCause) -> tuple[bool, tuple[int, int]]:
        nobody_could_say = bool(cause.scenarios) and unsaid.issuperset(cause.scenarios)
        return nobody_could_say, _rank(cause.code, cause.severity, explanation.everywhere)

    return tuple(sorted(causes, key=rank))


def _only_broke(outcome: Outcome) -> bool:
    """True for a scenario that an error ended, in a step or when it cleaned up, and no check."""
    return outcome.status == "broken" and not outcome.checks and not outcome.invariants


def _rank(code: str, severity: Severity, everywhere: Collection[str]) -> tuple[int, int]:
    """What comes first: its place among kinds of causes, then its severity."""
    return _place(code, everywhere), SEVERITIES.index(severity)


def _place(code: str, everywhere: Collection[str]) -> int:
    if code in (LEAK_CODE, LEAK):
        return 0
    if code in ATTACKS:
        return 1
    return 3 - (code in everywhere)


def _left_over(explanation: Explanation, result: CriterionResult) -> list[Problem]:
    """The problems of scenarios that nothing else explains, and of no scenario at all."""
    left = explanation.unexplained
    by_category = [
        problem
        for category in dict.fromkeys(o.category for o in left)
        for problem in problems_of(
            [o for o in left if o.category == category], category.capitalize()
        )
    ]
    return [*by_category, *(p for p in result.problems if not p.outcomes)]


def _told(result: CriterionResult, explanation: Explanation) -> bool:
    """True where a criterion tells of what a cause has told already."""
    if result.name in LATENCIES:
        left = explanation.unexplained
        if any(not o.unknown and EVENT_TIMES.intersection(o.checks) for o in left):
            return True
    return any(result.name in sighting.criteria for sighting, _ in explanation.found)


def _sighted(
    sighting: Sighting, scenarios: tuple[str, ...], evidence: Evidence, keys: Mapping[str, str]
) -> RootCause:
    """The text names a scenario only where it is the only one in which this was seen."""
    affected = f". {len(scenarios)} scenarios affected" if len(scenarios) > 1 else ""
    only = len(scenarios) == 1 and set(sighting.where) == {keys.get(scenarios[0], "")}
    if only and not sighting.throughout:
        affected = f", in “{_names(evidence)[scenarios[0]]}”"
    first = next(iter(sighting.where), "")
    ids = {key: scenario for scenario, key in keys.items()}
    shown = {i: sighting.where.get(keys.get(i, ""), ())[:MOST_SHOWN] for i in scenarios}
    return RootCause(
        code=sighting.code,
        subject=sighting.subject,
        severity=sighting.severity,
        text=f"{sighting.text}{affected}.",
        scenarios=scenarios,
        scenario=ids.get(first, ""),
        records=sighting.where.get(first, ())[:8],
        shown=tuple((i, numbers) for i, numbers in shown.items() if numbers),
    )


def _names(evidence: Evidence) -> dict[str, str]:
    return {o.id: o.name for o in evidence.outcomes.scenarios}


def _told_by_itself(problem: Problem, evidence: Evidence, keys: Mapping[str, str]) -> RootCause:
    scenario = next(iter(problem.outcomes), "")
    shown: tuple[int, ...] = ()
    if problem.key in SHOWN_BY_SLOWEST:
        name, shown = slowest_events(evidence, keys.get(scenario, ""))
        scenario = next((i for i, key in keys.items() if key == name), scenario)
    return RootCause(
        code=problem.key,
        severity=problem.severity,
        text=problem.text,
        scenarios=problem.outcomes,
        scenario=scenario,
        records=shown,
        shown=((scenario, shown),) if shown else (),
    )


def _sightings(evidence: Evidence, failed: set[str]) -> tuple[list[Sighting], tuple[str, ...]]:
    """What was sighted in scenarios that failed, and which detectors broke."""
    found: list[Sighting] = []
    broken: list[str] = []
    for look in DETECTORS:
        try:
            found += look(evidence)
        except Exception as error:
            # A verdict is due whatever the evidence holds, and a cause decides nothing: without it
            # the failed scenarios are named by their own reasons, and the verdict says so.
            name = getattr(look, "__name__", str(look))
            broken.append(f"{name} ({type(error).__name__}: {error})")
    seen = [s for s in found if s.code == LEAK_CODE or not failed.isdisjoint(s.where)]
    return seen, tuple(broken)


def _everywhere(sighting: Sighting, failed: set[str]) -> bool:
    shown = len(failed.intersection(sighting.where))
    return shown >= max(EVERYWHERE * len(failed), LEAST_EVERYWHERE)


def _of_one_check(sighting: Sighting, failing: Sequence[Outcome], keys: Mapping[str, str]) -> bool:
    """True where one check of their own, which says more, fails all scenarios that it shows in.

    What is worse than what those scenarios are about is never told by their check.
    """
    if sighting.blocking or sighting.specific >= BEYOND_DOUBT:
        return False
    here = [o for o in failing if keys.get(o.id, "") in sighting.where and not o.unknown]
    if sighting.severity in WORST and any(severity(o) not in WORST for o in here):
        return False
    failed_by = {problem_key(o) for o in here}
    return len(failed_by) == 1 and failed_by.isdisjoint(GENERAL)


def _explains(sighting: Sighting, outcome: Outcome, scenario: str) -> bool:
    if sighting.code == LEAK_CODE and problem_key(outcome) == LEAK:
        return True
    if scenario not in sighting.where:
        return False
    explains_attacks = sighting.blocking or scenario in sighting.attacks
    return explains_attacks or ATTACKS.isdisjoint(outcome.checks)


def _keys(evidence: Evidence) -> dict[str, str]:
    """Id of an outcome → its scenario in the journal; by name, where an old journal has no ids."""
    started = evidence.history.of(records.ScenarioStarted)
    started += evidence.cut_short.of(records.ScenarioStarted)
    ids = {o.name: o.id for o in evidence.outcomes.scenarios}
    return {r.scenario_id or ids.get(r.name, ""): r.scenario for r in started}
