"""Unauthenticated connection attempts: with flawed tokens, from other sites, malformed."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from support.attacks.ssrf import CanaryServer, ensure_can_reach_us
from support.attacks.tokens import FETCHED, FLAWS, FORGED, IN_URL, REFUSED_FOR, UNSAFE
from support.client.access import Access, HandshakeOptions
from support.client.client import Client
from support.client.connection import Connection
from support.client.tokens import Mint
from support.config import NotOffered
from support.deployment import Deployment
from support.deployment.tls import is_secure
from support.dialects import Person
from support.journal import records

APP = Access()


class Place(Protocol):
    """From where a client tries to connect: an app, a browser, a page of some site."""

    def options(self, deployment: Deployment) -> HandshakeOptions:
        """What a handshake from here is like."""


async def attempt_from(
    place: Place,
    client: Client,
    token: str | None,
    means: str,
    *,
    expect: str,
    flaw: str = "token",
    way: str | None = None,
) -> Connection:
    """As `Client.attempt`, from `place`, unless the token travels in another `way`."""
    options = place.options(client.deployment)
    return await client.attempt(
        token,
        options.means or means,
        expect=expect,
        way=way or options.way,
        flaw=options.flaw or flaw,
        origin=options.origin,
    )


async def prove_forgery(client: Client, flaw: str, place: Place = APP) -> None:
    """Connect with a valid token of our own making, where tokens with `flaw` are our own, too.

    Only then does a refusal of the flawed one prove anything.
    """
    if flaw in FORGED:
        client.deployment.dialect.ensure_carries_token()
        token = Mint(client.deployment).good(client.own_credentials().user_id or "")
        means = "a token made the same way, but in order"
        proof = await attempt_from(place, client, token, means, expect="admitted")
        await proof.leave()


async def connect_with_flawed_token(
    attacker: Client, victim: Client, flaw: str, place: Place = APP
) -> None:
    """Attempt to connect as `victim` with the token of that name, from `place`."""
    token = await _flawed(attacker, victim, flaw)
    way, reason = IN_URL.get(flaw), REFUSED_FOR.get(flaw, "token")
    await attempt_from(place, attacker, token, flaw, expect="refused", flaw=reason, way=way)


async def _flawed(attacker: Client, victim: Client, flaw: str) -> str | None:
    held, deployment, journal = victim.carried_credentials(), attacker.deployment, attacker.journal
    if flaw in UNSAFE:
        deployment.safety.guard(UNSAFE[flaw])
    if flaw in IN_URL:
        return held.access
    if flaw not in FETCHED:
        return await asyncio.to_thread(FLAWS[flaw], held, deployment)

    def contacted(path: str) -> None:
        clean = journal.redactor.redact(path[:200])
        journal.record(records.CanaryServerContacted, user=attacker.key, what=clean)

    await asyncio.to_thread(ensure_can_reach_us, deployment)
    server = CanaryServer(contacted)
    attacker.cleanup.push_async_callback(asyncio.to_thread, server.close)
    return await asyncio.to_thread(FETCHED[flaw], held, server.pair, server.address)


# --- malformed handshakes. No library sends them, so the request is written here


@dataclass(frozen=True)
class Malformed:
    """What is wrong with a handshake (RFC 6455 4.2.1), and what it is refused for."""

    why: str
    version: str = "13"
    key: bool = True


#: By the words of the features: a handshake with …
MALFORMED = {
    "an unknown protocol version": Malformed("version", version="99"),
    "no key": Malformed("key", key=False),
}


async def connect_malformed(attacker: Client, token: str, name: str) -> None:
    """Attempt a handshake with a valid token that is malformed in that way; record the answer."""
    malformed, deployment = MALFORMED[name], attacker.deployment
    await attacker.ensure_prepared()
    connection = f"{attacker.key}#by-hand-{secrets.token_hex(2)}"

    def record(kind: Callable[..., records.Record], **what: Any) -> None:
        attacker.journal.record(kind, connection=connection, user=attacker.key, **what)

    record(records.Connecting, expect="refused", means=name)
    started, status = time.monotonic(), None
    try:
        async with asyncio.timeout(deployment.environment.patience.connect_s):
            reader, writer = await open_tcp(deployment)
            writer.write(handshake_request(deployment, attacker.person, token, malformed))
            status = status_of(await reader.readline())  # which may come in pieces
            writer.close()
    except (OSError, TimeoutError, ValueError):  # ValueError: a line that does not end
        status = None  # recorded below as no answer
    took_ms = (time.monotonic() - started) * 1000
    if status == 101:
        record(records.Connected, took_ms=took_ms)
        return
    record(
        records.Refused,
        how="http" if status else "network",
        status=status,
        agreed=status is not None and deployment.dialect.agrees(malformed.why, http=status),
        detail=f"HTTP {status}" if status else "no answer",
        took_ms=took_ms,
    )


async def open_tcp(deployment: Deployment) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A bare connection to where handshakes go. Raises `NotOffered` behind a web proxy."""
    if deployment.environment.use_proxy:
        raise NotOffered("through a web proxy no handshake can be written by hand")
    await deployment.safety.connect()
    parts = urlsplit(deployment.socket_url)
    secure = deployment.tls if is_secure(deployment.socket_url) else None
    port = parts.port or (443 if secure else 80)
    async with asyncio.timeout(deployment.environment.patience.connect_s):
        return await asyncio.open_connection(parts.hostname, port, ssl=secure)


def handshake_request(
    deployment: Deployment, person: Person, token: str | None, malformed: Malformed
) -> bytes:
    """The bytes of an opening handshake (RFC 6455 4.1), with what is `malformed` in it."""
    parts = urlsplit(deployment.socket_url)
    conversation = deployment.dialect.conversation(person)
    plan = conversation.handshake(token, "header", address=deployment.socket_address)
    conversation.over()  # no device has it: it is written by hand
    lines = [
        f"GET {plan.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Version: {malformed.version}",
        *(f"{name}: {value}" for name, value in plan.headers.items()),
    ]
    if malformed.key:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines.append(f"Sec-WebSocket-Key: {key}")
    if plan.subprotocols:
        lines.append(f"Sec-WebSocket-Protocol: {', '.join(plan.subprotocols)}")
    return "\r\n".join([*lines, "", ""]).encode()


def status_of(answer: bytes) -> int | None:
    """The status of an HTTP answer; None for anything else."""
    words = answer.split(b" ", 2)
    known = len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit()
    return int(words[1]) if known else None
