"""What must hold in every scenario has held in every scenario."""

from __future__ import annotations

from support.approval.criterion import MOST_DETAILS, Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.model import Problem
from support.approval.problems import PATTERN_SEVERITY
from support.approval.words import capital
from support.checks.invariants import INVARIANTS, LEAK, invariant_findings
from support.journal import records


@criterion(
    "failure_patterns",
    "No critical failure pattern",
    rank=30,
    limit=lambda policy: "0 patterns",
    definition="What may never happen is looked for in every scenario: leaks, lost, doubled or"
    " reordered events, runs that break off.",
)
def failure_patterns(evidence: Evidence) -> Ruling:
    """Each pattern must have been looked for where it could have shown."""
    if not evidence.scenarios:
        return lacking("nothing seen", "No scenario ran.")
    names = {r.scenario: r.name for r in evidence.history.of(records.ScenarioStarted)}
    accepted = {
        r.scenario
        for r in evidence.history.of(records.ScenarioStarted)
        if r.scenario_id in evidence.accepted
    }
    found: list[Problem] = []
    broke: list[str] = []
    seen = dict.fromkeys(INVARIANTS, False)
    for scenario, part in evidence.scenarios.items():
        for pattern, finding in invariant_findings(part).items():
            seen[pattern] |= finding.state != "unknown" or finding.cause == "not_offered"
            where = f"{pattern} in “{names.get(scenario, scenario)}”"
            text = f"{capital(where)}: {finding.summary}."
            known = scenario in accepted and pattern != LEAK  # which nobody can accept
            if finding.state == "failed" and not known:
                severity = PATTERN_SEVERITY[pattern]
                found.append(Problem(key=pattern, severity=severity, text=text))
            elif finding.broke:
                broke.append(text)
    count = len(evidence.scenarios)
    if found:
        return missed(f"{len(found)} found", found, count).counted(len(found), 0, "patterns")
    if broke:
        details = tuple(broke[:MOST_DETAILS])
        return lacking("not looked for", broke[0], count, "harness", details)
    unseen = [pattern for pattern, looked_for in seen.items() if not looked_for]
    if unseen:
        reason = f"Nothing happened that could have shown: {', '.join(unseen)}."
        return lacking("nothing seen", reason)
    return met(f"0 in {count} scenarios", count).counted(0, 0, "patterns")
