"""Attempts to get another user's tokens from the auth service, registered by name.

Each takes what both users hold, and the deployment, and returns the values of the call.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import jwt

from support.client import User
from support.client.account import REFRESH, SIGN_IN, SIGN_UP
from support.client.tokens import Credentials, Mint
from support.config import NotOffered
from support.deployment import Deployment

#: The attempt that only the holder of the signing secret can make.
EXPIRED = "an expired refresh token"
FAR_S = 3600  # by how much an expired token misses its time
Values = dict[str, str]


class Known(NamedTuple):
    """What the victim and the attacker hold, and the deployment that issued them."""

    victim: Credentials
    attacker: Credentials
    deployment: Deployment


Maker = Callable[[Known], Values]


class Attempt(NamedTuple):
    """One attempt: what is sent, and to which calls of the auth service, one after another."""

    calls: tuple[str, ...]
    values: Maker


ATTEMPTS: dict[str, Attempt] = {}


def attempt(name: str, *calls: str) -> Callable[[Maker], Maker]:
    """Register the maker of the values of an attempt at those calls."""

    def add(maker: Maker) -> Maker:
        ATTEMPTS[name] = Attempt(calls, maker)
        return maker

    return add


async def prove(user: User, name: str) -> None:
    """Make the attempt's call with the user's own values: the call must work for a refusal to
    prove anything."""
    if REFRESH in ATTEMPTS[name].calls:
        await user.account.refresh()
    else:
        await user.account.sign_in()
    if name == EXPIRED:
        await _prove_forgery(user)


async def _prove_forgery(user: User) -> None:
    """Exchange a refresh token that was signed in the same way, and is in order.

    Raises `NotOffered` where it is refused: an auth service may know those that it has issued.
    """
    own = user.own_credentials()
    token = _signed_again(own, user.deployment, lasts_s=FAR_S)
    means = "a refresh token made the same way, but in order"
    if not await user.account.exchange(token, means, expect="proof"):
        raise NotOffered("the auth service accepts no refresh token that it has not issued")


async def pretend(attacker: User, victim: User, name: str) -> None:
    """Try to get `victim`'s tokens by that attempt."""
    tried = ATTEMPTS[name]
    known = Known(victim.own_credentials(), attacker.own_credentials(), victim.deployment)
    values = tried.values(known)
    for call in tried.calls:
        await attacker.account.call(call, values, name, expect="refused")


@attempt("a second sign-up", SIGN_UP, SIGN_IN)
@attempt("a wrong password", SIGN_IN)
def _wrong_password(known: Known) -> Values:
    return {"email": _stated(known.victim.email), "password": _new_password()}


@attempt("another user's password", SIGN_IN)
def _other_password(known: Known) -> Values:
    return {"email": _stated(known.victim.email), "password": _stated(known.attacker.password)}


@attempt("the first half of the password", SIGN_IN)
def _password_prefix(known: Known) -> Values:
    password = _stated(known.victim.password)
    return {"email": _stated(known.victim.email), "password": password[: len(password) // 2]}


@attempt("an account that does not exist", SIGN_IN)
def _unknown_user(known: Known) -> Values:
    email = f"greenlight-{uuid.uuid4().hex}@example.test"
    return {"email": email, "password": _new_password()}


@attempt("a garbled refresh token", REFRESH)
def _garbled(known: Known) -> Values:
    return {"refresh": "not-a-token"}


@attempt("an access token instead of a refresh token", REFRESH)
def _access_token(known: Known) -> Values:
    return {"refresh": known.victim.access}


@attempt("a refresh token signed with another secret", REFRESH)
def _other_secret(known: Known) -> Values:
    claims = _refresh_claims(known.victim)
    return {"refresh": jwt.encode(claims, secrets.token_hex(32), algorithm="HS256")}


@attempt("an unsigned refresh token", REFRESH)
def _unsigned(known: Known) -> Values:
    return {"refresh": jwt.encode(_refresh_claims(known.victim), "", algorithm="none")}


@attempt(EXPIRED, REFRESH)
def _expired(known: Known) -> Values:
    return {"refresh": _signed_again(known.victim, known.deployment, lasts_s=-FAR_S)}


def _signed_again(held: Credentials, deployment: Deployment, lasts_s: int) -> str:
    """The refresh token held, with another end, signed as the auth service signs."""
    claims, now = _refresh_claims(held), int(deployment.clock.now())
    if "exp" not in claims:
        raise NotOffered("the refresh tokens of this environment do not say when they end")
    times = {"iat": now - 2 * FAR_S, "exp": now + lasts_s}
    return Mint(deployment).sign({**claims, **times})


def _refresh_claims(held: Credentials) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            _stated(held.refresh), options={"verify_signature": False}
        )
    except jwt.DecodeError:
        raise NotOffered("the refresh tokens of this environment are no JSON Web Tokens") from None
    return claims


def _new_password() -> str:
    return secrets.token_urlsafe(18)


def _stated(value: str | None) -> str:
    if value is None:
        raise NotOffered("it is not known with what people sign in in this environment")
    return value
