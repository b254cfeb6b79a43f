"""What somebody tries who has fewer rights than others. Records, and judges nothing."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import msgspec

from support.client.operator import say_to_all
from support.client.tokens import Credentials, Mint
from support.config import NotOffered
from support.deployment import Deployment
from support.dialects.dialect import Outgoing
from support.journal import Journal, facts, records

if TYPE_CHECKING:
    from support.client.user import User


class Rights:
    """A user's tries to go beyond what their token allows."""

    def __init__(self, user: User, deployment: Deployment, journal: Journal) -> None:
        self._user = user
        self._deployment = deployment
        self._journal = journal

    def read_for(self, owner: User) -> None:
        """Be another device of `owner`, with a token that allows to read and no more."""
        shape = self._deployment.dialect.data.tokens
        if shape is None:
            raise NotOffered("this kind of backend knows no rights")
        mint = Mint(self._deployment)
        token = mint.sign(mint.claims(owner.id, scope=shape.reader_scope))
        self._journal.redactor.add_secret(token, "token")
        self._user.credentials = Credentials(owner.id, token)
        self._journal.record(
            records.SignedIn, user=self._user.key, ok=True, way="mint", user_id=owner.id
        )

    async def talk_and_stop(self, victim: User) -> None:
        """Ask something, and try to cancel what `victim` has under way."""
        await victim.current_run.taken()
        run, memory = self._user.plan("plain"), self._user.memory
        dialect, within_s = self._deployment.dialect, self._deployment.environment.patience.fence_s
        await self._say(run.message(dialect), "the agent")
        await self._user.until(lambda: run.run_id is not None or memory.refusals > 0, "a refusal")
        refusals = memory.refusals
        await self._say(dialect.cancel(victim.current_run.run_id or ""), f"a run of {victim.name}")
        await self._user.until(lambda: memory.refusals > refusals, "a refusal", within_s)

    async def knock_without(self, victim: User) -> None:
        """Try to get in as `victim` with genuine tokens that give no right to be here.

        `victim` proves first that a token made the same way, with that right, is let in.
        """
        mint, shape = Mint(self._deployment), self._deployment.dialect.data.tokens
        good = mint.good(victim.id)
        await victim.knock(good, "a token made the same way, but in order", expect="admitted")
        for scope in shape.other_scopes if shape else []:
            token = mint.sign(mint.claims(victim.id, scope=scope))
            means = f"a token for “{scope}” alone" if scope else "a token for nothing"
            await self._user.knock(token, means, expect="refused", flaw="scope")

    async def announce(self) -> None:
        """Try to speak to everybody: as nobody, with what is no token, and as an ordinary user."""
        await self._user.sign_in()
        own = self._user.credentials.access if self._user.credentials else None
        tries = {"without a token": None, "with a garbled token": "not-a-token"}
        for means, token in {**tries, "as an ordinary user": own}.items():
            await self._announce(means, token, f"{self._user.name} was here ({uuid.uuid4().hex})")

    async def announce_as_operator(self, words: str) -> None:
        """Speak to everybody, with the right to."""
        await self._announce(
            "as an operator", Mint(self._deployment).operator(), words, allowed=True
        )

    async def _say(self, message: Outgoing, whose: str) -> None:
        if self._user.online is not None:
            fact = facts.AccessAttempted(what="right", whose=whose)
            await self._user.online.send(msgspec.structs.replace(message, fact=fact))

    async def _announce(
        self, means: str, token: str | None, words: str, *, allowed: bool = False
    ) -> None:
        call = self._deployment.dialect.data.http.announce
        status = await asyncio.to_thread(say_to_all, self._deployment, words, token)
        self._journal.record(
            records.Announcing,
            user=self._user.key,
            means=means,
            words=words,
            status=status,
            allowed=allowed,
            agreed=call is not None and status in (call.success if allowed else call.refused),
        )
