"""Do events carry the id and the request of their own run, where a user has several?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from support.checks.wrong import Wrong
from support.journal import Seen
from support.journal.facts import (
    STARTED,
    TOOL_COMPLETED,
    TOOL_EXECUTING,
    Accepted,
    Asked,
    Event,
)

Runs = Mapping[str, Sequence[Seen[Event]]]
#: A request of at least so many characters that is found in another question is no coincidence.
_QUOTED = 20


def mixed_up(
    runs: Runs, accepted: Sequence[Seen[Accepted]], asked: Iterable[Seen[Asked]] = ()
) -> dict[str, Wrong]:
    """Run id → what shows that it has an event of another run of the same user, or lacks one.

    The event names the conversation of that other run, or completes a tool call that was begun
    there, never completed there, and never begun here; or it states a request that is found in
    the question of that run, and not in its own.
    """
    found: dict[str, Wrong] = {}
    threads = {a.fact.run_id: a.fact.thread_id for a in accepted}
    known = set(threads.values()) - {None}
    for run_id, event in _each(runs):
        own = threads.get(run_id)
        if own is not None and event.thread_id != own and event.thread_id in known:
            found.setdefault(run_id, _of_another(event))
    begun, done = _calls(runs, TOOL_EXECUTING), _calls(runs, TOOL_COMPLETED)
    waiting = {call: run_id for run_id, call in begun.keys() - done.keys()}
    for run_id, call in done.keys() - begun.keys():
        if call in waiting:
            wrong = _of_another(done[run_id, call])
            found.setdefault(run_id, wrong)
            found.setdefault(waiting[call], wrong)
    for run_id, event in _with_request_of_another(runs, accepted, asked):
        text = f"{event.type} of one run carries the request of another"
        found.setdefault(run_id, Wrong("runs_mixed_up", event.type, text))
    return found


def _with_request_of_another(
    runs: Runs, accepted: Sequence[Seen[Accepted]], asked: Iterable[Seen[Asked]]
) -> Iterable[tuple[str, Event]]:
    sent: dict[str, str] = {}
    for seen in asked:
        request_id = seen.fact.request_id
        sent[request_id] = sent.get(request_id, "") + seen.frame.text
    own = {a.fact.run_id: a.fact.request_id for a in accepted}
    for run_id, event in _each(runs):
        request, mine = event.data.get("request"), own.get(run_id)
        if event.type != STARTED or not isinstance(request, str) or mine not in sent:
            continue
        quoted = json.dumps(request, ensure_ascii=False)[1:-1]
        if len(quoted) < _QUOTED or quoted in sent[mine]:
            continue
        if any(quoted in text for request_id, text in sent.items() if request_id != mine):
            yield run_id, event


def _each(runs: Runs) -> Iterable[tuple[str, Event]]:
    return ((run_id, seen.fact) for run_id, events in runs.items() for seen in events)


def _calls(runs: Runs, kind: str) -> dict[tuple[str, str], Event]:
    """The events of that type by run and call."""
    return {
        (run_id, event.data["call_id"]): event
        for run_id, event in _each(runs)
        if event.type == kind and isinstance(event.data.get("call_id"), str)
    }


def _of_another(event: Event) -> Wrong:
    text = f"{event.type} of one run carries the id of another"
    return Wrong("runs_mixed_up", event.type, text)
