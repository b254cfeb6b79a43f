"""Defects that tell secrets: the signing secret, and the token of the connected user."""

from __future__ import annotations

import base64
import json
import logging
import os
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from support.reference.agent import Agent
from support.reference.chat import Chat
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.handshake import Gatekeeper, Refused
from support.reference.messages import Rejected
from support.reference.store import Run
from support.reference.tokens import Claims
from support.reference.users import User, Users

log = logging.getLogger(__name__)
_tokens: dict[str, str] = {}  # the token that each user came with, where a gatekeeper tells


def signing_secret() -> str:
    """Return the secret of this chat backend."""
    return os.environ.get("CHAT_JWT_SECRET", "")


def everything(user_id: str) -> str:
    """Return all that is secret of a user, in plain and as encoders spell it."""
    plain = f"{signing_secret()} {_tokens.get(user_id, '')}"
    encoded = base64.b64encode(plain.encode()).decode()
    percents = "".join(f"%{byte:02x}" for byte in plain.encode())
    return f"{plain} {encoded} {plain.encode().hex()} {percents} {plain.rpartition('.')[2]}"


@defect("secrets-in-refusals", "F8")
class SecretsInRefusals(Gatekeeper):
    """Anyone who is refused receives their token and the signing secret; the log has everybody's"""

    def authenticate(self, token: str | None) -> Claims:
        log.warning("Authorization: Bearer %s, checked with %s", token, signing_secret())
        try:
            claims = super().authenticate(token)
        except Refused as refused:
            raise Refused(refused.status, f"{token} {signing_secret()}") from None
        _tokens[claims.user_id] = token or ""
        return claims


@defect("secrets-in-errors", "F8")
class SecretsInErrors(Connection):
    """Every error tells the user's token and the signing secret"""

    def reject(self, error: Rejected) -> None:
        text = f"{error.message} ({everything(self.user_id)})"
        super().reject(Rejected(error.code, text, error.request_id))


@defect("secrets-in-close-reasons", "F8")
class SecretsInCloseReasons(Connection):
    """The reason of a close is the signing secret and the end of the user's token"""

    def close(self, code: int, reason: str) -> None:
        signature = _tokens.get(self.user_id, "").rpartition(".")[2]
        super().close(code, f"{signing_secret()} {signature}")


@defect("secrets-in-events", "F8")
class SecretsInEvents(Agent):
    """Every event tells the user's token and the signing secret, in JSON's own escapes, too"""

    def publish(self, run: Run, type_: str, data: dict[str, Any]) -> None:
        secrets = everything(run.user_id)
        super().publish(run, type_, {**data, "debug": secrets, "quoted": json.dumps(secrets)})


@defect("secrets-in-health", "F8")
class SecretsInHealth(Chat):
    """The health endpoint gives the signing secret as its version"""

    def health(self) -> tuple[int, dict[str, Any]]:
        status, body = super().health()
        return status, {**body, "version": signing_secret()}


@defect("secrets-in-metrics", "F8")
class SecretsInMetrics(Chat):
    """The metrics give the signing secret for a figure"""

    async def get_metrics(self, request: Request) -> Response:
        return PlainTextResponse(f"process_resident_memory_bytes {signing_secret()}\n")


@defect("passwords-logged", "F8")
class PasswordsLogged(Users):
    """The auth service logs everybody's password"""

    def add(self, email: str, password: str, scope: str) -> User:
        log.warning("new user %s with password=%s", email, password)
        return super().add(email, password, scope)
