"""The service announces what cannot be true, and clients must not act on it."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector
from support.approval.evidence import Evidence
from support.approval.words import several
from support.journal.announced import impossible
from support.journal.facts import Ready


@detector
def impossible_limits(evidence: Evidence) -> Iterator[Sighting]:
    """A limit or position in a greeting that is out of all bounds: such a greeting is not used."""
    greetings = evidence.history.facts(Ready)
    wrong = [(seen, found) for seen in greetings if (found := impossible(seen.fact))]
    if not wrong:
        return
    where: dict[str, tuple[int, ...]] = {}
    for seen, _ in wrong:
        frame = seen.frame
        where[frame.scenario] = (*where.get(frame.scenario, ()), frame.seq)
    name, told = next(iter(wrong[0][1].items()))
    share = f"{len(wrong):,} of {several(len(greetings), 'greeting')}"
    text = f"The service announces an impossible limit: {told} ({share})"
    yield Sighting("limit_impossible", "loss", text, where, name, specific=9, blocking=True)
