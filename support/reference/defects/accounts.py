"""Defects of the auth service: tokens for people who are somebody else, or nobody."""

from __future__ import annotations

import dataclasses
import json
import secrets
from functools import cached_property
from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.reference.auth import Auth, AuthParts, Refresh, body
from support.reference.config import AuthConfig
from support.reference.defects.catalogue import defect
from support.reference.tokens import InvalidToken, TokenIssuer, TokenVerifier
from support.reference.users import Taken, User, Users


@defect("any-password-accepted", "F4")
class AnyPasswordAccepted(Users):
    """Any password is accepted for an address that is known"""

    def with_password(self, email: str, password: str) -> User | None:
        return self.find(email)


@defect("anyones-password-accepted", "F4")
class AnyonesPasswordAccepted(Users):
    """A password is accepted if it is that of anybody at all"""

    def with_password(self, email: str, password: str) -> User | None:
        emails = [row[0] for row in self.db.execute("SELECT email FROM users").fetchall()]
        right = any(super(AnyonesPasswordAccepted, self).with_password(e, password) for e in emails)
        return self.find(email) if right else None


@defect("password-beginning-accepted", "F4")
class PasswordBeginningAccepted(Users):
    """Only the first eight characters of a password count"""

    def hashed(self, password: str, salt: bytes) -> bytes:
        return super().hashed(password[:8], salt)


@defect("unknown-person-admitted", "F4")
class UnknownPersonAdmitted(Users):
    """Anyone who signs in without an account is given one on the spot"""

    def with_password(self, email: str, password: str) -> User | None:
        if self.find(email) is None:
            return self.add(email, password, "chat")
        return super().with_password(email, password)


@defect("any-refresh-token-accepted", "F4")
class AnyRefreshTokenAccepted(Auth):
    """A refresh token is accepted no matter who signed it, and what kind it is"""

    async def post_refresh(self, request: Request) -> Response:
        token = (await body(request, Refresh)).refresh_token
        try:
            user = jwt.decode(token, options={"verify_signature": False})["sub"]
        except jwt.PyJWTError:
            user = self.users.db.execute("SELECT user_id FROM users").fetchone()[0]
        return self.tokens_for(self.users.by_id(user))


@defect("refresh-works-once", "F4")
class RefreshWorksOnce(Auth):
    """The refresh token that comes with refreshed tokens is worthless"""

    async def post_refresh(self, request: Request) -> Response:
        answer = await super().post_refresh(request)
        if answer.status_code != 200:
            return answer
        worthless = {"refresh_token": secrets.token_hex(32)}
        return JSONResponse({**json.loads(bytes(answer.body)), **worthless})


@defect("unsigned-refresh-token-accepted", "F4")
class UnsignedRefreshTokenAccepted(Auth):
    """A refresh token that says it needs no signature is believed"""

    async def post_refresh(self, request: Request) -> Response:
        token = (await body(request, Refresh)).refresh_token
        try:
            unsigned = jwt.get_unverified_header(token)["alg"] == "none"
        except jwt.PyJWTError:
            unsigned = False
        if not unsigned:
            return await super().post_refresh(request)
        claims = jwt.decode(token, options={"verify_signature": False})
        return self.tokens_for(self.users.by_id(claims["sub"]))


@defect("expired-refresh-token-accepted", "F4")
class ExpiredRefreshTokenAccepted(Auth):
    """A refresh token that has expired still brings new tokens"""

    def __init__(self, config: AuthConfig, parts: AuthParts) -> None:
        super().__init__(config, parts)
        self.verifier = Unexpiring(config)


class Unexpiring(TokenVerifier):
    """Does not look at the end of a token."""

    def options(self) -> dict[str, Any]:
        return {**super().options(), "verify_exp": False}


@defect("access-token-refreshes", "F4")
class AccessTokenRefreshes(Auth):
    """An access token can be exchanged for new tokens like a refresh token"""

    async def post_refresh(self, request: Request) -> Response:
        token = (await body(request, Refresh)).refresh_token
        try:
            claims = self.verifier.verify(token, "access")
        except InvalidToken:
            return await super().post_refresh(request)
        return self.tokens_for(self.users.by_id(claims.user_id))


@defect("second-sign-up-overwrites", "F4")
class SecondSignUpOverwrites(Users):
    """Signing up with an address that is taken is refused, yet changes its password"""

    def add(self, email: str, password: str, scope: str) -> User:
        try:
            return super().add(email, password, scope)
        except Taken:
            self.seed(email, password, scope)
            raise


@defect("taken-address-accepted", "F4")
class TakenAddressAccepted(Users):
    """An address that is taken can be signed up with again"""

    def add(self, email: str, password: str, scope: str) -> User:
        try:
            return super().add(email, password, scope)
        except Taken:
            return super().add(f"second {email}", password, scope)


@defect("wrong-password-crashes", "F4")
class WrongPasswordCrashes(Auth):
    """A wrong password is answered with 500"""

    def tokens_for(self, user: User | None) -> Response:
        if user is None:
            return JSONResponse({"error": "internal server error"}, 500)
        return super().tokens_for(user)


@defect("one-id-for-many", "F4")
class OneIdForMany(Users):
    """People whose addresses begin alike are given one and the same id when they sign up"""

    def add(self, email: str, password: str, scope: str) -> User:
        return dataclasses.replace(super().add(email, password, scope), user_id=f"u-{email[:8]}")


@defect("one-mistake-locks-out", "F4")
class OneMistakeLocksOut(Users):
    """After somebody has tried one wrong password, the right one is of no use any more"""

    @cached_property
    def locked(self) -> set[str]:
        """The addresses for which a wrong password was tried."""
        return set()

    def with_password(self, email: str, password: str) -> User | None:
        user = super().with_password(email, password)
        if user is None:
            self.locked.add(email)
        return None if email in self.locked else user


@defect("refresh-returns-old-token", "F4")
class RefreshReturnsOldToken(TokenIssuer):
    """A refresh gives the old access token back"""

    @cached_property
    def issued(self) -> dict[str, dict[str, Any]]:
        """User → their first tokens."""
        return {}

    def pair(self, user_id: str, email: str, scope: str) -> dict[str, Any]:
        return self.issued.setdefault(user_id, super().pair(user_id, email, scope))


@defect("refreshed-token-of-another", "F4")
class RefreshedTokenOfAnother(TokenIssuer):
    """The token that a refresh returns is another user's"""

    @cached_property
    def known(self) -> set[str]:
        """The users who have had tokens."""
        return set()

    def pair(self, user_id: str, email: str, scope: str) -> dict[str, Any]:
        again = user_id in self.known
        self.known.add(user_id)
        return super().pair(f"{user_id}-else" if again else user_id, email, scope)


@defect("refresh-adds-scope", "F4", "E7")
class RefreshAddsScope(Users):
    """A refreshed token allows announcements, whatever the old one allowed"""

    def by_id(self, user_id: str) -> User | None:
        user = super().by_id(user_id)
        return user and dataclasses.replace(user, scope="chat operator")


@defect("lifetime-in-milliseconds", "F4")
class LifetimeInMilliseconds(TokenIssuer):
    """The `expires_in` of tokens is in milliseconds instead of seconds"""

    def pair(self, user_id: str, email: str, scope: str) -> dict[str, Any]:
        told = super().pair(user_id, email, scope)
        return {**told, "expires_in": told["expires_in"] * 1000}
