"""A user's account with the auth service, and what others try with it. Records, judges nothing."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jwt

from support.client.attempts import ATTEMPTS, REFRESH, SIGN_IN, SIGN_UP
from support.client.flaws import FLAWS
from support.client.tokens import Credentials, Mint
from support.config import NotOffered
from support.deployment import Deployment
from support.dialects.schema import Call, captured, fill
from support.journal import Journal, records

if TYPE_CHECKING:
    from support.client.user import User

OVERDUE_S = 1.5
SOON_S = 1.5  # at least so long does a token last that is about to end: time to connect and ask


class Account:
    """Asks the auth service in a user's name; the journal keeps what came of it, and no secret."""

    def __init__(self, user: User, deployment: Deployment, journal: Journal) -> None:
        self._user = user
        self._deployment = deployment
        self._journal = journal

    async def sign_in(self) -> bool:
        """Sign in once more with the user's own password; True if tokens were issued."""
        own = self._user.own_credentials()
        if own.email is None or own.password is None:
            raise NotOffered("it is not known with what people sign in in this environment")
        values = {"email": own.email, "password": own.password}
        return await self._ask(SIGN_IN, values, "their own password") is not None

    async def refresh(self) -> bool:
        """Exchange the refresh token; True, and the user holds new tokens, if that succeeded."""
        own = self._user.own_credentials()
        if own.refresh is None:
            raise NotOffered("no refresh tokens are issued in this environment")
        kept = await self._ask(REFRESH, {"refresh": own.refresh}, "their own refresh token")
        if kept is not None:
            refresh = kept.get("refresh", own.refresh)
            self._user.credentials = replace(own, access=kept["access"], refresh=refresh, ends=None)
        return kept is not None

    def lose_access(self, flaw: str) -> None:
        """From now on hold a token with that flaw, as when an account is closed."""
        own = self._user.own_credentials()
        self._user.credentials = replace(own, access=FLAWS[flaw](own, self._deployment) or "")

    async def renew(self) -> bool:
        """Get a token that lasts: by a refresh, or signed by us where no service issues any."""
        if (
            "issue_tokens" in self._deployment.capabilities
            and self._deployment.dialect.data.http.refresh
        ):
            return await self.refresh()
        own = self._user.own_credentials()
        access = Mint(self._deployment).good(own.user_id or "")
        self._user.credentials = replace(own, access=access, ends=None)
        return True

    async def end_soon(self) -> None:
        """From now on the user holds a token that ends in a second or two, by the deployment's
        clock.

        The deployment's clock is read from its last greeting, so the user must have been there.
        """
        own, mint = self._user.own_credentials(), Mint(self._deployment)
        ends = math.ceil(self._user.target_time() + SOON_S)
        access = mint.sign(mint.claims(own.user_id or "", exp=ends))
        self._user.credentials = replace(own, access=access, ends=float(ends))

    async def outlive_token(self) -> None:
        """Stay until the deployment ends the connection; leave only when it is long overdue."""
        ends = self._user.own_credentials().ends
        if ends is None:
            return
        within_s = self._deployment.dialect.data.closing.expired_within_s + OVERDUE_S
        if not await self._user.line.lost_within(ends - self._user.target_time() + within_s):
            self._user.cut()
            await self._user.gone()

    async def prove(self, attempt: str) -> None:
        """Do honestly what `attempt` does with evil intent: only then does a no mean anything."""
        if REFRESH in ATTEMPTS[attempt].calls:
            await self.refresh()
        else:
            await self.sign_in()

    async def pretend(self, victim: User, attempt: str) -> None:
        """Try to get `victim`'s tokens in that way."""
        tried = ATTEMPTS[attempt]
        values = tried.values(victim.own_credentials(), self._user.own_credentials())
        for call in tried.calls:
            await self._ask(call, values, attempt, expect="refused")

    async def _ask(
        self, name: str, values: dict[str, str], means: str, expect: str = "granted"
    ) -> dict[str, str] | None:
        """What was granted, None if it was not."""
        if expect == "refused" and name in (SIGN_IN, SIGN_UP):
            self._deployment.safety.guard("password_guessing")
        await self._deployment.safety.auth_call()
        call, http = self._call(name), self._deployment.auth_http
        if http is None:
            raise NotOffered("tokens are not issued by an auth service in this environment")
        redactor = self._journal.redactor
        redactor.add_secret(values.get("password"), "password")
        redactor.add_secret(values.get("refresh"), "refresh token")
        answer = await asyncio.to_thread(http.post, call.path, fill(call.body, values))
        found = captured(answer.body, call.capture)
        kept = {key: str(value) for key, value in found.items() if value not in (None, "")}
        for label in ("access", "refresh"):
            redactor.add_secret(kept.get(label), f"{label} token")
        succeeded = answer.status in call.success
        granted = succeeded and (name == SIGN_UP or "access" in kept)
        held = self._user.credentials
        compared = held is not None and granted and expect == "granted" and name != SIGN_UP
        self._journal.record(
            records.AuthAnswer,
            user=self._user.key,
            call=name,
            status=answer.status,
            expect=expect,
            means=means,
            granted=granted or "access" in kept,
            agreed=answer.status in call.refused,
            another=kept["access"] != held.access if compared and held else None,
            same_user=_same_user(kept["access"], held) if compared and held else None,
            detail=_told(answer.status, answer.detail, succeeded and not granted),
            took_ms=answer.took_ms,
        )
        return kept if granted else None

    def _call(self, name: str) -> Call:
        calls: dict[str, Call | None] = {
            SIGN_UP: self._deployment.dialect.data.http.sign_up,
            SIGN_IN: self._deployment.dialect.data.http.sign_in,
            REFRESH: self._deployment.dialect.data.http.refresh,
        }
        call = calls[name]
        if call is None:
            raise NotOffered(f"this kind of auth service offers no {name.replace('_', ' ')}")
        return call


def _same_user(token: str, held: Credentials) -> bool | None:
    """Is the token its holder's? None where tokens cannot be read."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    return None if held.user_id is None else claims.get("sub") == held.user_id


def _told(status: int | None, detail: str, without_token: bool) -> str:
    if status is None:
        return detail
    return f"HTTP {status}" + (", without any token" if without_token else "")
