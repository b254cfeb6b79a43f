"""A user's account with the auth service, and the tokens it issues. Records, judges nothing."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import jwt

from support.client.client import Client
from support.client.connection import Connection
from support.client.mentions import record_mentions
from support.client.sign_in import AUTH_ANSWER
from support.client.tokens import Credentials, Mint
from support.config import NotOffered
from support.deployment.http import Answer, HttpClient
from support.dialects.expressions import captured
from support.dialects.schema import Call
from support.journal import records

SIGN_UP, SIGN_IN, REFRESH = "sign_up", "sign_in", "refresh"
OVERDUE_S = 1.5
SOON_S = 1.5  # a token that expires soon lasts at least as long: time to connect and ask


class Account:
    """Calls the auth service in a user's name; the journal keeps the result, and no secret."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._deployment = client.deployment

    async def sign_in(self) -> bool:
        """Sign in once more with the user's own password; True if tokens were issued."""
        own = self._client.own_credentials()
        if own.email is None or own.password is None:
            raise NotOffered("it is not known with what people sign in in this environment")
        values = {"email": own.email, "password": own.password}
        return await self.call(SIGN_IN, values, "their own password") is not None

    async def refresh(self) -> bool:
        """Exchange the refresh token; True, and the user holds new tokens, if that succeeded."""
        own = self._client.own_credentials()
        if own.refresh is None:
            raise NotOffered("no refresh tokens are issued in this environment")
        return await self.exchange(own.refresh, "their own refresh token")

    async def exchange(self, token: str, means: str, expect: str = "granted") -> bool:
        """As `refresh`, with that refresh token; `means` and `expect` as in `call`."""
        kept = await self.call(REFRESH, {"refresh": token}, means, expect)
        if kept is not None:
            own = self._client.own_credentials()
            refresh = kept.get("refresh", own.refresh)
            self._client.hold(replace(own, access=kept["access"], refresh=refresh, ends=None))
        return kept is not None

    async def renew(self) -> bool:
        """Get a token that lasts: by a refresh, or signed by us where no service issues any."""
        issued = "issue_tokens" in self._deployment.capabilities
        if issued and self._deployment.dialect.data.http.refresh:
            return await self.refresh()
        own = self._client.own_credentials()
        access = Mint(self._deployment).good(self._client.id)
        self._client.hold(replace(own, access=access, ends=None))
        return True

    async def expire_soon(self) -> None:
        """From now on hold a token that expires in 1.5 to 2.5 s by the deployment's clock.

        The clock is read from greetings and pongs: the user must have been connected.
        Raises `NotOffered` where a connection carries something else, which may end later.
        """
        self._deployment.dialect.ensure_carries_token()
        own, mint = self._client.own_credentials(), Mint(self._deployment)
        ends = math.ceil(self._deployment.clock.now() + SOON_S)
        access = mint.sign(mint.claims(own.user_id or "", exp=ends))
        # Only connections: what the user asks over HTTP has the token that lasts.
        self._client.credentials = replace(own, access=access, ends=float(ends))

    async def wait_for_expiry(self, connection: Connection) -> None:
        """Stay until the deployment ends that connection; cut it when that is long overdue."""
        ends = self._client.own_credentials().ends
        if ends is None:
            return
        late_s = self._deployment.dialect.data.closing.expired_within_s + OVERDUE_S
        within_s = ends - self._deployment.clock.now() + late_s
        if not await connection.closed_within(within_s):
            connection.cut()
            await connection.closed_within(OVERDUE_S)

    async def call(
        self, name: str, values: dict[str, str], means: str, expect: str = "granted"
    ) -> dict[str, str] | None:
        """What the auth service granted in the call `name`, None if it granted nothing.

        Raises `NotOffered` where there is no such call; `NotSafe` in safe mode where a refusal of
        a password is expected.
        """
        if expect == "refused" and name in (SIGN_IN, SIGN_UP):
            self._deployment.safety.guard("password_guessing")
        await self._deployment.safety.auth_call()
        call, http = self._call_named(name), self._deployment.auth_http
        if http is None:
            raise NotOffered("tokens are not issued by an auth service in this environment")
        redactor = self._client.journal.redactor
        redactor.add_secret(values.get("password"), "password")
        redactor.add_secret(values.get("refresh"), "refresh token")
        answer = await self._ask(http, call, values, means)
        kept = captured(answer.body, call.capture)
        for label in ("access", "refresh"):
            redactor.add_secret(kept.get(label), f"{label} token")
        succeeded = call.succeeded(answer.status)
        granted = succeeded and (name == SIGN_UP or "access" in kept)
        comparable = granted and expect == "granted" and name != SIGN_UP
        self._client.journal.record(
            records.AuthAnswer,
            user=self._client.key,
            call=name,
            status=answer.status,
            expect=expect,
            means=means,
            granted=granted or "access" in kept,
            agreed=answer.status in call.refused,
            **(_compared(kept, self._client.credentials) if comparable else {}),
            detail=_detail(answer.status, answer.detail, succeeded and not granted),
            took_ms=answer.took_ms,
        )
        return kept if granted else None

    async def _ask(
        self, http: HttpClient, call: Call, values: dict[str, str], means: str
    ) -> Answer:
        request = self._client.person.request(call, **values)
        answer = await asyncio.to_thread(
            http.call, request.method, request.path, request.body, request.headers
        )
        record_mentions(
            self._client.journal,
            f"{AUTH_ANSWER} to {means}",
            answer.whole,
            user=self._client.key,
            sent=" ".join(values.values()),
        )
        return answer

    def _call_named(self, name: str) -> Call:
        call: Call | None = getattr(self._deployment.dialect.data.http, name)
        if call is None:
            raise NotOffered(f"this kind of auth service offers no {name.replace('_', ' ')}")
        return call


