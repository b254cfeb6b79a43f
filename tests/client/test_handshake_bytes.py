"""What goes out in a handshake although no library sends it, and what may never come back."""

from __future__ import annotations

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Response

from support.client.raw_headers import revealed, stand_ins
from support.client.token_echo import echoes

TOKEN = "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"


def answer(body: bytes = b"", status: str = "Unauthorized", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(401, status, Headers(named), body)


def test_a_value_with_control_characters_goes_out_as_it_is() -> None:
    headers, hidden = stand_ins({"Authorization": "Bearer a\0b", "X": "plain"})
    assert headers["X"] == "plain"
    assert "\0" not in headers["Authorization"]
    sent = b"Authorization: " + headers["Authorization"].encode() + b"\r\n"
    assert revealed([sent, b""], hidden) == [b"Authorization: Bearer a\0b\r\n", b""]


def test_values_that_can_be_sent_stay() -> None:
    assert stand_ins({"X": "a\tb é"}) == ({"X": "a\tb é"}, {})


@pytest.mark.parametrize(
    ("response", "place"),
    [
        (answer(Sec_WebSocket_Protocol=f"bearer.{TOKEN}"), "the subprotocol"),
        (answer(X_Session=TOKEN), "the header X-Session"),
        (answer(f"no: {TOKEN}".encode()), "the body"),
        (answer(b"no: ...c2lnbmF0dXJl"), "the body"),
        (answer(status=f"{TOKEN} is wrong"), "the status line"),
        (answer(TOKEN.replace(".", "%2E").encode()), "the body"),
    ],
)
def test_a_token_is_found_wherever_it_comes_back(response: Response, place: str) -> None:
    assert echoes(TOKEN, response) == (place,)


def test_an_answer_without_the_token_has_none() -> None:
    assert echoes(TOKEN, answer(b"unauthorized", Sec_WebSocket_Protocol="agent-chat.v1")) == ()


def test_without_a_token_or_an_answer_nothing_comes_back() -> None:
    assert echoes(None, answer(b"anything")) == ()
    assert echoes(TOKEN, None) == ()


def test_what_is_too_short_is_not_looked_for() -> None:
    assert echoes("401", answer(b"401")) == ()
