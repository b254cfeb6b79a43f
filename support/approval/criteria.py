"""The criteria of `verdict.md`: each a pure function of evidence and policy, with its own state.

No criterion weighs against another, and none passes on nothing: an empty measurement is
`no_evidence`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from support.approval.baseline import compare, key_figures
from support.approval.model import CriterionResult, Outcome, Outcomes, State
from support.checks import (
    STANDING,
    Finding,
    RunFigures,
    clock_of,
    disturbed,
    figures,
    latencies,
    latency_within,
    standing_findings,
    violations,
)
from support.checks.latency import LEAST_SAMPLES, Figure
from support.journal import History, records
from support.journal.facts import REQUIRED_EVENTS, TERMINAL_EVENTS, Accepted, Event
from support.target import Policy

LEAST_OPERATIONS = 20
LEAST_CONNECTIONS = 20
LEAST_RUNS = 10


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on."""

    outcomes: Outcomes
    history: History
    policy: Policy

    @property
    def wall(self) -> float:
        """Unix seconds at the journal's zero. Raises `LookupError` for a journal without a head."""
        for record in self.history.of(records.Opened):
            return record.wall
        raise LookupError("the journal has no first record")

    @cached_property
    def scenarios(self) -> dict[str, History]:
        """The journal, a part per scenario."""
        return self.history.scenarios()

    @cached_property
    def peaceful(self) -> History:
        """What happened in scenarios of normal service: no fault, outage or load of our making."""
        excluded = disturbed(self.history)
        return History([r for r in self.history.records if r.scenario not in excluded])

    @cached_property
    def figures(self) -> RunFigures:
        """Everything that was measured. Raises `LookupError` for a journal without a head."""
        return figures(self.history, self.wall)

    @property
    def key_figures(self) -> dict[str, float]:
        """The figures that runs are compared by; none of a journal that holds none."""
        try:
            return key_figures(self.figures)
        except Exception:
            # A verdict is due whatever the evidence holds; the criterion says what broke.
            return {}

    def selected(self, category: str) -> list[Outcome]:
        """The selected scenarios of a category."""
        return [o for o in self.outcomes.scenarios if o.selected and o.category == category]


Criterion = Callable[[Evidence], CriterionResult]


def judge_criteria(evidence: Evidence) -> tuple[CriterionResult, ...]:
    """Every criterion's result, in the order of the table. One that breaks is `invalid`."""
    results = []
    for name, (title, criterion) in CRITERIA.items():
        required = name not in evidence.policy.leave_out
        try:
            result = criterion(evidence)
        except Exception as error:
            reason = f"the criterion itself broke: {type(error).__name__}: {error}"
            result = _result(name, title, "invalid", "–", "–", reason=reason)
        if not required:
            result = msgspec.structs.replace(
                result, state="waived", required=False, reason="not required in this environment"
            )
        results.append(result)
    return tuple(results)


def _isolation(evidence: Evidence) -> CriterionResult:
    name, title, limit = "user_isolation", TITLES["user_isolation"], "0 leaks, proven"
    found = [v for part in evidence.scenarios.values() for v in violations(part)]
    found.sort(key=lambda v: v.across)  # two people of one scenario are easier to picture
    if found:
        return _result(
            name,
            title,
            "fail",
            f"{len(found):,} leaks",
            limit,
            samples=len(found),
            reason=f"Users see what is not theirs: {found[0].told()}.",
            details=tuple(v.told() for v in found[:10]),
        )
    proofs = [o for o in evidence.outcomes.scenarios if o.selected and "isolation" in o.tags]
    held = [o for o in proofs if o.status == "passed"]
    fences = [f for f in evidence.history.of(records.Fence) if f.held]
    frames = evidence.history.of(records.Frame, lambda f: f.direction == "received")
    failing = [o for o in proofs if o.status in ("failed", "broken")]
    if failing:
        reason = f"“{failing[0].name}” did not pass: {_first_line(failing[0].reason)}"
        return _result(name, title, "fail", "not proven", limit, reason=reason)
    missing = [o for o in proofs if o.status == "not_run"]
    if missing or not held or not fences:
        reason = "No scenario has proven that users can not see each other's events."
        if missing:
            reason = f"“{missing[0].name}” never ran."
        return _result(name, title, "no_evidence", "not proven", limit, reason=reason)
    told = f"0 leaks in {len(frames):,} frames, {len(fences)} fences held"
    return _result(name, title, "pass", told, limit, samples=len(frames))


