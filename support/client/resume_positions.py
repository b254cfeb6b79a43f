"""Places in a stream to which nobody can come back, by their names in features."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from math import ceil
from typing import TYPE_CHECKING

from support.client.memory import Place
from support.config import Environment, NotOffered

if TYPE_CHECKING:
    from support.client.user import User

AHEAD = 1000  # events that have not happened yet
SPARE = 1.3  # a deployment may keep a little more than it promises
IN_FLIGHT = 5
EVENTS = 7  # of a run with two tools


def _here(user: User) -> Place:
    place = user.memory.place
    if place is None:
        raise LookupError(f"{user.name} has not been in any stream yet")
    return place


async def _elsewhere(user: User) -> Place:
    return f"e-{uuid.uuid4().hex}", _here(user)[1]


async def _ahead(user: User) -> Place:
    epoch, position = _here(user)
    return epoch, position + AHEAD


async def _outlived(user: User) -> Place:
    """Write until the beginning of the stream is no longer kept; raises `NotOffered` if it is."""
    epoch, _ = _here(user)
    await user.reconnect()
    kept, willing = user.retained_events, user.sizes.history
    if kept is None or kept > willing:
        told = "announces no usable retention" if kept is None else f"keeps {kept:,} events"
        raise NotOffered(f"the deployment {told}; up to {willing:,} are written (sizes.history)")
    while user.memory.position < kept * SPARE + 1:
        before = user.memory.position
        await user.ask_series(2 * IN_FLIGHT, in_flight=IN_FLIGHT, kind="tools")
        if user.memory.position == before:
            break  # nothing comes any more, and whoever judges will see that
    user.cut()
    await user.gone()
    return epoch, 0


def questions_to_outlive(environment: Environment, _: int, words: Mapping[str, str]) -> int:
    """At most so many questions are asked to make the place in `words` one that is not kept."""
    willing = environment.sizes.history
    kept = willing
    if environment.uses_reference:
        kept = int(environment.reference.settings.get("chat.retained_events", 10_000))
    if RESUME_POSITIONS[words["position"]] is not _outlived or kept > willing:
        return 0
    return ceil(kept * SPARE / EVENTS / IN_FLIGHT / 2) * IN_FLIGHT * 2


RESUME_POSITIONS: dict[str, Callable[[User], Awaitable[Place]]] = {
    "a position in another stream": _elsewhere,
    "a future position": _ahead,
    "a position that is no longer kept": _outlived,
}
