"""Certificates for a cluster: an authority of its own, and one certificate for all who take part.

The authority's key is not kept: nobody can sign another certificate with it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CA, CERTIFICATE, KEY = "ca.pem", "certificate.pem", "key.pem"
DAYS = 30


def make_certificates(folder: Path) -> list[Path]:
    """Write the three files into `folder`, readable by their owner alone.

    Raises `FileExistsError` rather than replace any.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _name("Greenlight load authority")
    ca = _certificate(authority, authority, authority_key, authority_key, ca=True)
    own = _certificate(_name("Greenlight load"), authority, key, authority_key, ca=False)
    pem = serialization.Encoding.PEM
    written = {
        CA: ca.public_bytes(pem),
        CERTIFICATE: own.public_bytes(pem),
        KEY: key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    }
    for name in written:
        if (folder / name).exists():
            raise FileExistsError(f"{folder / name} is there already")
    for name, content in written.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)
    return [folder / name for name in written]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signed_with: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    authority_id = x509.SubjectKeyIdentifier.from_public_key(signed_with.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id),
            critical=False,
        )
        .sign(signed_with, hashes.SHA256())
    )
