"""Do events carry the id of their own run, where a user has several?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from support.checks.wrong import Wrong
from support.journal import Seen
from support.journal.facts import TOOL_COMPLETED, TOOL_EXECUTING, Accepted, Event

Runs = Mapping[str, Sequence[Seen[Event]]]


def mixed_up(runs: Runs, accepted: Iterable[Seen[Accepted]]) -> dict[str, Wrong]:
    """Run id → what shows that it has an event of another run of the same user, or lacks one.

    The event names the conversation of that other run, or completes a tool call that was begun
    there, never completed there, and never begun here.
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
    return found


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
