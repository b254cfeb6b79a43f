"""Keys for forged tokens: the attacker's own RSA key pair, and the key a deployment publishes."""

from __future__ import annotations

import datetime
import json
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from jwt import InvalidKeyError, PyJWKSet, PyJWKSetError
from jwt.algorithms import RSAAlgorithm

from support.deployment import Deployment

KEY_ID = "attacker"
BITS = 2048


class KeyPair:
    """Generated when it is first used: that takes some tens of milliseconds."""

    @cached_property
    def _private(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65_537, key_size=BITS)

    def sign(self, content: bytes) -> bytes:
        """The RS256 signature of `content` (RFC 7518 3.3)."""
        return self._private.sign(content, padding.PKCS1v15(), hashes.SHA256())

    def jwk(self) -> dict[str, Any]:
        """The public key as a JSON Web Key (RFC 7517)."""
        public = json.loads(RSAAlgorithm.to_jwk(self._private.public_key()))
        return {**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}

    def pem(self) -> bytes:
        """The public key as PEM, as services publish it."""
        return public_pem(self._private.public_key())

    def certificate(self) -> bytes:
        """A self-signed certificate of the public key, as PEM."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "attacker.example")])
        now = datetime.datetime.now(datetime.UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self._private, hashes.SHA256())
        )
        return built.public_bytes(Encoding.PEM)


def public_pem(key: rsa.RSAPublicKey) -> bytes:
    """An RSA public key as PEM (SubjectPublicKeyInfo, RFC 5280 4.1)."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


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
    keys = body.get("keys") if isinstance(body, dict) else None
    try:
        found = PyJWKSet(keys if isinstance(keys, list) else []).keys
    except (PyJWKSetError, InvalidKeyError, ValueError, TypeError, AttributeError):
        return None  # no key set, whatever else it is
    return next((k.key for k in found if isinstance(k.key, rsa.RSAPublicKey)), None)
