"""What a detector sees: one kind of thing going wrong, in which scenarios, and where it shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from support.approval.evidence import Evidence
from support.approval.model import Severity
from support.journal import records

#: A scenario of the journal → the numbers of the records there that show it.
Where = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Sighting:
    """`code` and `subject` say as values what goes wrong; `text` says it to people.

    `specific`: of two sightings in one scenario the more specific one is its cause. `blocking`:
    whatever fails in such a scenario follows from it; other sightings explain no failed attack
    but those in the scenarios of `attacks`. `criteria` are those that do not pass because of it.
    `throughout`: measured over the whole run, so that no scenario is named as the only one.
    """

    code: str
    severity: Severity
    text: str
    where: Where
    subject: str = ""
    specific: int = 1
    blocking: bool = False
    criteria: tuple[str, ...] = ()
    attacks: frozenset[str] = frozenset()
    throughout: bool = False


Detector = Callable[[Evidence], Iterable[Sighting]]
DETECTORS: list[Detector] = []


def detector(look: Detector) -> Detector:
    """Register a detector."""
    DETECTORS.append(look)
    return look


def failed_by(evidence: Evidence, checks: Collection[str]) -> list[str]:
    """Scenarios that failed one of these checks, in the order of the journal.

    `unknown` does not count. The order is the same whenever the evidence is judged.
    """
    ids = {
        outcome.id
        for outcome in evidence.outcomes.scenarios
        if outcome.failing and not outcome.unknown and not set(outcome.checks).isdisjoint(checks)
    }
    started = evidence.history.of(records.ScenarioStarted)
    return list(dict.fromkeys(s.scenario for s in started if s.scenario_id in ids))
