"""What is worth another attempt, and what never will be."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from support.client.reconnect.retryable import is_final, reason
from support.dialects import load_dialect
from support.dialects.schema import Refusal
from support.journal import records

DATA = load_dialect("agent-chat-v1").data


def refused(how: str, status: int | None = None) -> records.Refused:
    return records.Refused(t=0, connection="c", user="u", how=how, status=status)


def closed(by: str, code: int | None = None) -> records.Closed:
    return records.Closed(t=0, connection="c", user="u", by=by, code=code)


FINAL = [
    refused("http", 401),
    refused("http", 403),
    refused("close", 4401),
    closed("target", 4401),
]
RETRYABLE = [
    None,
    refused("network"),
    refused("timeout"),
    refused("http", 429),
    refused("http", 500),
    refused("http", 503),
    closed("target", 1012),
    closed("target", 1011),
    closed("network"),
    closed("fault"),
    closed("user", 1000),  # by our own app, that found it useless
]


@pytest.mark.parametrize("end", FINAL, ids=reason)
def test_final(end: Any) -> None:
    assert is_final(end, DATA)


@pytest.mark.parametrize("end", RETRYABLE, ids=reason)
def test_retryable(end: Any) -> None:
    assert not is_final(end, DATA)


def test_where_the_file_names_no_final_end_the_refusals_of_bad_tokens_are() -> None:
    refusals = {"token": [Refusal(http=403), Refusal(close=4401)]}
    handshake = replace(DATA.handshake, final=[], refusals=refusals)
    data = replace(DATA, handshake=handshake, closing=replace(DATA.closing, final=[]))
    assert is_final(refused("http", 403), data)
    assert is_final(refused("close", 4401), data)
    assert not is_final(refused("http", 401), data)
    assert not is_final(refused("network"), data)
    assert not is_final(closed("target", 4401), data)
