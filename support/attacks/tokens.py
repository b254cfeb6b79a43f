"""Malformed and forged tokens, registered by their flaw.

After RFC 8725 (JSON Web Token Best Current Practices) and the OWASP WebSocket cheat sheet. Tokens
are built by hand where libraries would refuse to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import secrets
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt

from support.attacks.keys import KEY_ID, KeyPair, published_key
from support.attacks.ssrf import CERTIFICATE, KEYS
from support.client.client import Client
from support.client.tokens import Credentials, Mint
from support.config import NotOffered
from support.deployment import Deployment

#: Flaws of a token that are tried elsewhere, too.
UNSIGNED, OTHER_SECRET = "an unsigned token", "a token signed with another secret"
EXPIRED = "an expired token"
OTHER_ISSUER, OTHER_AUDIENCE = "a token from another issuer", "a token for another audience"
REFRESH = "a refresh token"
FAR_S = 3600  # by how much an expired or premature token misses its time
CLOCKS_S = 5  # by how much the clocks of the deployment may differ from what is known of them
LONG = 16 * 1024
EMPTY_FILE = "../" * 12 + "dev/null"
INJECTED = "a-key-out-of-a-query-of-the-visitors-own"
QUERY = f"nobody' UNION SELECT '{INJECTED}' -- "

#: Makes a flawed token out of (the victim's credentials, the deployment); None for no token.
Flaw = Callable[[Credentials, Deployment], str | None]

#: As `Flaw`, from a key pair and the address at which its public key can be fetched (SSRF).
Fetched = Callable[[Credentials, KeyPair, str], str]

FLAWS: dict[str, Flaw] = {}
FETCHED: dict[str, Fetched] = {}

#: Flaws of tokens that only the holder of the signing secret can make.
FORGED = (
    EXPIRED,
    "a token that expired seconds ago",
    "a token that is not valid yet",
    OTHER_ISSUER,
    OTHER_AUDIENCE,
)

#: What a token is refused for where that is not simply `token`; keys of a dialect's refusals.
REFUSED_FOR = {
    "a token of 16 KB": "oversized_token",
    "a token with control characters": "malformed_header",
}

#: Valid tokens in a place where none is accepted, and the `way` that `Client.attempt` sends them.
IN_URL = {
    "a valid token in the URL parameter token": "query token",
    "a valid token in the URL parameter access_token": "query access_token",
}

#: What safe mode leaves out, by the kind of action.
UNSAFE = {
    "a token with control characters": "header_injection",
    "a token whose key ID is the path of an empty file": "token_injection",
    "a token whose key ID is an SQL injection": "token_injection",
    "a token with a link to its key": "key_fetching",
    "a token with a link to its certificate": "key_fetching",
}


def flaw(name: str) -> Callable[[Flaw], Flaw]:
    """Register the maker of tokens with that flaw."""

    def add(maker: Flaw) -> Flaw:
        FLAWS[name] = maker
        return maker

    return add


def fetched(name: str) -> Callable[[Fetched], Fetched]:
    """Register the maker of tokens that make the deployment fetch a key."""

    def add(maker: Fetched) -> Fetched:
        FETCHED[name] = maker
        return maker

    return add


def hold_flawed_token(client: Client, flaw: str) -> None:
    """From now on the client holds a token with that flaw, as when an account is closed."""
    own = client.carried_credentials()
    client.credentials = replace(own, access=FLAWS[flaw](own, client.deployment) or "")


def surely_expired_s(deployment: Deployment) -> int:
    """How many seconds after its end a token must be refused, whatever clock it is judged by.

    Just beyond what the dialect grants a connection that outlives its token.
    """
    return math.ceil(deployment.dialect.data.closing.expired_within_s) + CLOCKS_S


# --- missing or malformed


@flaw("no token")
def _nothing(credentials: Credentials, deployment: Deployment) -> None:
    return None


@flaw("a garbled token")
def _garbled(credentials: Credentials, deployment: Deployment) -> str:
    return "not-a-token"


@flaw("a truncated token")
def _truncated(credentials: Credentials, deployment: Deployment) -> str:
    return credentials.access[:-9]


@flaw("a token of 16 KB")
def _endless(credentials: Credentials, deployment: Deployment) -> str:
    return secrets.token_urlsafe(LONG)[:LONG]


@flaw("a token with control characters")
def _control_characters(credentials: Credentials, deployment: Deployment) -> str:
    header, payload, signature = _parts(credentials.access)
    middle = len(payload) // 2
    return f"{header}.{payload[:middle]}\x00\x08{payload[middle:]}.{signature}"


# --- valid but for one claim


@flaw(EXPIRED)
def _expired(credentials: Credentials, deployment: Deployment) -> str:
    mint, now = Mint(deployment), int(deployment.clock.now())
    return mint.sign(mint.claims(_owner(credentials), iat=now - 2 * FAR_S, exp=now - FAR_S))


@flaw("a token that expired seconds ago")
def _just_expired(credentials: Credentials, deployment: Deployment) -> str:
    mint, now = Mint(deployment), int(deployment.clock.now())
    ended = now - surely_expired_s(deployment)
    return mint.sign(mint.claims(_owner(credentials), iat=now - FAR_S, exp=ended))


@flaw("a token that is not valid yet")
def _premature(credentials: Credentials, deployment: Deployment) -> str:
    mint, now = Mint(deployment), int(deployment.clock.now())
    return mint.sign(mint.claims(_owner(credentials), nbf=now + FAR_S, exp=now + 2 * FAR_S))


@flaw(OTHER_ISSUER)
def _other_issuer(credentials: Credentials, deployment: Deployment) -> str:
    return _other("iss", credentials, deployment)


@flaw(OTHER_AUDIENCE)
def _other_audience(credentials: Credentials, deployment: Deployment) -> str:
    return _other("aud", credentials, deployment)


def _other(claim: str, credentials: Credentials, deployment: Deployment) -> str:
    """A token whose `claim` only begins as a valid one: comparing the beginning is not enough."""
    mint = Mint(deployment)
    claims = mint.claims(_owner(credentials))
    return mint.sign({**claims, claim: lookalike(claim, claims)})


def lookalike(claim: str, claims: dict[str, Any]) -> str | list[str]:
    """A value that only begins as the valid one. Raises `NotOffered` without one."""
    if claim not in claims:
        raise NotOffered(f"valid tokens have no {claim} here, so any may be accepted ([tokens])")
    valid, more = claims[claim], ".evil.example"
    return [f"{one}{more}" for one in valid] if isinstance(valid, list) else f"{valid}{more}"


@flaw(REFRESH)
def _refresh(credentials: Credentials, deployment: Deployment) -> str:
    if credentials.refresh is None:
        raise NotOffered("no refresh tokens are issued in this environment")
    return credentials.refresh


# --- not signed, or not by the service


@flaw(UNSIGNED)
def _unsigned(credentials: Credentials, deployment: Deployment) -> str:
    return _unsigned_as("none", credentials)


def _spelt(algorithm: str) -> Flaw:
    return lambda credentials, deployment: _unsigned_as(algorithm, credentials)


for _algorithm in ("None", "NONE", "nOnE"):
    flaw(f"an unsigned token with algorithm {_algorithm}")(_spelt(_algorithm))


@flaw("a token with an empty signature")
def _cut_off(credentials: Credentials, deployment: Deployment) -> str:
    header, payload, _ = _parts(credentials.access)
    return f"{header}.{payload}."


@flaw("a token edited after it was signed")
def _edited(credentials: Credentials, deployment: Deployment) -> str:
    header, payload, signature = _parts(credentials.access)
    claims = {**json.loads(_decode(payload)), "sub": str(uuid.uuid4())}
    return f"{header}.{_encode(claims)}.{signature}"


@flaw(OTHER_SECRET)
def _other_secret(credentials: Credentials, deployment: Deployment) -> str:
    header, payload, _ = _parts(credentials.access)
    algorithm = str(json.loads(_decode(header)).get("alg", "HS256"))
    algorithm = algorithm if algorithm.startswith("HS") else "HS256"
    return jwt.encode(json.loads(_decode(payload)), secrets.token_hex(32), algorithm=algorithm)


@flaw("a token signed with the attacker's key pair")
def _own_pair(credentials: Credentials, deployment: Deployment) -> str:
    return _by_pair(credentials, KeyPair())


@flaw("a token signed with a public key as the secret")
def _confused(credentials: Credentials, deployment: Deployment) -> str:
    # Without a published key there is nothing to confuse, unless the deployment believes the
    # header.
    public, pair = published_key(deployment), KeyPair()
    header = {} if public else {"jwk": pair.jwk()}
    return _by_secret(credentials, public or pair.pem(), **header)


# --- a header that says where the key is


@flaw("a token that contains its own secret")
def _own_secret(credentials: Credentials, deployment: Deployment) -> str:
    secret = secrets.token_bytes(32)
    jwk = {"kty": "oct", "k": _text(secret), "alg": "HS256", "use": "sig", "kid": KEY_ID}
    return _by_secret(credentials, secret, jwk=jwk)


@flaw("a token that contains its own public key")
def _own_public_key(credentials: Credentials, deployment: Deployment) -> str:
    pair = KeyPair()
    return _by_pair(credentials, pair, jwk=pair.jwk())


@flaw("a token whose key ID is the path of an empty file")
def _empty_file(credentials: Credentials, deployment: Deployment) -> str:
    return _by_secret(credentials, b"", kid=EMPTY_FILE)


@flaw("a token whose key ID is an SQL injection")
def _query(credentials: Credentials, deployment: Deployment) -> str:
    return _by_secret(credentials, INJECTED.encode(), kid=QUERY)


@fetched("a token with a link to its key")
def _fetched_key(credentials: Credentials, pair: KeyPair, address: str) -> str:
    return _by_pair(credentials, pair, jku=address + KEYS, kid=KEY_ID)


@fetched("a token with a link to its certificate")
def _fetched_certificate(credentials: Credentials, pair: KeyPair, address: str) -> str:
    return _by_pair(credentials, pair, x5u=address + CERTIFICATE)


# --- how they are built


def _owner(credentials: Credentials) -> str:
    return credentials.user_id or "anyone"


def _unsigned_as(algorithm: str, credentials: Credentials) -> str:
    _, payload, _ = _parts(credentials.access)
    return f"{_encode({'alg': algorithm, 'typ': 'JWT'})}.{payload}."


def _by_secret(credentials: Credentials, secret: bytes, **header: Any) -> str:
    """The same claims under HS256 (RFC 7518 3.2) with a secret that libraries would reject."""
    _, payload, _ = _parts(credentials.access)
    signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT', **header})}.{payload}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_text(signature)}"


def _by_pair(credentials: Credentials, pair: KeyPair, **header: Any) -> str:
    _, payload, _ = _parts(credentials.access)
    signed = f"{_encode({'alg': 'RS256', 'typ': 'JWT', **header})}.{payload}"
    return f"{signed}.{_text(pair.sign(signed.encode()))}"


def _parts(token: str) -> tuple[str, str, str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise NotOffered("the tokens of this environment are no JSON Web Tokens")
    return parts[0], parts[1], parts[2]


def _encode(content: dict[str, Any]) -> str:
    return _text(json.dumps(content, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
