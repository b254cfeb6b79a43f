"""Messages that nobody can read: what they carried is missing wherever it was waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector
from support.approval.evidence import Evidence
from support.approval.words import several
from support.checks.duplicates import without_network_damage
from support.journal.facts import Unreadable


@detector
def messages_unreadable(evidence: Evidence) -> Iterator[Sighting]:
    """After the greeting, which is a matter of its own; not where a fault has damaged them."""
    kinds: Counter[str] = Counter()
    where: dict[str, tuple[int, ...]] = {}
    received = 0
    for scenario, part in evidence.scenarios.items():
        for story in without_network_damage(part).connections.values():
            if story.ready is None:
                continue
            frames = [frame for frame in story.frames if frame.direction == "received"]
            received += len(frames)
            for frame in frames:
                why = next((f.why for f in frame.facts if isinstance(f, Unreadable)), None)
                if why is not None:
                    kinds[why] += 1
                    where[scenario] = (*where.get(scenario, ()), frame.seq)
    if not kinds:
        return
    why, _ = kinds.most_common(1)[0]
    share = f"{kinds.total():,} of {several(received, 'message')}"
    text = f"Messages cannot be read: {why} ({share})"
    yield Sighting("message_unreadable", "loss", text, where, why, specific=9)
