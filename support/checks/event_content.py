"""What an event says, whenever and to whichever device it is sent."""

from __future__ import annotations

from support.journal import ConnectionHistory, facts

#: What of an event's data is the same wherever and whenever it is sent. A service may add fields of
#: its own, about one delivery, and its store may round numbers.
SAME: dict[str, tuple[str, ...]] = {
    facts.STARTED: ("agent", "request"),
    facts.THINKING: ("text",),
    facts.TOOL_EXECUTING: ("tool", "call_id", "arguments"),
    facts.TOOL_COMPLETED: ("tool", "call_id", "result", "ok"),
    facts.COMPLETED: ("response", "status"),
    facts.DELTA: ("text",),
    facts.FAILED: ("code", "message"),
}


def content(event: facts.Event) -> tuple[object, ...]:
    """What has to be the same of an event, by `SAME`."""
    return event.type, event.run_id, *map(event.data.get, SAME.get(event.type, ()))


def changed_event(stories: list[ConnectionHistory]) -> facts.Event | None:
    """The first event that says something else than it did earlier, under the same position."""
    known: dict[tuple[str | None, int], tuple[object, ...]] = {}
    for story in stories:
        for seen in story.events:
            event = seen.fact
            if event.position is None:
                continue
            if known.setdefault((event.epoch, event.position), content(event)) != content(event):
                return event
    return None
