"""What a load needs before it begins: a dialect that the engine can speak, and tokens."""

from __future__ import annotations

import uuid
from importlib.util import find_spec

from support.client.sign_in import SignIn
from support.client.tokens import Mint
from support.config import NotOffered
from support.deployment import Deployment
from support.journal import Journal
from support.journal.canaries import new_canary
from support.journal.load_plan import LoadPlan
from support.load.cluster import LoadRefused
from support.load.messages import Account

PACKAGES = ("picows", "uvloop")


async def accounts(
    plan: LoadPlan, deployment: Deployment, sign_in: SignIn, journal: Journal
) -> list[Account]:
    """Tokens for everybody: signed by us where the secret is known, else issued one by one.

    Raises `LoadRefused` where a user gets none.
    """
    found = []
    mint = Mint(deployment) if "forge_tokens" in deployment.capabilities else None
    lasts_s = plan.ramp_s + plan.duration_s + 600
    for number in range(1, plan.users + 1):
        if mint is not None:
            user_id = str(uuid.uuid4())
            claims = mint.claims(user_id)
            claims["exp"] = max(claims["exp"], int(deployment.clock.now() + lasts_s))
            found.append(Account(number, user_id, mint.sign(claims), new_canary()))
            continue
        try:
            held = await sign_in.new_person(f"load/User{number}", journal)
        except NotOffered as missing:
            raise LoadRefused(f"only {number - 1} of {plan.users} users: {missing}") from None
        if held is None:
            raise LoadRefused(f"user {number} of {plan.users} could not sign in")
        found.append(Account(number, held.user_id, held.access, new_canary()))
    return found


def ensure_installed(*more: str) -> None:
    """Raise `LoadRefused` where packages of the load engine, or `more`, are missing."""
    missing = [name for name in (*PACKAGES, *more) if find_spec(name) is None]
    if missing:
        raise LoadRefused(
            f"load needs more packages ({', '.join(missing)}): run pip install '.[load]' in a"
            " checkout of Greenlight"
        )


def ensure_possible(plan: LoadPlan, deployment: Deployment) -> None:
    """Raise `LoadRefused` for a dialect that the engine cannot speak."""
    data = deployment.dialect.data
    if deployment.safety.on:
        raise LoadRefused("safe mode puts no load on a deployment")
    if data.before or data.after:
        raise LoadRefused(
            "this dialect has calls before or after a connection ([[before]], [[after]]): the load"
            " engine makes none"
        )
    for name in ("ask", "subscribe", "resume"):
        send = data.send.get(name)
        if send is not None and send.message is None:
            raise LoadRefused(
                "questions of this dialect are HTTP calls, which the engine does not make"
            )
    if "header" not in data.handshake.ways:
        raise LoadRefused("tokens of this dialect do not travel in a header")
    if data.signature is not None:
        raise LoadRefused("handshakes of this dialect are signed, which the engine does not do")
    if plan.kind not in data.prompts:
        raise LoadRefused(f"the dialect has no {plan.kind} prompt")
    if plan.drops and "resume" not in deployment.capabilities:
        raise LoadRefused("this kind of backend cannot resume, so nobody can be dropped")


def remarks(deployment: Deployment) -> tuple[str, ...]:
    """What to know before a load begins: what its dialect makes weaker or more expensive."""
    dialect, found = deployment.dialect, []
    if not dialect.round_trips:
        found.append(
            "this dialect has no ordered round trip: a stream counts as ended after"
            f" {dialect.data.fence.quiet_s:g} s of silence, which is weaker"
        )
    if dialect.wire.typed is None:
        found.append(
            "the messages of this dialect are read by its rules, not by the compiled reader, which"
            " takes about ten times the CPU for each: plan fewer users for a worker"
        )
    return tuple(found)
