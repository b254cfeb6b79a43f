"""Tokens: signed by us where we hold the secret, and the flawed ones an attacker would try.

Flaws after RFC 8725 (JSON Web Token Best Current Practices) and the OWASP WebSocket cheat sheet.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from support.target import NotOffered, Target

FAR_S = 3600  # by how much an expired or premature token misses its time


@dataclass(frozen=True)
class Credentials:
    """What a user holds: the id the target knows them by, and their tokens."""

    user_id: str | None
    access: str
    refresh: str | None = None
    email: str | None = None


class Mint:
    """Signs tokens in the target's own shape. Raises `NotOffered` without its secret."""

    def __init__(self, target: Target) -> None:
        shape = target.dialect.data.tokens
        if target.signing_secret is None or shape is None:
            raise NotOffered("the signing secret is not known, so no token can be forged")
        given = target.environment.tokens
        self._secret = target.signing_secret
        self._redactor = target.redactor
        self._shape = shape
        self._issuer = given.issuer or shape.issuer
        self._audience = given.audience or shape.audience
        self._scope = given.scope or shape.scope
        self._lifetime_s = given.lifetime_s

    def claims(self, user_id: str, **changed: Any) -> dict[str, Any]:
        """The claims of a good access token for `user_id`, with some changed."""
        now = time.time()
        return {
            "sub": user_id,
            "email": f"{user_id}@example.test",
            "iss": self._issuer,
            "aud": self._audience,
            "iat": int(now),
            "exp": int(now + self._lifetime_s),
            "jti": uuid.uuid4().hex,
            self._shape.type_claim: self._shape.access_type,
            "scope": self._scope,
            **changed,
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """`claims` as a token the target would trust."""
        token = jwt.encode(claims, self._secret, algorithm=self._shape.algorithm)
        self._redactor.add_secret(token, "token")
        return token

    def operator(self) -> str:
        """A token of somebody who may make announcements."""
        return self.sign(self.claims(str(uuid.uuid4()), scope=self._shape.operator_scope))

    def good(self, user_id: str) -> str:
        """A token with nothing wrong in it."""
        return self.sign(self.claims(user_id))

    def refresh(self, user_id: str) -> str:
        """A refresh token with nothing wrong in it."""
        kind = {self._shape.type_claim: self._shape.refresh_type}
        return self.sign(self.claims(user_id, **kind))


#: How a visitor tries to get in as somebody: (their credentials, the target) → a token or None.
Flaw = Callable[[Credentials, Target], str | None]


def _owner(credentials: Credentials) -> str:
    return credentials.user_id or "somebody"


def _expired(credentials: Credentials, target: Target) -> str:
    mint, now = Mint(target), int(time.time())
    return mint.sign(mint.claims(_owner(credentials), iat=now - 2 * FAR_S, exp=now - FAR_S))


def _premature(credentials: Credentials, target: Target) -> str:
    mint, now = Mint(target), int(time.time())
    return mint.sign(mint.claims(_owner(credentials), nbf=now + FAR_S, exp=now + 2 * FAR_S))


def _other_issuer(credentials: Credentials, target: Target) -> str:
    mint = Mint(target)
    return mint.sign(mint.claims(_owner(credentials), iss="https://issuer.evil.example"))


def _other_audience(credentials: Credentials, target: Target) -> str:
    mint = Mint(target)
    return mint.sign(mint.claims(_owner(credentials), aud="another-service"))


def _other_secret(credentials: Credentials, target: Target) -> str:
    header, payload, _ = _parts(credentials.access)
    algorithm = str(json.loads(_decode(header)).get("alg", "HS256"))
    algorithm = algorithm if algorithm.startswith("HS") else "HS256"
    return jwt.encode(json.loads(_decode(payload)), secrets.token_hex(32), algorithm=algorithm)


def _unsigned(credentials: Credentials, target: Target) -> str:
    _, payload, _ = _parts(credentials.access)
    return f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{payload}."


def _edited(credentials: Credentials, target: Target) -> str:
    header, payload, signature = _parts(credentials.access)
    claims = {**json.loads(_decode(payload)), "sub": str(uuid.uuid4())}
    return f"{header}.{_encode(claims)}.{signature}"


def _refresh(credentials: Credentials, target: Target) -> str:
    if credentials.refresh is None:
        raise NotOffered("no refresh tokens are issued in this environment")
    return credentials.refresh


#: Flaws of tokens that only the holder of the signing secret can make.
FORGED = (
    "an expired token",
    "a token that is not valid yet",
    "a token of another issuer",
    "a token for another audience",
)

FLAWS: dict[str, Flaw] = {
    "no token": lambda credentials, target: None,
    "a garbled token": lambda credentials, target: "not-a-token",
    "a truncated token": lambda credentials, target: credentials.access[:-9],
    "an expired token": _expired,
    "a token that is not valid yet": _premature,
    "a token signed with another secret": _other_secret,
    "a token without a signature": _unsigned,
    "a token edited after it was signed": _edited,
    "a token of another issuer": _other_issuer,
    "a token for another audience": _other_audience,
    "a refresh token": _refresh,
}


def _parts(token: str) -> tuple[str, str, str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise NotOffered("the tokens of this environment are no JSON Web Tokens")
    return parts[0], parts[1], parts[2]


def _encode(content: dict[str, Any]) -> str:
    raw = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
