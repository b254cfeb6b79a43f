"""A lure tells of everybody who comes, and serves what they would have come for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from jwt import PyJWKSet

from support.client.lure import CERTIFICATE, KEYS, Lure
from support.config import Environment, NotOffered
from support.deployment import Deployment


def deployment(chat_url: str = "http://127.0.0.1:1") -> Deployment:
    return Deployment(Environment(chat_url=chat_url, sign_in="static"), Path())


def visited(*requests: bytes) -> tuple[list[str], list[bytes], Lure]:
    """Who came, and what they were given, for these requests one after another."""
    came: list[str] = []
    lure = Lure(deployment(), came.append)

    async def visit() -> list[bytes]:
        parts = urlsplit(await lure.address())
        given = []
        for request in requests:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(request)
            writer.write_eof()
            given.append((await reader.read()).partition(b"\r\n\r\n")[2])
            writer.close()
        await lure.close()
        return given

    return came, asyncio.run(visit()), lure


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def test_whoever_comes_is_told_of_and_gets_the_visitors_keys() -> None:
    came, given, lure = visited(get(KEYS))
    assert came == [KEYS]
    assert PyJWKSet.from_json(given[0].decode()).keys[0].key_id == lure.pair.jwk()["kid"]


def test_the_certificate_is_one_of_the_same_key() -> None:
    came, given, lure = visited(get(CERTIFICATE))
    assert came == [CERTIFICATE]
    key = x509.load_pem_x509_certificate(given[0]).public_key()
    assert key == x509.load_pem_x509_certificate(lure.pair.certificate()).public_key()


def test_whoever_comes_without_a_word_has_come_all_the_same() -> None:
    assert len(visited(b"", b"nonsense")[0]) == 2


def test_where_nobody_comes_nobody_is_told_of() -> None:
    assert visited()[0] == []


def test_a_target_elsewhere_could_not_come() -> None:
    lure = Lure(deployment("http://192.0.2.1:80"), lambda path: None)
    with pytest.raises(NotOffered, match="could not reach a key service of ours"):
        asyncio.run(lure.address())


def test_a_lure_that_was_never_set_up_can_be_closed() -> None:
    asyncio.run(Lure(deployment(), lambda path: None).close())