def _categories(evidence: Evidence) -> CriterionResult:
    name, title, limit = "categories", TITLES["categories"], "every category passes"
    wanted = list(evidence.policy.required_categories)
    wanted += [c for c in _categories_of(evidence) if c not in wanted]
    bad: list[tuple[State, str]] = []
    for category in wanted:
        state, why = _category(evidence.selected(category), category)
        if state != "pass":
            bad.append((state, why))
    passing = len(wanted) - len(bad)
    told = f"{passing} of {len(wanted)} categories"
    selected = [o for o in evidence.outcomes.scenarios if o.selected]
    if not bad:
        return _result(name, title, "pass", told, limit, samples=len(selected))
    worst: State = "fail" if any(s == "fail" for s, _ in bad) else "no_evidence"
    reasons = tuple(why for state, why in bad if state == worst)
    return _result(
        name,
        title,
        worst,
        told,
        limit,
        samples=len(selected),
        reason=reasons[0],
        details=tuple(why for _, why in bad),
    )


def _category(outcomes: Sequence[Outcome], category: str) -> tuple[State, str]:
    failing = [o for o in outcomes if o.status in ("failed", "broken")]
    if failing:
        more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
        cause = _first_line(failing[0].reason)
        return "fail", f"{category.capitalize()}: “{failing[0].name}” failed{more}: {cause}"
    if any(o.status == "not_run" for o in outcomes):
        missing = sum(o.status == "not_run" for o in outcomes)
        return "no_evidence", f"{category.capitalize()}: {missing} scenario(s) never ran"
    if not any(o.status == "passed" and o.critical for o in outcomes):
        return "no_evidence", f"{category.capitalize()}: no critical scenario passed"
    return "pass", ""


def _failure_patterns(evidence: Evidence) -> CriterionResult:
    name, title, limit = "failure_patterns", TITLES["failure_patterns"], "0 patterns"
    if not evidence.scenarios:
        return _result(name, title, "no_evidence", "nothing seen", limit, reason="No scenario ran.")
    names = {r.scenario: r.name for r in evidence.history.of(records.ScenarioStarted)}
    found: list[str] = []
    broke: list[str] = []
    seen = dict.fromkeys(STANDING, False)
    for scenario, part in evidence.scenarios.items():
        for pattern, finding in standing_findings(part).items():
            seen[pattern] = seen[pattern] or finding.state != "unknown"
            told = f"{pattern} in “{names.get(scenario, scenario)}”: {finding.summary}"
            if finding.state == "failed":
                found.append(told)
            elif finding.broke:
                broke.append(told)
    state: State = "fail" if found else "invalid"
    if found or broke:
        worst = found or broke
        return _result(
            name,
            title,
            state,
            f"{len(found)} found",
            limit,
            samples=len(evidence.scenarios),
            reason=_capital(worst[0]) + ".",
            details=tuple(worst[:10]),
        )
    unseen = [pattern for pattern, looked_for in seen.items() if not looked_for]
    if unseen:
        reason = f"Nothing happened that could have shown this: {', '.join(unseen)}."
        return _result(name, title, "no_evidence", "nothing seen", limit, reason=reason)
    told = f"0 in {len(evidence.scenarios)} scenarios"
    return _result(name, title, "pass", told, limit, samples=len(evidence.scenarios))


