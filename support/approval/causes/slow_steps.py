"""One step of a run always takes long: what is too slow because of it is no further cause."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from support.approval.causes.lateness import MOST_SHOWN, lateness
from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.approval.words import several
from support.checks.responsiveness import step_spans
from support.journal import History
from support.journal.facts import Event
from support.measures.distribution import LEAST_SAMPLES

#: What a scenario checks of the speed of runs.
SPEED = frozenset({"throughput_at_least", "every_type_within", "first_sign_within"})
#: A step that usually takes as long is slow whatever the load.
LONG_S = 1.0


@detector
def slow_steps(evidence: Evidence) -> Iterator[Sighting]:
    """The usual wait for a type of event is long in half of the scenarios of normal service.

    Seen in nothing but scenarios that failed by speed, and measured in all others, each of which
    counts once: in some of them many users may wait for each other. Not where events arrive late:
    a step that only seems to take long has a cause of its own.
    """
    failed = failed_by(evidence, SPEED)
    if not failed or lateness(evidence) is not None:
        return
    waits: dict[str, list[list[float]]] = {}
    for scenario, part in evidence.baseline_history.scenarios().items():
        for event, spans in step_spans(part).items() if scenario not in failed else ():
            waits.setdefault(event, []).append([end - start for start, end in spans])
    usual = {event: median(map(median, found)) for event, found in waits.items()}
    for event, usual_s in sorted(usual.items(), key=lambda item: -item[1]):
        if sum(map(len, waits[event])) >= LEAST_SAMPLES["p50"] and usual_s > LONG_S:
            of = several(len(waits[event]), "scenario")
            text = f"{event} usually takes {usual_s:.1f} s (median over {of})"
            where = {name: _slowest(evidence.scenarios[name], event) for name in failed}
            yield Sighting("step_slow", "latency", text, where, event, specific=8, throughout=True)
            return


def _slowest(part: History, event: str) -> tuple[int, ...]:
    """The records of the events of that type for which users of a scenario waited longest."""
    spans = sorted(step_spans(part).get(event, ()), key=lambda span: span[0] - span[1])
    ends = {end for _, end in spans[:MOST_SHOWN]}
    events = (seen.frame for seen in part.facts(Event) if seen.fact.type == event)
    return tuple(frame.seq for frame in events if frame.t in ends)
