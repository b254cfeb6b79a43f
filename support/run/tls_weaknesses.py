"""What TLS must not show, by the names that features use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from support.checks import tls
from support.checks.finding import Check
from support.config import Policy


class TlsWeakness(Protocol):
    """Something that lets others read or change what users send."""

    def absent(self, policy: Policy) -> Check:
        """The question whether the service is free of it."""


class UntrustedCertificate:
    """For another host, from an unknown authority, or out of its time."""

    def absent(self, policy: Policy) -> Check:
        return tls.certificate_trusted()


class ExpiringCertificate:
    """Valid for fewer days than the policy requires, usually 14."""

    def absent(self, policy: Policy) -> Check:
        return tls.certificate_lasts(policy.certificate_days)


class OutdatedVersion:
    """TLS 1.0 or 1.1."""

    def absent(self, policy: Policy) -> Check:
        return tls.no_outdated_encryption()


class Plaintext:
    """An answer to somebody who does not use TLS."""

    def absent(self, policy: Policy) -> Check:
        return tls.no_plaintext_service()


TLS_WEAKNESSES: Mapping[str, TlsWeakness] = {
    "certificate that browsers do not trust": UntrustedCertificate(),
    "certificate that expires sooner than this environment allows, usually within 14 days": (
        ExpiringCertificate()
    ),
    "outdated version of TLS": OutdatedVersion(),
    "way to use the service without TLS": Plaintext(),
}
