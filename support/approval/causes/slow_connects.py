"""Connecting usually takes long: what fails while somebody waits for it is no further cause."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.causes.slow_steps import LONG_S
from support.approval.evidence import Evidence
from support.approval.words import several
from support.journal import ConnectionHistory
from support.measures.connections import connect_s, to_be_admitted
from support.measures.distribution import LEAST_SAMPLES

#: What a scenario checks of getting in.
GETTING_IN = frozenset({"established_within", "connected_within", "admitted"})


@detector
def slow_connects(evidence: Evidence) -> Iterator[Sighting]:
    """In normal service the median time from the first byte to the greeting is over `LONG_S`.

    Seen in scenarios that failed by connecting, where an attempt was greeted as late, or ended
    while it waited as long.
    """
    tried = to_be_admitted(evidence.baseline_history)
    waits = [wait for story in tried if (wait := connect_s(story)) is not None]
    if len(waits) < LEAST_SAMPLES["p50"] or median(waits) <= LONG_S:
        return
    where: dict[str, tuple[int, ...]] = {}
    for scenario in failed_by(evidence, GETTING_IN):
        late = [c for c in to_be_admitted(evidence.scenarios[scenario]) if _waited_s(c) > LONG_S]
        if late:
            where[scenario] = tuple(c.connecting.seq for c in late)
    of = several(len(waits), "connection")
    text = f"Connecting usually takes {median(waits):.1f} s (median of {of})"
    yield Sighting("connect_slow", "latency", text, where, specific=9, throughout=True)


def _waited_s(story: ConnectionHistory) -> float:
    """Until the greeting, or until the attempt was refused; 0 where neither came."""
    if story.refused is not None:
        return story.refused.t - story.connecting.t
    return connect_s(story) or 0.0
