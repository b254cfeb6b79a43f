"""Is TLS required, with a valid certificate and no outdated version?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records

CURRENT = ("TLSv1.2", "TLSv1.3")
OUTDATED = {"TLS 1.0", "TLS 1.1"}


@check("TLS uses a certificate that browsers trust")
def certificate_trusted(history: History) -> Finding:
    """At every encrypted address: chain, host name and time are in order."""
    shown = history.of(records.TlsCertificate)
    for seen in shown:
        if seen.problems:
            return failed(
                f"at {seen.address}: {', and '.join(seen.problems)}",
                expected=("a certificate for this host, from an authority that is trusted",),
                seen=seen.problems,
                records=(seen.seq,),
            )
    return _looked_at(shown) or passed(_addresses(shown))


@check("the certificate is valid for at least {days:g} more days")
def certificate_lasts(history: History, days: float) -> Finding:
    """At every encrypted address, from the moment of the handshake on."""
    shown = history.of(records.TlsCertificate)
    for seen in shown:
        if seen.days_left is None and seen.problems:
            return failed(f"at {seen.address}: {seen.problems[0]}", records=(seen.seq,))
        if seen.days_left is not None and seen.days_left < days:
            return failed(
                f"the certificate at {seen.address} runs out in {seen.days_left:.1f} days",
                expected=(f"at least {days:g} days",),
                seen=(f"{seen.days_left:.1f} days",),
                records=(seen.seq,),
            )
    missing = _looked_at(shown)
    left = [seen.days_left for seen in shown if seen.days_left is not None]
    return missing or passed(f"{min(left, default=0):.0f} days are left")


@check("no outdated TLS version is accepted")
def no_outdated_encryption(history: History) -> Finding:
    """What is agreed on is TLS 1.2 or newer; 1.0 and 1.1 are refused (RFC 8996)."""
    shown, offers = history.of(records.TlsCertificate), history.of(records.TlsOffer)
    for offer in offers:
        if offer.accepted:
            return failed(
                f"{offer.address} accepts {offer.version}",
                expected=("nothing below TLS 1.2",),
                seen=(offer.version,),
                records=(offer.seq,),
            )
    for seen in shown:
        if seen.version is not None and seen.version not in CURRENT:
            return failed(f"{seen.address} speaks {seen.version}", records=(seen.seq,))
    for offer in offers:
        if offer.accepted is None:
            return unknown(offer.detail)
    missing = _looked_at(shown)
    tried = {(offer.address, offer.version) for offer in offers}
    if not missing and not {(s.address, v) for s in shown for v in OUTDATED} <= tried:
        return unknown("not every outdated version was offered")
    return missing or passed(f"{shown[0].version}; {', '.join(sorted(OUTDATED))} refused")


@check("no client is served without TLS")
def no_plaintext_service(history: History) -> Finding:
    """Without TLS nobody is admitted, shown content, or asked for a password (HTTP 101, 2xx, 401).

    Right is no connection, an end of it, a redirect to an encrypted address, or a refusal. That
    the service is there at all must have been seen, or the silence means nothing.
    """
    shown, attempts = history.of(records.TlsCertificate), history.of(records.PlaintextAttempt)
    for attempt in attempts:
        if _served(attempt):
            return failed(
                f"{attempt.address} without TLS, for {attempt.asked}: answered {attempt.detail}",
                expected=("no answer, or one that leads to an encrypted address",),
                seen=(attempt.detail,),
                records=(attempt.seq,),
            )
    for attempt in attempts:
        if not attempt.tried:
            return unknown(f"{attempt.address} could not be tried: {attempt.detail}")
    if not attempts:
        return unknown("no attempt was made")
    return _looked_at(shown) or passed(f"{len(attempts)} attempts, none served")


def _served(attempt: records.PlaintextAttempt) -> bool:
    if attempt.status is None or attempt.to_safety:
        return False
    # A redirect to another place in the open is an answer in the open, too (RFC 9110 15.4).
    return attempt.status in (101, 401) or 200 <= attempt.status < 400


def _looked_at(shown: list[records.TlsCertificate]) -> Finding | None:
    """Why nobody can say; None when every encrypted address has shown itself."""
    if not shown:
        return unknown("nobody looked")
    for seen in shown:
        if not seen.reached or seen.version is None:
            why = seen.detail or ", ".join(seen.problems) or "nothing was shown"
            return unknown(f"at {seen.address}: {why}")
    return None


def _addresses(shown: list[records.TlsCertificate]) -> str:
    return ", ".join(f"{seen.address} ({seen.version})" for seen in shown)
