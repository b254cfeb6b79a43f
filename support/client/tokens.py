"""Tokens: what a user holds, and those that we sign ourselves where we hold the secret."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import jwt

from support.config import NotOffered
from support.deployment import Deployment
from support.deployment.deployment import NO_TOKEN_SHAPE
from support.dialects.templates import fill


@dataclass(frozen=True)
class Credentials:
    """What a user holds: the id the deployment knows them by, and their tokens.

    `ends` is when the access token ends, in Unix seconds by the deployment's clock, if that is
    soon. `reused`: the account exists since an earlier run, in which its user told the secrets
    `earlier_canaries`.
    """

    user_id: str | None
    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    ends: float | None = None
    reused: bool = False
    earlier_canaries: tuple[str, ...] = field(default=(), repr=False)


class Mint:
    """Signs tokens in the deployment's own shape. Raises `NotOffered` without its secret.

    `scope` is that of a user.
    """

    def __init__(self, deployment: Deployment) -> None:
        shape = deployment.dialect.data.tokens
        if deployment.signing_secret is None:
            raise NotOffered("the signing secret is not known, so no token can be forged")
        if shape is None:
            raise NotOffered(NO_TOKEN_SHAPE)
        given = deployment.environment.tokens
        self._clock = deployment.clock
        self._secret = deployment.signing_secret
        self._redactor = deployment.redactor
        self._shape = shape
        self._issuer = given.issuer or shape.issuer
        self._audience = given.audience or shape.audience
        self.scope = given.scope or shape.scope
        self._lifetime_s = given.lifetime_s

    def claims(self, user_id: str, **changed: Any) -> dict[str, Any]:
        """The claims of a good access token for `user_id`, with some changed."""
        now = self._clock.now()
        shape = {self._shape.type_claim: self._shape.access_type} if self._shape.type_claim else {}
        claims = {
            "sub": user_id,
            "email": f"{user_id}@example.test",
            "iss": self._issuer,
            "aud": self._audience,
            "iat": int(now),
            "exp": int(now + self._lifetime_s),
            "jti": uuid.uuid4().hex,
            **shape,
            "scope": self.scope,
            **fill(self._shape.claims, {"user_id": user_id}),
        }
        return {k: v for k, v in claims.items() if v is not None} | changed

    def sign(self, claims: dict[str, Any]) -> str:
        """`claims` as a token the deployment would trust."""
        token = jwt.encode(claims, self._secret, algorithm=self._shape.algorithm)
        self._redactor.add_secret(token, "token")
        return token

    @property
    def operator_scope(self) -> str | list[str]:
        """The scope that allows announcements. Raises `NotOffered` without scopes."""
        if self._shape.operator_scope is None:
            raise NotOffered("this kind of backend has no scopes")
        return self._shape.operator_scope

    def operator(self) -> str:
        """A token whose scope allows announcements. Raises `NotOffered` without scopes."""
        return self.sign(self.claims(str(uuid.uuid4()), scope=self.operator_scope))

    def good(self, user_id: str) -> str:
        """A token with nothing wrong in it."""
        return self.sign(self.claims(user_id))

    def refresh(self, user_id: str, **changed: Any) -> str | None:
        """A refresh token, with claims changed as in `claims`; None where there is no such kind."""
        claim, kind = self._shape.type_claim, self._shape.refresh_type
        if claim is None or kind is None:
            return None
        return self.sign(self.claims(user_id, **changed | {claim: kind}))
