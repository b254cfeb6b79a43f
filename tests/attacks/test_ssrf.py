"""The canary server reports every connection, and serves what an attacker would."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from jwt import PyJWKSet

from support.attacks.ssrf import CERTIFICATE, KEYS, CanaryServer, ensure_can_reach_us
from support.config import Environment, NotOffered
from support.deployment import Deployment


def deployment(chat_url: str = "http://127.0.0.1:1") -> Deployment:
    users = [{"token": "a-token-of-alice"}]
    return Deployment(Environment(chat_url=chat_url, sign_in="static", users=users), Path())


def contacted(*requests: bytes) -> tuple[list[str], list[bytes], CanaryServer]:
    """What was reported, and what was answered, for these requests one after another."""
    reported: list[str] = []
    server = CanaryServer(reported.append)
    parts, answers = urlsplit(server.address), []
    for request in requests:
        with socket.create_connection((parts.hostname, parts.port), 5) as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            answers.append(client.makefile("rb").read().partition(b"\r\n\r\n")[2])
    server.close()
    return reported, answers, server


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def test_a_request_is_reported_and_gets_the_attackers_keys() -> None:
    reported, answers, server = contacted(get(KEYS))
    assert reported == [KEYS]
    assert PyJWKSet.from_json(answers[0].decode()).keys[0].key_id == server.pair.jwk()["kid"]


def test_the_certificate_is_one_of_the_same_key() -> None:
    reported, answers, server = contacted(get(CERTIFICATE))
    assert reported == [CERTIFICATE]
    key = x509.load_pem_x509_certificate(answers[0]).public_key()
    assert key == x509.load_pem_x509_certificate(server.pair.certificate()).public_key()


def test_a_connection_without_a_valid_request_is_reported_too() -> None:
    assert len(contacted(b"", b"nonsense", b"POST / HTTP/1.1\r\n\r\n")[0]) == 3


def test_without_a_connection_nothing_is_reported() -> None:
    assert contacted()[0] == []


def test_a_deployment_elsewhere_could_not_reach_it() -> None:
    ensure_can_reach_us(deployment())
    with pytest.raises(NotOffered, match="could not reach a key server"):
        ensure_can_reach_us(deployment("http://192.0.2.1:80"))
