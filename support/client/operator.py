"""What an operator does: announcements to everybody."""

from __future__ import annotations

from support.client.tokens import Mint
from support.target import NotOffered, Target
from support.target.dialect_data import fill


def announce(target: Target, message: str) -> int | None:
    """POST an announcement with an operator's token; the HTTP status (None: no answer). Blocks.

    Raises `NotOffered` where there are no announcements or no way to be an operator.
    """
    return say_to_all(target, message, Mint(target).operator())


def say_to_all(target: Target, message: str, token: str | None) -> int | None:
    """POST an announcement with that token (None: without any); the HTTP status. Blocks.

    Raises `NotOffered` where there are no announcements, and in safe mode, whosever the token is.
    """
    target.safety.guard("announcements")
    call = target.dialect.data.http.announce
    if call is None:
        raise NotOffered("this kind of backend makes no announcements")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return target.chat_http.post(call.path, fill(call.body, {"message": message}), headers).status
