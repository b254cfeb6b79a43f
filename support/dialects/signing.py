"""Requests that are signed: a class beside the dialect computes the headers of each.

    class Mine:
        def sign(self, method, url, headers, body, values) -> dict[str, str]: ...

`url` is the whole address, `body` the bytes that are sent, `values` what placeholders stand for,
the user's `token` among them; the headers that come back are sent in the place of those given. It
is asked for handshakes and for the calls of `[[before]]`, `[[after]]` and `[send]`. Sans I/O.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from support.config.errors import DeploymentError
from support.dialects.own_code import own_class


class Signature(Protocol):
    """Signs one request after another."""

    def sign(
        self, method: str, url: str, headers: dict[str, str], body: bytes, values: dict[str, Any]
    ) -> dict[str, str]:
        """The headers of the request."""


def signature_class(name: str, folder: Path) -> type[Signature]:
    """The class in `file.py:Class` beside the dialect. Raises `DeploymentError`."""
    found: type[Signature] = own_class(name, folder, "signature", "file.py:Class")
    return found


def signed(
    signature: Signature | None,
    method: str,
    url: str,
    headers: dict[str, str],
    body: Any,
    values: Mapping[str, Any],
) -> dict[str, str]:
    """The headers with which the request is sent. Raises `DeploymentError` for what is no header.

    Somebody without a token has nothing to sign with: their headers are as they were given.
    """
    if signature is None or values.get("token") is None:
        return headers
    sent = b"" if body is None else json.dumps(body).encode()
    try:
        found = signature.sign(method, url, dict(headers), sent, dict(values))
    except Exception as error:  # it is not ours: whatever it raises, nothing can be sent
        problem = f"{type(error).__name__}: {error}"
        raise DeploymentError(f"the dialect's signature of {method} {url}: {problem}") from error
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        told = f"the dialect's signature of {method} {url} gives no table of texts"
        raise DeploymentError(told)
    return found
