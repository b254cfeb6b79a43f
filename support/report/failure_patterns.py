"""`monitoring/failure_patterns.json`: what was looked for in every scenario, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from support.approval import Evidence
from support.checks.invariants import INVARIANTS, invariant_findings
from support.checks.isolation import Violation, by_message
from support.journal import records

MOST_LEAKS = 100


class Pattern(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A failure pattern found in a scenario; `records` are numbers of the journal's records.

    `broke` is true when the check itself failed, not the deployment.
    """

    pattern: str
    scenario: str
    summary: str
    records: tuple[int, ...]
    broke: bool


class PatternCounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scenarios in which a pattern was looked for, and those in which nothing could show it."""

    scenarios: int
    nothing_to_see: int


class Leak(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message with another user's data, at `t_s` seconds of the journal."""

    text: str
    viewer: str
    owner: str
    connection: str
    t_s: float
    record: int


class FailurePatterns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything found; of very many leaked messages the first hundred, all of them counted."""

    looked_for: dict[str, PatternCounts]
    found: tuple[Pattern, ...]
    leaked_messages: int
    leaks: tuple[Leak, ...]


def failure_patterns(evidence: Evidence, leaks: Sequence[Violation]) -> FailurePatterns:
    """Every invariant, evaluated again over every scenario, as the criteria do."""
    names = {r.scenario: r.name for r in evidence.history.of(records.ScenarioStarted)}
    found: list[Pattern] = []
    looked: Counter[str] = Counter()
    unseen: Counter[str] = Counter()
    for scenario, part in evidence.scenarios.items():
        for pattern, finding in invariant_findings(part).items():
            looked[pattern] += 1
            unseen[pattern] += finding.state == "unknown"
            if finding.state == "failed" or finding.broke:
                found.append(
                    Pattern(
                        pattern=pattern,
                        scenario=names.get(scenario, scenario),
                        summary=finding.summary,
                        records=tuple(finding.records),
                        broke=bool(finding.broke),
                    )
                )
    return FailurePatterns(
        looked_for={
            name: PatternCounts(scenarios=looked[name], nothing_to_see=unseen[name])
            for name in INVARIANTS
        },
        found=tuple(found),
        leaked_messages=len({leak.seq for leak in leaks}),
        leaks=tuple(_leak(violation) for violation in by_message(leaks)[:MOST_LEAKS]),
    )


def _leak(violation: Violation) -> Leak:
    return Leak(
        text=violation.text,
        viewer=violation.viewer,
        owner=violation.owner,
        connection=violation.connection,
        t_s=round(violation.t, 3),
        record=violation.seq,
    )
