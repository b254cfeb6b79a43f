"""Going beyond the scopes of a token."""

from __future__ import annotations

import asyncio
import uuid

import msgspec

from support.attacks.tokens import (
    EXPIRED,
    FAR_S,
    FLAWS,
    OTHER_AUDIENCE,
    OTHER_ISSUER,
    OTHER_SECRET,
    REFRESH,
    UNSIGNED,
    lookalike,
)
from support.client.client import Client
from support.client.operator import post_announcement
from support.client.tokens import Credentials, Mint
from support.config import NotOffered
from support.dialects import Outgoing
from support.journal import facts, records

#: By claim: the flaw of a token that is meant for somewhere else.
ELSEWHERE = {"iss": OTHER_ISSUER, "aud": OTHER_AUDIENCE}


def become_reader(client: Client, owner: Client) -> None:
    """Be another device of `owner`, with a token whose scope allows reading and nothing else."""
    shape = client.deployment.dialect.data.tokens
    if shape is None or shape.reader_scope is None:
        raise NotOffered("this kind of backend has no scopes")
    owner.ensure_room()
    mint = Mint(client.deployment)
    token = mint.sign(mint.claims(owner.id, scope=shape.reader_scope))
    client.journal.redactor.add_secret(token, "token")
    client.credentials = Credentials(owner.id, token)
    client.person.values |= {**owner.person.values, "token": token}
    client.journal.record(records.SignedIn, user=client.key, ok=True, way="mint", user_id=owner.id)


async def ask_and_cancel(client: Client, victim: Client) -> None:
    """Ask a question, and try to cancel what `victim` has under way."""
    await victim.accepted()
    run, memory, speaker = client.plan("plain"), client.memory, client.speaker
    await _send(client, run.message(speaker), "the agent")
    await client.until(lambda: run.run_id is not None or memory.refusals > 0, "a refusal")
    refusals = memory.refusals
    cancel = speaker.cancel(victim.current_run.run_id or "")
    await _send(client, cancel, f"a run of {victim.name}")
    within_s = client.deployment.environment.patience.fence_s
    await client.until(lambda: memory.refusals > refusals, "a refusal", within_s)


async def connect_without_scope(attacker: Client, victim: Client) -> None:
    """Attempt to connect as `victim` with genuine tokens whose scopes do not allow it.

    `victim` proves first that a token made the same way, with the scope, is admitted.
    """
    mint, shape = Mint(attacker.deployment), attacker.deployment.dialect.data.tokens
    if shape is None or not shape.other_scopes:
        raise NotOffered("this kind of backend has no scopes")
    good = mint.good(victim.id)
    means = "a token made the same way, but in order"
    proof = await victim.attempt(good, means, expect="admitted")
    await proof.leave()
    for scope in shape.other_scopes:
        token = mint.sign(mint.claims(victim.id, scope=scope))
        named = " ".join(_names(scope))
        means = f"a token for “{named}” alone" if named else "a token for nothing"
        await attacker.attempt(token, means, expect="refused", flaw="scope")


async def announce(client: Client) -> None:
    """Try to make announcements without a token, with a garbled one, and as an ordinary user.

    Also with a token whose scope resembles an operator's, and with flawed operator tokens.
    """
    await client.sign_in()
    own = client.credentials.access if client.credentials else None
    tries = [("without a token", None, ""), ("with a garbled token", "not-a-token", "")]
    similar = like_an_operator(Mint(client.deployment), client.id)
    tries += [("as an ordinary user", own, ""), ("with a similar scope", similar, "")]
    tries += _flawed_operators(client)
    call = client.deployment.dialect.data.http.announce
    for means, token, flaw in tries:
        text = f"{client.name} was here ({uuid.uuid4().hex})"
        status = await asyncio.to_thread(post_announcement, client.deployment, text, token)
        client.journal.record(
            records.Announcing,
            user=client.key,
            means=means,
            words=text,
            status=status,
            agreed=call is not None and status in call.refused,
            flaw=flaw,
        )


def like_an_operator(mint: Mint, user_id: str) -> str:
    """A user's token with the scopes of an operator's as well, each with a letter more.

    Raises `NotOffered` without scopes.
    """
    operator = mint.operator_scope
    similar = [like for scope in _names(operator) for like in (f"x{scope}", f"{scope}x")]
    scopes = [*_names(mint.scope or ""), *similar]
    as_written = scopes if isinstance(operator, list) else " ".join(scopes)
    return mint.sign(mint.claims(user_id, scope=as_written))


def _names(scope: str | list[str]) -> list[str]:
    """The single scopes of a claim: a list of them, or a text with spaces between (RFC 8693)."""
    return scope.split() if isinstance(scope, str) else scope


def _flawed_operators(client: Client) -> list[tuple[str, str | None, str]]:
    """Tokens of an operator that are not to be accepted, each with what is wrong with it.

    The endpoint may check tokens by other code than the handshake. Raises `NotOffered`.
    """
    mint, now = Mint(client.deployment), int(client.deployment.clock.now())
    scope = mint.operator_scope
    good = Credentials(client.id, mint.sign(mint.claims(client.id, scope=scope)))
    past = {"iat": now - 2 * FAR_S, "exp": now - FAR_S}
    unsigned, forged = (FLAWS[flaw](good, client.deployment) for flaw in (UNSIGNED, OTHER_SECRET))
    expired = mint.sign(mint.claims(client.id, scope=scope, **past))
    refresh = mint.refresh(client.id, scope=scope)
    kinds = [] if refresh is None else [("with an operator's refresh token", refresh, REFRESH)]
    claims = mint.claims(client.id, scope=scope)
    elsewhere = [
        (flaw.replace("a token", "an operator's token"), {claim: lookalike(claim, claims)}, flaw)
        for claim, flaw in ELSEWHERE.items()
        if claim in claims
    ]
    return [
        (f"with {UNSIGNED} of an operator", unsigned, UNSIGNED),
        ("with an operator's token signed with another secret", forged, OTHER_SECRET),
        ("with an expired operator's token", expired, EXPIRED),
        *kinds,
        *((f"with {whose}", mint.sign(claims | other), flaw) for whose, other, flaw in elsewhere),
    ]


async def _send(client: Client, message: Outgoing, whose: str) -> None:
    if client.online is not None:
        fact = facts.AccessAttempted(what="right", whose=whose)
        await client.online.send(msgspec.structs.replace(message, fact=fact))
