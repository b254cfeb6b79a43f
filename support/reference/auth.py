"""The auth service: sign-up, sign-in and token refresh over HTTP."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from support.reference import process
from support.reference.config import AuthConfig, ConfigError
from support.reference.tokens import InvalidToken, TokenIssuer, TokenVerifier
from support.reference.users import Taken, User, Users

OPERATOR_SCOPE = "chat operator"
LONGEST = 1_000
T = TypeVar("T")


class Credentials(msgspec.Struct):
    """The body of sign-up and sign-in."""

    email: str
    password: str


class Refresh(msgspec.Struct):
    """The body of a token refresh."""

    refresh_token: str


class Malformed(Exception):
    """The body is not what the call needs."""


class Auth:
    """One auth service."""

    def __init__(self, config: AuthConfig, parts: AuthParts) -> None:
        self.users = parts.users(Path(config.run_dir) / "auth.db", config.password_rounds)
        self.issuer = parts.issuer(config)
        self.verifier = TokenVerifier(config)
        self.seed(config.operators)
        self.app = Starlette(
            routes=[
                Route("/health", self.get_health),
                Route("/users", self.post_users, methods=["POST"]),
                Route("/token", self.post_token, methods=["POST"]),
                Route("/token/refresh", self.post_refresh, methods=["POST"]),
            ]
        )

    def seed(self, people: str) -> None:
        """Add the users of the configuration; raise ConfigError when it cannot be read."""
        for entry in filter(None, (entry.strip() for entry in people.split(","))):
            email, _, rest = entry.partition(":")
            password, _, scope = rest.partition(":")
            if not email or not password:
                raise ConfigError("AUTH_OPERATORS wants email:password[:scope scope],…")
            self.users.seed(email.lower(), password, scope or OPERATOR_SCOPE)

    async def get_health(self, request: Request) -> Response:
        """``GET /health``."""
        return JSONResponse({"status": "healthy"})

    async def post_users(self, request: Request) -> Response:
        """``POST /users``: 201, 409 when taken, 422 when malformed."""
        try:
            wanted = await credentials(request)
            user = self.users.add(wanted.email, wanted.password, "chat")
        except Malformed:
            return JSONResponse({"error": "malformed"}, 422)
        except Taken:
            return JSONResponse({"error": "taken"}, 409)
        return JSONResponse({"user_id": user.user_id, "email": user.email}, 201)

    async def post_token(self, request: Request) -> Response:
        """``POST /token``: 200 with a pair of tokens, else 401."""
        try:
            given = await credentials(request)
        except Malformed:
            return unauthorized()
        user = self.users.with_password(given.email, given.password)
        return self.tokens_for(user)

    async def post_refresh(self, request: Request) -> Response:
        """``POST /token/refresh``: 200 with a new pair for a good refresh token, else 401."""
        try:
            token = (await body(request, Refresh)).refresh_token
            claims = self.verifier.verify(token, "refresh")
        except (Malformed, InvalidToken):
            return unauthorized()
        return self.tokens_for(self.users.by_id(claims.user_id))

    def tokens_for(self, user: User | None) -> Response:
        """Return a fresh pair of tokens, or 401 for nobody."""
        if user is None:
            return unauthorized()
        return JSONResponse(self.issuer.pair(user.user_id, user.email, user.scope))


@dataclass(frozen=True)
class AuthParts:
    """The classes that an auth service is made of."""

    auth: type[Auth] = Auth
    issuer: type[TokenIssuer] = TokenIssuer
    users: type[Users] = Users


def unauthorized() -> Response:
    """Return the answer to everybody who has not shown who they are."""
    return JSONResponse({"error": "unauthorized"}, 401)


async def body(request: Request, kind: type[T]) -> T:
    """Return the request's JSON body; raise Malformed when it is something else."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Malformed from None


async def credentials(request: Request) -> Credentials:
    """Return e-mail address, in small letters, and password; raise Malformed."""
    given = await body(request, Credentials)
    name, _, domain = given.email.partition("@")
    if not name or not domain or not given.password:
        raise Malformed
    if len(given.email) > LONGEST or len(given.password) > LONGEST:
        raise Malformed
    return Credentials(given.email.lower(), given.password)


def main(parts: AuthParts | None = None) -> int:
    """Run an auth service configured by the environment; return the exit code."""
    return process.run(lambda: served(parts or AuthParts()))


def served(parts: AuthParts) -> process.Service:
    """Return the auth service that the environment describes."""
    config = process.environment(AuthConfig)
    auth = parts.auth(config, parts)

    async def stop() -> None:
        auth.users.close()

    return process.Service(app=auth.app, config=config, stop=stop)


if __name__ == "__main__":
    sys.exit(main())
