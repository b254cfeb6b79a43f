"""What an operator does: announcements to everyone."""

from __future__ import annotations

from support.client.tokens import Mint
from support.config import NotOffered
from support.deployment import Deployment


def announce(deployment: Deployment, message: str) -> int | None:
    """POST an announcement with an operator's token; the HTTP status (None: no answer). Blocks.

    Raises `NotOffered` where there are no announcements or no way to be an operator.
    """
    return post_announcement(deployment, message, Mint(deployment).operator())


def post_announcement(deployment: Deployment, message: str, token: str | None) -> int | None:
    """POST an announcement with that token (None: without any); the HTTP status. Blocks.

    Raises `NotOffered` where there are no announcements, and in safe mode whatever the token is.
    """
    deployment.safety.guard("announcements")
    call = deployment.dialect.data.http.announce
    if call is None:
        raise NotOffered("this kind of backend makes no announcements")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = deployment.person().request(call, message=message)
    return deployment.chat_http.call(
        request.method, request.path, request.body, {**request.headers, **headers}
    ).status
