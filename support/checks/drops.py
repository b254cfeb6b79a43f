"""What became of everybody whose connection was cut, and who wanted to go on where they were."""

from __future__ import annotations

from collections.abc import Iterator

from support.journal import ConnectionHistory, History
from support.journal.facts import Subscribing
from support.measures import recovery_ms


def recoveries_after_drops(history: History) -> list[float | None]:
    """For every drop: ms until the whole story was there, None where it never was.

    A drop after which nobody tried to take up the stream does not count, nor one whose way back was
    cut off, too: the later one does.
    """
    return [took for story in _dropped(history) for took in _came_back(history, story)]


def _dropped(history: History) -> Iterator[ConnectionHistory]:
    for story in history.connections.values():
        if story.ready is not None and _cut(story):
            yield story


def _came_back(history: History, dropped: ConnectionHistory) -> list[float | None]:
    closed, tried = dropped.closed, False
    for story in history.connections_of(dropped.user):
        if closed is None or story.connecting.seq < closed.seq:
            continue
        if story.connecting.expect not in ("admitted", "hoped"):
            continue
        if story.ready is None:
            tried = True
            continue
        if not _resumes(story):
            return []
        took = recovery_ms(history, story)
        if took is None and _cut(story):
            return []
        return [took[1] if took is not None else None]
    return [None] if tried else []


def _cut(story: ConnectionHistory) -> bool:
    return story.closed is not None and story.closed.by in ("fault", "network")


def _resumes(story: ConnectionHistory) -> bool:
    facts = (fact for frame in story.frames for fact in frame.facts)
    return any(isinstance(f, Subscribing) and f.after is not None for f in facts)