def _event_delivery(evidence: Evidence) -> CriterionResult:
    name, title = "event_delivery", TITLES["event_delivery"]
    floor = evidence.policy.event_completion
    limit = f"≥ {floor:.0%}, every type seen"
    asked, whole, types = 0, 0, set[str]()
    for part in evidence.peaceful.scenarios().values():
        events = part.facts(Event)
        types |= {s.fact.type for s in events}
        ended = {(s.frame.user, s.fact.run_id) for s in events if s.fact.type in TERMINAL_EVENTS}
        runs = {(s.frame.user, s.fact.request_id): s.fact.run_id for s in part.facts(Accepted)}
        for seen in part.asked():
            asked += 1
            run_id = runs.get((seen.frame.user, seen.fact.request_id))
            whole += run_id is not None and (seen.frame.user, run_id) in ended
    missing = [t for t in REQUIRED_EVENTS if t not in types]
    if asked < LEAST_RUNS:
        reason = f"Only {asked} questions were asked."
        return _result(name, title, "no_evidence", f"{asked} runs", limit, asked, reason)
    share = whole / asked
    told = f"{share:.1%} of runs completed"
    if missing:
        reason = f"{missing[0]} never reached anybody."
        return _result(
            name, title, "fail", f"{told}, {missing[0]} never seen", limit, asked, reason
        )
    if share < floor:
        reason = f"{asked - whole} of {asked} runs never came to their end."
        return _result(name, title, "fail", told, limit, asked, reason)
    return _result(name, title, "pass", told, limit, asked)


def _operations(evidence: Evidence) -> CriterionResult:
    name, title = "operations", TITLES["operations"]
    floor, history = evidence.policy.operation_success, evidence.peaceful
    results: list[bool] = [r.ok for r in history.of(records.SignedIn)]
    results += [f.held for f in history.of(records.Fence)]
    results += [h.answered for h in history.of(records.Heartbeat)]
    results += _admissions(history)
    results += [False] * len(history.of(records.GaveUp))
    accepted = {(s.frame.user, s.fact.request_id) for s in history.facts(Accepted)}
    results += [(s.frame.user, s.fact.request_id) in accepted for s in history.asked()]
    return _share(name, title, results, floor, LEAST_OPERATIONS, "operations", "did not succeed")


def _connections(evidence: Evidence) -> CriterionResult:
    name, title = "connections", TITLES["connections"]
    floor = evidence.policy.connection_success
    results = _admissions(evidence.peaceful)
    return _share(name, title, results, floor, LEAST_CONNECTIONS, "connections", "failed")


def _admissions(history: History) -> list[bool]:
    """For every connection that should be let in: was it?"""
    return [
        story.ready is not None
        for story in history.connections.values()
        if story.connecting.expect == "admitted"
    ]


def _latency(figure: Figure) -> Criterion:
    def judge(evidence: Evidence) -> CriterionResult:
        name, policy = f"{figure}_latency", evidence.policy
        limit_ms: float = getattr(policy, f"{figure}_latency_ms")
        limit, title = f"≤ {limit_ms:g} ms", TITLES[name]
        finding: Finding = latency_within(evidence.wall, figure, limit_ms)(evidence.history)
        clock = clock_of(evidence.history, evidence.wall)
        measured = latencies(evidence.history, clock, evidence.wall) if clock else None
        count = len(measured.samples) if measured else 0
        enough = measured is not None and count >= LEAST_SAMPLES[figure]
        if measured is not None and enough and clock is not None:
            told = f"{measured.figure(figure):.1f} ms ± {clock.uncertainty_s * 1000:.1f}"
        else:
            told = "not measured"
        if finding.state == "passed":
            return _result(name, title, "pass", told, limit, count)
        if finding.state == "failed":
            return _result(name, title, "fail", told, limit, count, f"{title}: {finding.summary}.")
        ours = finding.broke or "our own machine" in finding.summary
        state: State = "invalid" if ours else "no_evidence"
        return _result(name, title, state, told, limit, count, f"{title}: {finding.summary}.")

    return judge


