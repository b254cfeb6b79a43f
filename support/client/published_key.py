"""The public key that a deployment publishes for its tokens, if it does."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import InvalidKeyError, PyJWKSet, PyJWKSetError

from support.client.key_pair import public_pem
from support.deployment import Deployment
from support.dialects.schema import at_path


def published_key(deployment: Deployment) -> bytes | None:
    """The first RSA public key at the usual place, as PEM; None where there is none. Blocks."""
    place = deployment.dialect.data.http.keys
    for http in (deployment.auth_http, deployment.chat_http):
        answer = http.get(place) if http is not None and place is not None else None
        key = _first_rsa(answer.body) if answer is not None and answer.status == 200 else None
        if key is not None:
            return public_pem(key)
    return None


def _first_rsa(body: Any) -> rsa.RSAPublicKey | None:
    keys = at_path(body, "keys")
    try:
        found = PyJWKSet(keys if isinstance(keys, list) else []).keys
    except (PyJWKSetError, InvalidKeyError, ValueError, TypeError, AttributeError):
        return None  # no key set, whatever else it is
    return next((k.key for k in found if isinstance(k.key, rsa.RSAPublicKey)), None)
