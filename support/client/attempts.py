"""How somebody tries to get tokens that are not theirs: a registry of attempts, each with a maker.

A maker takes what the victim and the impostor hold and gives the values of the call.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from support.client.tokens import Credentials
from support.config import NotOffered

SIGN_UP, SIGN_IN, REFRESH = "sign_up", "sign_in", "refresh"

Values = dict[str, str]


@dataclass(frozen=True)
class Attempt:
    """One attempt: what is sent, and to which calls of the auth service, one after another."""

    calls: tuple[str, ...]
    values: Callable[[Credentials, Credentials], Values]


def _new_password() -> str:
    """A password that nobody has."""
    return secrets.token_urlsafe(18)


def _wrong_password(victim: Credentials, impostor: Credentials) -> Values:
    return {"email": _known(victim.email), "password": _new_password()}


def _somebody_elses_password(victim: Credentials, impostor: Credentials) -> Values:
    return {"email": _known(victim.email), "password": _known(impostor.password)}


def _beginning(victim: Credentials, impostor: Credentials) -> Values:
    password = _known(victim.password)
    return {"email": _known(victim.email), "password": password[: len(password) // 2]}


def _nobody(victim: Credentials, impostor: Credentials) -> Values:
    nobody = f"greenlight-{uuid.uuid4().hex}@example.test"
    return {"email": nobody, "password": _new_password()}


def _garbage(victim: Credentials, impostor: Credentials) -> Values:
    return {"refresh": "not-a-token"}


def _access_token(victim: Credentials, impostor: Credentials) -> Values:
    return {"refresh": victim.access}


def _other_secret(victim: Credentials, impostor: Credentials) -> Values:
    try:
        claims = jwt.decode(_known(victim.refresh), options={"verify_signature": False})
    except jwt.DecodeError:
        raise NotOffered("the refresh tokens of this environment are no JSON Web Tokens") from None
    return {"refresh": jwt.encode(claims, secrets.token_hex(32), algorithm="HS256")}


ATTEMPTS: dict[str, Attempt] = {
    "a wrong password": Attempt((SIGN_IN,), _wrong_password),
    "another user's password": Attempt((SIGN_IN,), _somebody_elses_password),
    "the first half of the password": Attempt((SIGN_IN,), _beginning),
    "an account that does not exist": Attempt((SIGN_IN,), _nobody),
    "a garbled refresh token": Attempt((REFRESH,), _garbage),
    "an access token instead of a refresh token": Attempt((REFRESH,), _access_token),
    "a refresh token signed with another secret": Attempt((REFRESH,), _other_secret),
    "a second sign-up": Attempt((SIGN_UP, SIGN_IN), _wrong_password),
}


def _known(value: str | None) -> str:
    if value is None:
        raise NotOffered("it is not known with what people sign in in this environment")
    return value
