"""What must hold in every scenario has held in every scenario."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, invalid, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.words import capital
from support.checks import STANDING, standing_findings
from support.journal import records


@criterion(
    "failure_patterns",
    "No critical failure pattern",
    rank=30,
    limit=lambda policy: "0 patterns",
)
def failure_patterns(evidence: Evidence) -> Ruling:
    """Each pattern must have been looked for where it could have shown."""
    if not evidence.scenarios:
        return lacking("nothing seen", "No scenario ran.")
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
    count = len(evidence.scenarios)
    if found or broke:
        worst, ruling = (found, missed) if found else (broke, invalid)
        return ruling(f"{len(found)} found", f"{capital(worst[0])}.", count, tuple(worst[:10]))
    unseen = [pattern for pattern, looked_for in seen.items() if not looked_for]
    if unseen:
        reason = f"Nothing happened that could have shown this: {', '.join(unseen)}."
        return lacking("nothing seen", reason)
    return met(f"0 in {count} scenarios", count)
