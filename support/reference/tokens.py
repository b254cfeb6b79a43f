"""Access and refresh tokens: JWT with HS256, issued by one service and verified by the other."""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass
from typing import Any

import jwt

from support.reference.config import AuthConfig, Config


class InvalidToken(Exception):
    """The token is not to be trusted. Carries no detail: a stranger learns nothing from it."""


@dataclass(frozen=True)
class Claims:
    """What a verified token says. ``expires_at`` is in Unix seconds."""

    user_id: str
    scopes: frozenset[str]
    expires_at: float

    @property
    def may_talk(self) -> bool:
        """Whether the user may send messages and cancel runs."""
        return "chat" in self.scopes

    @property
    def may_connect(self) -> bool:
        """Whether the user may open a connection at all."""
        return bool(self.scopes & {"chat", "chat:read"})

    @property
    def may_announce(self) -> bool:
        """Whether the user may speak to everybody."""
        return "operator" in self.scopes


class TokenIssuer:
    """Signs tokens for users who have shown who they are."""

    def __init__(self, config: AuthConfig) -> None:
        self.config = config

    def pair(self, user_id: str, email: str, scope: str) -> dict[str, Any]:
        """Return the body of a successful ``POST /token``; ``expires_in`` in seconds."""
        common = {"sub": user_id, "email": email, "scope": scope}
        return {
            "access_token": self.sign({**common, "typ": "access"}, self.config.access_ttl_s),
            "refresh_token": self.sign({**common, "typ": "refresh"}, self.config.refresh_ttl_s),
            "token_type": "bearer",
            "expires_in": int(self.config.access_ttl_s),
        }

    def sign(self, claims: dict[str, Any], ttl_s: float) -> str:
        """Return ``claims`` as a signed token that expires in ``ttl_s`` seconds."""
        dated = self.dated(claims, ttl_s)
        return jwt.encode(dated, self.config.jwt_secret, algorithm="HS256")

    def dated(self, claims: dict[str, Any], ttl_s: float) -> dict[str, Any]:
        """Return ``claims`` with issuer, audience and times."""
        now = time.time()
        return {
            **claims,
            "iss": self.config.issuer,
            "aud": self.config.audience,
            "iat": int(now),
            "exp": math.ceil(now + ttl_s),
            "jti": secrets.token_hex(8),
        }


class TokenVerifier:
    """Decides whether a token is genuine, current and meant for this service (RFC 8725)."""

    required = ("exp", "iat", "sub", "iss", "aud", "typ")

    def __init__(self, config: Config) -> None:
        self.config = config

    def verify(self, token: str, kind: str = "access") -> Claims:
        """Return what ``token`` says; raise InvalidToken for anything but a good ``kind`` token."""
        claims = self.decode(token)
        self.check_type(claims, kind)
        user_id, scope = claims.get("sub"), claims.get("scope", "")
        if not isinstance(user_id, str) or not user_id or not isinstance(scope, str):
            raise InvalidToken
        return Claims(user_id, frozenset(scope.split()), float(claims["exp"]))

    def decode(self, token: str) -> dict[str, Any]:
        """Return the claims of a token whose signature, dates, issuer and audience hold."""
        try:
            return jwt.decode(
                token,
                self.key(),
                algorithms=["HS256"],
                audience=self.config.audience,
                issuer=self.config.issuer,
                options=self.options(),  # type: ignore[arg-type]
            )
        # Not only PyJWT's own errors: a hostile payload can make it overflow or recurse.
        except Exception:
            raise InvalidToken from None

    def key(self) -> str:
        """Return the secret that signatures are checked with."""
        return self.config.jwt_secret

    def options(self) -> dict[str, Any]:
        """Return what PyJWT is to check; see ``jwt.api_jwt.Options``."""
        return {"require": list(self.required)}

    def check_type(self, claims: dict[str, Any], kind: str) -> None:
        """Raise InvalidToken when a refresh token is shown for access, or the other way round."""
        if claims.get("typ") != kind:
            raise InvalidToken
