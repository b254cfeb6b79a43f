"""Other wire formats that the reference speaks: one module each, and nothing else knows them.

Each is an ASGI application around the chat backend, which it talks to in the contract's own words:
the service, its defects and its variants are the same whatever is spoken.
"""

from __future__ import annotations

from collections.abc import Callable

from support.reference.config import ChatConfig, ConfigError
from support.reference.formats.cursors import Cursors
from support.reference.formats.graphql import GraphQL
from support.reference.formats.inner import App

FORMATS: dict[str, Callable[[App, ChatConfig], App]] = {"cursors": Cursors, "graphql": GraphQL}


def spoken(app: App, config: ChatConfig) -> App:
    """Return ``app`` as it is spoken to in ``config.wire``; raise ConfigError for no such format"""
    if config.wire == "agent-chat":
        return app
    if config.wire not in FORMATS:
        raise ConfigError(f"CHAT_WIRE is one of agent-chat, {', '.join(FORMATS)}")
    return FORMATS[config.wire](app, config)
