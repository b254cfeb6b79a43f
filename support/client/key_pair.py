"""A visitor's own RSA key pair, in the forms in which a token can smuggle its public half in."""

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
from jwt.algorithms import RSAAlgorithm

KEY_ID = "visitor"
BITS = 2048


class KeyPair:
    """Made when it is first asked for anything: that takes some tens of milliseconds."""

    @cached_property
    def _private(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65_537, key_size=BITS)

    def sign(self, content: bytes) -> bytes:
        """The RS256 signature of `content` (RFC 7518 3.3)."""
        return self._private.sign(content, padding.PKCS1v15(), hashes.SHA256())

    def jwk(self) -> dict[str, Any]:
        """The public half as a JSON Web Key (RFC 7517)."""
        public = json.loads(RSAAlgorithm.to_jwk(self._private.public_key()))
        return {**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}

    def pem(self) -> bytes:
        """The public half as PEM, as services publish it."""
        return public_pem(self._private.public_key())

    def certificate(self) -> bytes:
        """A certificate of the public half that the visitor has signed for themselves, as PEM."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "visitor.example")])
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