def _memory(evidence: Evidence) -> CriterionResult:
    name, title = "memory_growth", TITLES["memory_growth"]
    limit_mb = evidence.policy.memory_growth_mb
    samples = evidence.history.of(records.Sample, lambda s: s.name == "target_memory_bytes")
    limit = f"≤ {limit_mb:g} MB"
    if len(samples) < 2:
        reason = "The target told its memory less than twice."
        return _result(name, title, "no_evidence", "not measured", limit, len(samples), reason)
    grown_mb = (max(s.value for s in samples) - samples[0].value) / 1e6
    told = f"{max(grown_mb, 0):.1f} MB"
    if grown_mb > limit_mb:
        reason = f"The target's memory grew by {grown_mb:.0f} MB during the run."
        return _result(name, title, "fail", told, limit, len(samples), reason)
    return _result(name, title, "pass", told, limit, len(samples))


def _degradation(evidence: Evidence) -> CriterionResult:
    name, title = "degradation", TITLES["degradation"]
    baseline = evidence.outcomes.baseline
    limit = "not over 50 % worse"
    if not baseline:
        reason = "There is no approved run of this target and environment to compare with yet."
        result = _result(name, title, "waived", "no baseline", limit, 0, reason)
        return msgspec.structs.replace(result, required=False)
    finding = compare(evidence.figures, baseline)
    told = f"against {len(baseline)} approved runs"
    if finding.ok:
        return _result(name, title, "pass", told, limit, len(baseline))
    state: State = "no_evidence"
    if finding.state == "failed":
        state = "fail"
    elif "our own machine" in finding.summary:
        state = "invalid"
    reason = f"Compared with the last approved runs: {finding.summary}."
    return _result(name, title, state, told, limit, len(baseline), reason, finding.seen)


def _share(
    name: str, title: str, results: list[bool], floor: float, least: int, noun: str, verb: str
) -> CriterionResult:
    limit, total = f"≥ {floor:.0%}", len(results)
    if total < least:
        reason = f"Only {total} {noun} were seen."
        return _result(name, title, "no_evidence", f"{total} {noun}", limit, total, reason)
    share = sum(results) / total
    told = f"{share:.1%}"
    if share < floor:
        reason = f"{total - sum(results)} of {total} {noun} {verb}."
        return _result(name, title, "fail", told, limit, total, reason)
    return _result(name, title, "pass", told, limit, total)


def _result(
    name: str,
    title: str,
    state: State,
    measured: str,
    limit: str,
    samples: int | None = None,
    reason: str = "",
    details: tuple[str, ...] = (),
) -> CriterionResult:
    return CriterionResult(
        name=name,
        title=title,
        state=state,
        measured=measured,
        limit=limit,
        samples=samples,
        reason=reason,
        details=details,
    )


def _categories_of(evidence: Evidence) -> list[str]:
    return list(dict.fromkeys(o.category for o in evidence.outcomes.scenarios if o.selected))


def _first_line(text: str) -> str:
    """The line that says what was seen instead; else the first after the step's own."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    seen = [line.removeprefix("but: ") for line in lines if line.startswith("but: ")]
    return (seen or lines[1:] or lines or ["no reason given"])[0].rstrip(".") + "."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


TITLES = {
    "user_isolation": "Users never see each other's events",
    "categories": "Every category of scenarios passed",
    "failure_patterns": "No critical failure pattern",
    "event_delivery": "Required events delivered",
    "operations": "Operations that succeeded",
    "connections": "Connections that succeeded",
    "average_latency": "Average event latency",
    "p95_latency": "Event latency, 95th percentile",
    "p99_latency": "Event latency, 99th percentile",
    "memory_growth": "Memory growth of the target",
    "degradation": "As quick as in the last approved runs",
}

CRITERIA: dict[str, tuple[str, Criterion]] = {
    name: (TITLES[name], criterion)
    for name, criterion in (
        ("user_isolation", _isolation),
        ("categories", _categories),
        ("failure_patterns", _failure_patterns),
        ("event_delivery", _event_delivery),
        ("operations", _operations),
        ("connections", _connections),
        ("average_latency", _latency("average")),
        ("p95_latency", _latency("p95")),
        ("p99_latency", _latency("p99")),
        ("memory_growth", _memory),
        ("degradation", _degradation),
    )
}
