"""Before the first scenario: is the signing secret that we were given the deployment's own?

A wrong one would make a dozen scenarios fail, each for another reason, none of which names it.
"""

from __future__ import annotations

import logging

import jwt
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from support.client.sign_in import SignIn, SignInFailed
from support.client.tokens import Credentials, Mint
from support.config import DeploymentError, NotOffered
from support.deployment import Deployment
from support.deployment.tls import is_secure

_QUIET = logging.getLogger("support.client.preflight")  # at DEBUG, websockets logs every header
_QUIET.setLevel(logging.WARNING)

WRONG_SECRET = (
    "the signing secret (jwt_secret) is not the deployment's: a token that it issued does not"
    " verify with it, and the chat backend accepts that token, but none that is signed with the"
    " secret; correct GREENLIGHT_JWT_SECRET (or jwt_secret), or leave it out"
)


def ensure_own_secret(deployment: Deployment, sign_in: SignIn) -> None:
    """Raise `DeploymentError` when `jwt_secret` is certainly not the deployment's.

    Not certain, and left to the scenarios: the chat backend refuses the issued token, too (its
    secret differs from that of the auth service), or accepts both. Blocks.
    """
    environment = deployment.environment
    if environment.jwt_secret is None or environment.sign_in == "mint":
        return  # nothing was given, or there is nothing to compare it with
    if deployment.dialect.data.tokens is None or not deployment.signing_secret:
        return
    try:
        issued = sign_in.next_person()()
    except (SignInFailed, NotOffered):
        return  # the scenarios say so
    finally:
        sign_in.begin_scenario()
    sign_in.keep(issued, None)
    if _verifies(issued, deployment.signing_secret, deployment.dialect.data.tokens.algorithm):
        return
    ours = Mint(deployment).good(issued.user_id or "greenlight")
    if admitted(deployment, issued.access) is True and admitted(deployment, ours) is False:
        raise DeploymentError(WRONG_SECRET)


def _verifies(issued: Credentials, secret: str, algorithm: str) -> bool:
    try:
        jwt.PyJWS().decode(issued.access, secret, algorithms=[algorithm])  # the signature alone
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True


def admitted(deployment: Deployment, token: str) -> bool | None:
    """True if the chat backend admits `token`, None where that cannot be determined."""
    plan, within_s = (
        deployment.dialect.conversation(deployment.person()).handshake(
            token, "header", address=deployment.socket_address
        ),
        deployment.environment.patience.connect_s,
    )
    try:
        with connect(
            deployment.socket_address(plan.path),
            additional_headers=plan.headers,
            subprotocols=[Subprotocol(name) for name in plan.subprotocols] or None,
            ssl=deployment.tls if is_secure(deployment.socket_url) else None,
            proxy=True if deployment.environment.use_proxy else None,
            compression=None,
            open_timeout=within_s,
            close_timeout=within_s,
            max_size=deployment.environment.max_frame_bytes,
            logger=_QUIET,
        ) as socket:
            socket.recv(timeout=within_s)  # some refuse by a close in the place of the greeting
            return True
    except InvalidStatus as error:
        refused = deployment.dialect.agrees("token", http=error.response.status_code)
    except ConnectionClosed as error:
        refused = error.rcvd is not None and deployment.dialect.agrees(
            "token", close=error.rcvd.code
        )
    except (InvalidHandshake, OSError, TimeoutError):
        return None
    return False if refused else None
