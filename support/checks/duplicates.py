"""What comes twice: on the wire, and in what a user is shown."""

from __future__ import annotations

from collections import Counter

from support.checks.answers import Promises
from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.runs import run_problems
from support.journal import History, Seen, records
from support.journal.facts import Accepted, Event, Unreadable


def without_network_damage(history: History) -> History:
    """`history`, less the frames that faults had doubled or truncated on their way to a user.

    A frame counts as doubled by the network when it is the very frame before it on its connection,
    as truncated when it cannot be read; and only as many as the faults had damaged by then: others
    are the deployment's own.
    """
    damage = ("double", "truncate")
    if not history.of(records.Fault, lambda f: f.name in damage):
        return history
    kept: list[records.Record] = []
    before: dict[str, records.Frame] = {}
    expected: Counter[str] = Counter()
    for record in history.records:
        if isinstance(record, records.Fault) and record.direction != "to_service":
            expected[record.name] += 1
        elif isinstance(record, records.Frame) and record.direction == "received":
            found = _damage(record, before.get(record.connection))
            before[record.connection] = record
            if expected[found]:
                expected[found] -= 1
                continue
        kept.append(record)
    return History(kept)


def _damage(frame: records.Frame, last: records.Frame | None) -> str:
    """Which fault would explain `frame` after the `last` one of its connection; empty for none."""
    if last and (last.text, last.facts) == (frame.text, frame.facts):
        return "double"
    return "truncate" if any(isinstance(fact, Unreadable) for fact in frame.facts) else ""


@check("{user} is shown every event once, however often it arrives", needs="positions")
def events_shown_once(history: History, user: str) -> Finding:
    """Each repetition on a device was recognised as one, nothing else was, and the runs are whole.

    Unknown when nothing arrived twice.
    """
    recognised = Counter(
        (r.connection, r.epoch, r.position)
        for r in history.of(records.DuplicateDropped)
        if r.user == user
    )
    arrived: Counter[tuple[str, str | None, int]] = Counter()
    shown: dict[str, list[Seen[Event]]] = {}
    for device in history.devices_of(user):
        known: set[tuple[str | None, int | None]] = set()
        for story in device:
            for seen in story.events:
                event = seen.fact
                place = (event.epoch, event.position)
                if place in known and event.position is not None:
                    arrived[(story.id, event.epoch, event.position)] += 1
                else:
                    known.add(place)
                    shown.setdefault(event.run_id or "", []).append(seen)
    if not arrived and not recognised:
        return unknown("nothing arrived twice")
    for _, _, position in arrived - recognised:
        return failed(f"event {position} was shown twice")
    for _, _, position in recognised - arrived:
        return failed(f"event {position} was taken for a repetition and never shown")
    promises = Promises(history, user)
    by_request = {s.fact.request_id: s.fact for s in history.facts(Accepted, user=user)}
    for accepted in by_request.values():
        run = [s.fact for s in shown.get(accepted.run_id or "", ())]
        wrong = run_problems(run, accepted) + promises.problems(accepted.request_id or "", run)
        if wrong:
            return failed(wrong[0])
    return passed(f"{arrived.total()} repetitions, none of them shown")
