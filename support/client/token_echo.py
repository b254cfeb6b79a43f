"""Did the answer to a handshake carry the caller's own token back? Proxies keep answers."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from websockets.http11 import Response

LEAST = 8  # characters: anything shorter is found by chance


def echoes(token: str | None, response: Response | None) -> tuple[str, ...]:
    """The places of `response` in which `token`, or its signature, stands; plain or escaped."""
    if token is None or response is None:
        return ()
    pieces = [piece for piece in (token, token.rpartition(".")[2]) if len(piece) >= LEAST]
    found = [
        place
        for place, text in _places(response)
        if any(piece in reading for piece in pieces for reading in (text, unquote(text)))
    ]
    return tuple(dict.fromkeys(found))


def _places(response: Response) -> Iterator[tuple[str, str]]:
    yield "the status line", response.reason_phrase
    for name, value in response.headers.raw_items():
        is_choice = name.lower() == "sec-websocket-protocol"
        yield ("the subprotocol" if is_choice else f"the header {name}"), value
    yield "the body", (response.body or b"").decode("utf-8", "replace")
