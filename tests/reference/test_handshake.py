"""Who is let in, and what everybody else is told."""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import Any

import pytest
import requests
from reference_service import SUBPROTOCOL, Service, User, eventually
from websockets.exceptions import InvalidStatus


def status(service: Service, token: str | None, **options: object) -> int:
    """Return the HTTP status with which a handshake is refused; 101 if it is not."""
    try:
        service.open(token, **options).close()
    except InvalidStatus as refusal:
        return refusal.response.status_code
    return 101


def unsigned(algorithm: str) -> str:
    """Return an otherwise good token that says it needs no signature."""
    parts = (
        {"alg": algorithm, "typ": "JWT"},
        {
            "sub": "u-1",
            "iss": "agent-chat-auth",
            "aud": "agent-chat",
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
            "typ": "access",
            "scope": "chat",
        },
    )
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return ".".join(part.decode() for part in encoded) + "."


def test_a_token_just_issued_opens_a_connection(service: Service, user: User) -> None:
    with service.connect(user) as chatter:
        assert chatter.ready["user_id"] == user.user_id


def test_the_first_frame_tells_the_limits_and_the_stream(service: Service, user: User) -> None:
    with service.connect(user) as chatter:
        ready = chatter.ready
    assert ready["type"] == "ready"
    assert ready["heartbeat_s"] == 20
    assert ready["stream"] == {"epoch": ready["stream"]["epoch"], "position": 0, "oldest": 1}
    assert ready["limits"] == {
        "message_bytes": 65_536,
        "retained_events": 10_000,
        "messages_per_s": 100,
        "connections_per_user": 20,
    }


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 5},
        {"nbf": int(time.time()) + 600},
        {"iss": "someone-else"},
        {"aud": "another-service"},
        {"typ": "refresh"},
        {"typ": None},
        {"sub": None},
        {"exp": None},
        {"sub": ""},
        {"secret": "another-secret-that-is-long-enough-0123456789"},
    ],
    ids=lambda claims: "-".join(claims),
)
def test_a_token_with_something_wrong_is_refused(service: Service, claims: dict[str, Any]) -> None:
    assert status(service, service.forge(**claims)) == 401


@pytest.mark.parametrize("token", [None, "", "garbage", "a.b.c", "..", "é", "x" * 5_000])
def test_what_is_no_token_is_refused(service: Service, token: str | None) -> None:
    assert status(service, token) == 401


@pytest.mark.parametrize("token", [b"x" * 9_000, b"x" * 16_384, b"a\bb", b"a\0b"])
def test_a_handshake_that_cannot_be_read_is_answered_all_the_same(
    service: Service, token: bytes
) -> None:
    host, port = service.chat_url.removeprefix("http://").split(":")
    request = b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(request + b"Authorization: Bearer " + token + b"\r\n\r\n")
        assert raw.recv(1024).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE"])
def test_a_token_without_signature_is_refused(service: Service, algorithm: str) -> None:
    assert status(service, unsigned(algorithm)) == 401


def test_an_edited_token_is_refused(service: Service) -> None:
    header, _, signature = service.forge().split(".")
    payload = service.forge(sub="u-victim").split(".")[1]
    assert status(service, f"{header}.{payload}.{signature}") == 401


def test_a_token_with_its_signature_cut_short_is_refused(service: Service) -> None:
    token = service.forge()
    for kept in (token[:-1], token[:-20], token.rpartition(".")[0] + "."):
        assert status(service, kept) == 401


def test_a_refusal_says_nothing_about_the_reason(service: Service) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        service.open(service.forge(exp=1))
    assert refusal.value.response.body == b"unauthorized"


def test_a_token_with_no_right_to_the_chat_is_forbidden(service: Service) -> None:
    assert status(service, service.forge(scope="operator")) == 403


def test_a_foreign_origin_is_forbidden(service: Service) -> None:
    token = service.forge()
    for origin in (
        "https://evil.test",
        "https://chat.example.test.evil.test",
        "http://chat.example.test",
        "null",
    ):
        assert status(service, token, origin=origin) == 403


def test_an_allowed_origin_is_accepted(service: Service) -> None:
    assert status(service, service.forge(), origin="https://chat.example.test") == 101


def test_a_browser_signs_in_with_a_subprotocol_that_is_not_echoed(
    service: Service, user: User
) -> None:
    offered = [f"bearer.{user.token}", SUBPROTOCOL]
    with service.open(None, subprotocols=offered) as connection:
        assert connection.subprotocol == SUBPROTOCOL
        assert connection.response is not None
        assert user.token not in str(connection.response.headers)


def test_a_token_in_the_address_is_refused(service: Service, user: User) -> None:
    for query in (f"token={user.token}", f"x={user.token}"):
        assert status(service, None, url=f"{service.ws_url}?{query}") == 401
        assert status(service, user.token, url=f"{service.ws_url}?{query}") == 401


def test_tokens_and_secrets_are_in_no_log(service: Service, user: User) -> None:
    status(service, user.token, url=f"{service.ws_url}?token={user.token}")
    logs = "".join(path.read_text() for path in service.run_dir.glob("*.log"))
    assert user.token not in logs
    assert "reference-tests" not in logs


def test_one_connection_too_many_is_refused_until_another_ends(tight: Service) -> None:
    user = tight.sign_up()
    held = [tight.connect(user) for _ in range(3)]
    assert status(tight, user.token) == 429
    held.pop().connection.close()
    assert eventually(lambda: status(tight, user.token) == 101)
    for chatter in held:
        chatter.connection.close()


def test_other_paths_do_not_exist(service: Service, user: User) -> None:
    assert status(service, user.token, url=f"{service.ws_url}x") == 404


def test_an_unknown_protocol_version_is_told_the_known_one(service: Service) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "12",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    answer = requests.get(f"{service.chat_url}/ws", headers=headers, timeout=5)
    assert (answer.status_code, answer.headers["Sec-WebSocket-Version"]) == (426, "13")


@pytest.mark.parametrize("start", [b"", b"GET /ws HTTP/1.1\r\nHost: x\r\n", b"GET /he"])
def test_a_handshake_that_takes_too_long_is_cut(tight: Service, start: bytes) -> None:
    host, port = tight.chat_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as stalled:
        stalled.sendall(start)
        try:
            assert stalled.recv(1) == b""
        except ConnectionResetError:
            assert True