def _compared(kept: dict[str, str], held: Credentials | None) -> dict[str, Any]:
    """What is new in a token just granted, beside the one held before, for its record."""
    if held is None:
        return {}
    token = kept["access"]
    return {
        "another": token != held.access,
        "same_user": _same_user(token, held),
        "gained": _gained(token, held.access),
        "lasts_s": _lifetime_s(token),
        "announced_s": _number(kept.get("expires_in_s")),
    }


def _same_user(token: str, held: Credentials) -> bool | None:
    """True for a token of its holder, None where tokens cannot be read."""
    claims = _claims(token)
    if claims is None or held.user_id is None:
        return None
    return bool(claims.get("sub") == held.user_id)


def _gained(token: str, held: str) -> tuple[str, ...] | None:
    """The scopes of a token that the one held before does not have (RFC 6749, section 6).

    None where one of the two does not tell.
    """
    scopes, earlier = _scopes(token), _scopes(held)
    if scopes is None or earlier is None:
        return None
    return tuple(sorted(scopes - earlier))


def _scopes(token: str) -> set[str] | None:
    """The scopes that a token names, None where it cannot be read or names none.

    Half a surrogate pair becomes `?`: nobody can write it down.
    """
    scope = (_claims(token) or {}).get("scope")
    words = scope.split() if isinstance(scope, str) else scope
    if not isinstance(words, list):
        return None
    return {word.encode("utf-8", "replace").decode() for word in words if isinstance(word, str)}


def _lifetime_s(token: str) -> float | None:
    """From its issue to its end, None where the token does not say."""
    claims = _claims(token) or {}
    issued, ends = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or not isinstance(ends, int | float):
        return None
    try:
        return float(ends - issued)
    except OverflowError:  # JSON has numbers of any size
        return None


def _claims(token: str) -> dict[str, Any] | None:
    """What a token says, None where tokens cannot be read."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    return claims


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _detail(status: int | None, detail: str, without_token: bool) -> str:
    if status is None:
        return detail
    return f"HTTP {status}" + (", without any token" if without_token else "")
