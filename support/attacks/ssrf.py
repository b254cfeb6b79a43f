"""An SSRF canary server: its address stands in a forged token and nowhere else.

Any request to it proves that the deployment fetched a key from where an unverified token said. It
serves the attacker's own public key, so that such a deployment would also admit them.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from support.attacks.keys import KeyPair
from support.config import NotOffered
from support.deployment import Deployment

READ_S = 2.0
KEYS, CERTIFICATE = "/keys.json", "/certificate.pem"


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them


class CanaryServer:
    """An HTTP server on 127.0.0.1; `on_contact(path)` is called for every connection.

    It is called in a thread of the server.
    """

    def __init__(self, on_contact: Callable[[str], object]) -> None:
        self.pair = KeyPair()

        class Contact(_Contact):
            pair, contacted = self.pair, staticmethod(on_contact)

        self._server = _Server(("127.0.0.1", 0), Contact)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening, once every request has been answered. Idempotent. Blocks."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Contact(BaseHTTPRequestHandler):
    """One connection: every one is reported, whatever is sent on it."""

    timeout = READ_S
    reported = False
    pair: KeyPair
    contacted: Callable[[str], object]

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True
        if not self.reported:
            self.contacted(getattr(self, "path", "") or "an unfinished request")

    def do_GET(self) -> None:
        self.reported = True  # before the answer: what follows from it must not come first
        self.contacted(self.path)
        if self.path == CERTIFICATE:
            kind, body = "application/x-pem-file", self.pair.certificate()
        else:
            kind, body = "application/json", json.dumps({"keys": [self.pair.jwk()]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the journal has it."""


def ensure_can_reach_us(deployment: Deployment) -> None:
    """Raise `NotOffered` where the deployment could not reach a server here. Blocks.

    There, the absence of a request would prove nothing.
    """
    try:
        found = socket.getaddrinfo(urlsplit(deployment.socket_url).hostname, None)
        here = all(ipaddress.ip_address(str(info[4][0])).is_loopback for info in found)
    except OSError:
        here = False
    if not here:
        raise NotOffered(
            "the deployment runs on another machine and could not reach a key server of this test,"
            " so it cannot be shown whether it would"
        )
