"""What an event says, whenever and to whichever device it is sent."""

from __future__ import annotations

from support.journal import ConnectionHistory
from support.journal.facts import Event


def content(event: Event) -> tuple[object, ...]:
    """The event without its time and other numbers: a store may round them."""
    numbers = {name for name, value in event.data.items() if type(value) in (int, float)}
    data = {name: value for name, value in event.data.items() if name not in numbers}
    return event.type, event.run_id, event.thread_id, data


def changed_event(stories: list[ConnectionHistory]) -> Event | None:
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
