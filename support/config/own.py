"""Scenarios that need the bundled service set up otherwise than the rest of a run."""

from __future__ import annotations

from collections.abc import Collection

from support.config.environment import Environment

#: By tag, what is set otherwise in a bundled service that runs for this scenario alone.
OWN_SERVICES: dict[str, dict[str, str]] = {
    # Where heartbeats are quick, a client that reads nothing is dropped for its silence, and
    # nobody learns whether what waits for it is bounded.
    "own_service.slow_heartbeat": {"chat.heartbeat_s": "20"},
}


def own_service(environment: Environment, tags: Collection[str]) -> Environment | None:
    """The environment in which a scenario with these tags gets a bundled service of its own.

    None where it needs none, and for a deployment of one's own: that is taken as it is.
    """
    changes = {k: v for tag in tags for k, v in OWN_SERVICES.get(tag, {}).items()}
    if not changes or not environment.uses_reference:
        return None
    reference = environment.reference
    settings = {**reference.settings, **changes}
    changed = reference.model_copy(update={"settings": settings})
    return environment.model_copy(update={"reference": changed})
