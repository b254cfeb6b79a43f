"""What a detector sees: one kind of thing going wrong, in which scenarios, and where it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from support.approval.evidence import Evidence
from support.approval.model import Severity

#: A scenario of the journal → the numbers of the records there that show it.
Where = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Sighting:
    """`code` and `subject` say as values what goes wrong; `text` says it to people.

    `specific`: of two sightings in one scenario the more specific one is its cause. `blocking`:
    whatever fails in such a scenario follows from it; other sightings explain no failed attack
    but those in the scenarios of `attacks`. `criteria` are those that do not pass because of it.
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


Detector = Callable[[Evidence], Iterable[Sighting]]
DETECTORS: list[Detector] = []


def detector(look: Detector) -> Detector:
    """Register a detector."""
    DETECTORS.append(look)
    return look
