"""A user's token comes back in the answer to a handshake."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector
from support.approval.evidence import Evidence
from support.approval.words import several
from support.journal import History, records

#: The check that asks for it.
CHECK = "token_never_echoed"


@detector
def tokens_echoed(evidence: Evidence) -> Iterator[Sighting]:
    """Seen in scenarios that failed by it.

    By their check, or since the token came back as a subprotocol that was not offered.
    """
    checked = {o.id for o in evidence.outcomes.scenarios if CHECK in o.checks}
    where: dict[str, tuple[int, ...]] = {}
    places: dict[str, None] = {}
    count = answers = 0
    for scenario, part in evidence.scenarios.items():
        here = _answers(part)
        answers += len(here)
        found = [answer for answer in here if answer.echoed]
        count += len(found)
        places |= dict.fromkeys(place for answer in found for place in answer.echoed)
        by_check = any(s.scenario_id in checked for s in part.of(records.ScenarioStarted))
        shown = [a for a in found if by_check or _as_subprotocol(a)]
        if shown:
            where[scenario] = tuple(answer.seq for answer in shown)
    if where:
        share = f"{count:,} of {several(answers, 'handshake')}"
        text = f"The service sends the user's token back in {', '.join(places)} ({share})"
        subject, attacks = next(iter(places)), frozenset(where)
        yield Sighting("token_echoed", "security", text, where, subject, 9, attacks=attacks)


def _answers(part: History) -> list[records.Connected | records.Refused]:
    stories = part.connections.values()
    return [a for c in stories for a in (c.connected, c.refused) if a is not None]


def _as_subprotocol(answer: records.Connected | records.Refused) -> bool:
    """True where it came back as a subprotocol that was not offered, which no client accepts."""
    return isinstance(answer, records.Connected) and not answer.agreed
