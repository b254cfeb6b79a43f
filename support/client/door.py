"""What a stranger tries at the deployment's door. Records, and judges nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from support.client.flaws import FLAWS, FORGED, IN_URL, LURED, REFUSED_FOR, UNSAFE
from support.client.lure import Lure
from support.client.origins import origin_of
from support.client.tokens import Mint
from support.deployment import Deployment
from support.journal import Journal, records

if TYPE_CHECKING:
    from support.client.user import User


class Door:
    """A user's tries to get in as somebody else, or from where nobody may."""

    def __init__(self, user: User, deployment: Deployment, journal: Journal) -> None:
        self._user = user
        self._deployment = deployment
        self._journal = journal
        self._lure = Lure(deployment, self._contacted)

    async def prove_forgery(self, flaw: str, way: str = "header") -> None:
        """Get in with a token that we forge, but in order, where `flaw` is forged by us, too.

        Only then does it mean anything that the flawed one is refused.
        """
        if flaw in FORGED:
            token = Mint(self._deployment).good(self._user.own_credentials().user_id or "")
            means = "a token made the same way, but in order"
            proof = await self._user.knock(token, means, expect="admitted", way=way)
            await proof.leave()

    async def break_in(self, victim: User, flaw: str, way: str = "header") -> None:
        """Try to connect as `victim` with the token of that name, sent that way."""
        token = await self._flawed(victim, flaw)
        way = IN_URL.get(flaw, way)
        reason = REFUSED_FOR.get(flaw, "token")
        await self._user.knock(token, flaw, expect="refused", way=way, flaw=reason)

    async def break_in_from(self, victim: User, site: str) -> None:
        """Try to get in with `victim`'s own good token from a page of that site."""
        token = victim.own_credentials().access
        origin = origin_of(site, self._deployment.allowed_origin)
        means = f"a page of {site}"
        await self._user.knock(
            token, means, expect="refused", way=self.page_way, flaw="origin", origin=origin
        )

    @property
    def page_way(self) -> str:
        """How a page, which can set no header, carries its token; as anybody if it cannot."""
        return (
            "subprotocol"
            if "subprotocol" in self._deployment.dialect.data.handshake.ways
            else "header"
        )

    async def close(self) -> None:
        """Let go of what was set up. Idempotent."""
        await self._lure.close()

    async def _flawed(self, victim: User, flaw: str) -> str | None:
        credentials = victim.own_credentials()
        if flaw in UNSAFE:
            self._deployment.safety.guard(UNSAFE[flaw])
        if flaw in IN_URL:
            return credentials.access
        if flaw in LURED:
            address = await self._lure.address()
            return await asyncio.to_thread(LURED[flaw], credentials, self._lure.pair, address)
        return await asyncio.to_thread(FLAWS[flaw], credentials, self._deployment)

    def _contacted(self, what: str) -> None:
        clean = self._journal.redactor.redact(what[:200])
        self._journal.record(records.CanaryServerContacted, user=self._user.key, what=clean)
