"""An address that stands in a hostile token and nowhere else: who comes there has believed it.

It serves the visitor's own public key, so that a service that fetches keys would let them in.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from support.client.key_pair import KeyPair
from support.config import NotOffered
from support.deployment import Deployment

READ_S = 2.0
KEYS, CERTIFICATE = "/keys.json", "/certificate.pem"


class Lure:
    """A tiny HTTP service on 127.0.0.1; `on_contact(path)` is called for whoever comes."""

    def __init__(self, deployment: Deployment, on_contact: Callable[[str], None]) -> None:
        self.pair = KeyPair()
        self._deployment = deployment
        self._on_contact = on_contact
        self._server: asyncio.Server | None = None

    async def address(self) -> str:
        """The base address; it listens from the first call on, until `close()`.

        Raises `NotOffered` where the deployment could not come here: its absence would prove
        nothing.
        """
        if not await asyncio.to_thread(_is_here, self._deployment):
            raise NotOffered(
                "the deployment runs on another machine and could not reach a key service of ours,"
                " so nobody can tell whether it would"
            )
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Stop listening. Idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever connects has come, whatever they say then.
        path = ""
        try:
            async with asyncio.timeout(READ_S):
                request = await reader.readline()
                path = request.decode("latin-1").partition(" ")[2].partition(" ")[0]
                while (await reader.readline()).strip():
                    continue
            kind, body = self._content(path)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
            await writer.drain()
        except (TimeoutError, OSError, ValueError):
            path = path or "an unfinished request"
        finally:
            self._on_contact(path)
            writer.close()

    def _content(self, path: str) -> tuple[str, bytes]:
        if path == CERTIFICATE:
            return "application/x-pem-file", self.pair.certificate()
        return "application/json", json.dumps({"keys": [self.pair.jwk()]}).encode()


def _is_here(deployment: Deployment) -> bool:
    """True when every address of the deployment is this machine's own loopback. Blocks."""
    try:
        found = socket.getaddrinfo(urlsplit(deployment.socket_url).hostname, None)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(info[4][0])).is_loopback for info in found)
