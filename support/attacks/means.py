"""By what means an attacker tries to connect as another user, by the names that features use."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from support.attacks.handshake import (
    MALFORMED,
    Place,
    attempt_from,
    connect_malformed,
    connect_with_flawed_token,
    prove_forgery,
)
from support.attacks.scopes import connect_without_scope
from support.attacks.tokens import FETCHED, FLAWS, IN_URL, surely_expired_s
from support.client.client import Client


class Means(Protocol):
    """What an attacker has in hand."""

    async def attempt(self, attacker: Client, victim: Client, place: Place) -> None:
        """Try to connect as `victim` from `place`; the answer is recorded."""


@dataclass(frozen=True)
class FlawedToken:
    """A token with the flaw of that name."""

    flaw: str

    async def attempt(self, attacker: Client, victim: Client, place: Place) -> None:
        await prove_forgery(victim, self.flaw, place)
        await connect_with_flawed_token(attacker, victim, self.flaw, place)


class OutlivedToken:
    """The victim's own token, with which they have been connected and which ends soon."""

    name = "a token that has expired since it was accepted"

    async def attempt(self, attacker: Client, victim: Client, place: Place) -> None:
        """Wait until the token must be refused, then try. `LookupError` for one that lasts."""
        own, deployment = victim.own_credentials(), victim.deployment
        deployment.dialect.ensure_carries_token()
        if own.ends is None:
            raise LookupError(f"the token of {victim.name} does not end soon")
        refused_from = own.ends + surely_expired_s(deployment)
        await asyncio.sleep(refused_from - deployment.clock.now())
        await attempt_from(place, attacker, own.access, self.name, expect="refused")


@dataclass(frozen=True)
class MalformedHandshake:
    """A handshake with the error of that name, and a valid token of the victim's."""

    error: str

    async def attempt(self, attacker: Client, victim: Client, place: Place) -> None:
        await connect_malformed(attacker, victim.carried_credentials().access, self.error)


class ValidToken:
    """The victim's own valid token, as a browser sends it for any page that is open."""

    async def attempt(self, attacker: Client, victim: Client, place: Place) -> None:
        token = victim.carried_credentials().access
        await attempt_from(place, attacker, token, "a valid token", expect="refused")


class OtherScopes:
    """Valid tokens whose scopes do not allow to chat."""

    async def attempt(self, attacker: Client, victim: Client, place: Place) -> None:
        await connect_without_scope(attacker, victim)


MEANS: dict[str, Means] = {
    **{flaw: FlawedToken(flaw) for flaw in (*FLAWS, *FETCHED, *IN_URL)},
    **{error: MalformedHandshake(error) for error in MALFORMED},
    OutlivedToken.name: OutlivedToken(),
    "a valid token": ValidToken(),
    "valid tokens for other purposes": OtherScopes(),
}
