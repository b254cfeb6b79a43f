"""Calls over HTTP end in time and with a bounded answer, whatever a server does."""

from __future__ import annotations

import itertools
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from support.deployment.http import MAX_BODY, Answer, HttpClient
from support.deployment.tls import plaintext_request

LIMIT_S = 0.5
DRIP_S = 0.05  # far below the limit: each byte comes in time, the answer never does
OK = b"HTTP/1.1 200 OK\r\n"


def drip(text: bytes) -> Iterator[bytes]:
    """One byte at a time."""
    for byte in text:
        time.sleep(DRIP_S)
        yield bytes([byte])


def endless(piece: bytes) -> Iterator[bytes]:
    for again in itertools.repeat(piece):
        time.sleep(DRIP_S)
        yield again


DRIPS: dict[str, Callable[[], Iterable[bytes]]] = {
    "the status line": lambda: drip(OK * 10),
    "a header": lambda: itertools.chain([OK, b"X-Long: "], endless(b"x")),
    "header lines": lambda: itertools.chain([OK], endless(b"X: y\r\n")),
    "interim answers": lambda: endless(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body of known length": lambda: itertools.chain(
        [OK, b"Content-Length: 100000\r\n\r\n"], endless(b"x")
    ),
    "a body in chunks": lambda: itertools.chain(
        [OK, b"Transfer-Encoding: chunked\r\n\r\n"], endless(b"1\r\nx\r\n")
    ),
    "the length of a chunk": lambda: itertools.chain(
        [OK, b"Transfer-Encoding: chunked\r\n\r\n"], endless(b"0")
    ),
    "a body without an end": lambda: itertools.chain([OK, b"\r\n"], endless(b"x")),
    "nothing": lambda: itertools.chain([b""], endless(b"")),
}


@contextmanager
def answering(
    pieces: Callable[[], Iterable[bytes]], context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A server that answers whatever it is asked with these pieces; its port."""

    def serve(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                line, _ = server.accept()
                threading.Thread(target=speak, args=(line,), daemon=True).start()

    def speak(line: socket.socket) -> None:
        with suppress(OSError):
            line = context.wrap_socket(line, server_side=True) if context else line
            line.recv(65_536)
            for piece in pieces():
                line.sendall(piece)
            line.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def called(base: str, how: str = "get", ca_file: Path | None = None) -> tuple[Answer, float]:
    client = HttpClient(base, LIMIT_S, ca_file=ca_file)
    started = time.monotonic()
    answer = client.get("/x") if how == "get" else client.post("/x", {"a": 1})
    return answer, time.monotonic() - started


@pytest.mark.parametrize("how", ["get", "post"])
@pytest.mark.parametrize("what", DRIPS)
def test_a_server_that_drips_is_given_up_in_time(what: str, how: str) -> None:
    with answering(DRIPS[what]) as port:
        answer, took_s = called(f"http://127.0.0.1:{port}", how)
    assert (answer.status, answer.text, answer.detail) == (None, "", "no answer in time")
    assert LIMIT_S * 0.9 < took_s < LIMIT_S + 1.5


@pytest.mark.parametrize("what", DRIPS)
def test_behind_tls_it_is_the_same(what: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with answering(DRIPS[what], context) as port:
        answer, took_s = called(f"https://localhost:{port}", ca_file=tmp_path / "ca.pem")
    assert (answer.status, answer.detail) == (None, "no answer in time")
    assert took_s < LIMIT_S + 1.5


@pytest.mark.parametrize("what", ["the status line", "nothing", "a header", "header lines"])
def test_a_probe_without_encryption_is_over_in_time(what: str) -> None:
    with answering(DRIPS[what]) as port:
        started = time.monotonic()
        probes = plaintext_request(f"http://127.0.0.1:{port}", "/ws", "/health", LIMIT_S)
    assert time.monotonic() - started < 2 * LIMIT_S + 1.5
    if "header" not in what:  # a status that was said counts, even where the headers never end
        assert [(probe.status, probe.detail) for probe in probes] == [(None, "no answer")] * 2


def test_of_a_huge_body_only_the_beginning_is_read() -> None:
    huge = itertools.chain([OK, b"\r\n"], itertools.repeat(b"x" * 65_536, 2_000))
    with answering(lambda: huge) as port:
        answer, took_s = called(f"http://127.0.0.1:{port}")
    assert answer.status == 200
    assert len(answer.text) == MAX_BODY
    assert took_s < LIMIT_S + 1.5


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: %d\r\n\r\n",
        b"Connection: close\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n",
    ],
    ids=["length", "end of connection", "chunked"],
)
def test_a_whole_answer_is_read(head: bytes) -> None:
    body = json.dumps({"status": "ok", "filler": "grüße" * 20_000}).encode()
    head = head % len(body) if b"%" in head else head
    tail = b"\r\n0\r\n\r\n" if b"chunked" in head else b""
    with answering(lambda: [OK, head, body, tail]) as port:
        answer, _ = called(f"http://127.0.0.1:{port}")
    assert answer.body == json.loads(body)


def test_a_body_that_is_cut_short_is_no_answer() -> None:
    with answering(lambda: [OK, b"Content-Length: 100\r\n\r\n", b'{"status"']) as port:
        answer, _ = called(f"http://127.0.0.1:{port}")
    assert answer.status is None
    assert answer.detail


def test_what_is_fetched_is_handed_on_with_its_headers() -> None:
    answer = itertools.chain([OK, b"X-Recent: hello\r\nContent-Length: 2\r\n\r\nhi"])
    fetched: list[tuple[str, str]] = []
    with answering(lambda: answer) as port:
        client = HttpClient(
            f"http://127.0.0.1:{port}",
            LIMIT_S,
            fetched=lambda path, given: fetched.append((path, given.whole)),
        )
        client.get("/health")
    assert fetched == [("/health", "X-Recent: hello\nContent-Length: 2\n\nhi")]
