"""What the checks on encryption say of records that no real front gives."""

from __future__ import annotations

import pytest
from histories import Tape

from support.checks.tls import (
    certificate_lasts,
    certificate_trusted,
    no_outdated_encryption,
    no_plaintext_service,
)
from support.journal import records

ADDRESS = "chat.example.test:443"


def tape(**certificate: object) -> Tape:
    """A tape with a certificate that is good unless told otherwise."""
    made = Tape()
    good = {"address": ADDRESS, "reached": True, "version": "TLSv1.3", "days_left": 60.0}
    made.add(records.TlsCertificate, **{**good, **certificate})
    return made


def plaintext_answer(**answer: object) -> str:
    """The state of the question, after that answer in the open."""
    made = tape()
    usual = {"address": ADDRESS, "asked": "a WebSocket", "tried": True}
    made.add(records.PlaintextAttempt, **{**usual, **answer})
    return no_plaintext_service()(made.history).state


@pytest.mark.parametrize("status", [101, 200, 204, 302, 401])
def test_an_answer_in_the_open_fails(status: int) -> None:
    assert plaintext_answer(status=status) == "failed"


@pytest.mark.parametrize("status", [None, 400, 403, 404, 426, 500])
def test_a_refusal_in_the_open_passes(status: int | None) -> None:
    assert plaintext_answer(status=status) == "passed"


def test_a_redirect_to_safety_passes() -> None:
    assert plaintext_answer(status=308, to_safety=True) == "passed"


def test_a_door_that_could_not_be_tried_is_unknown() -> None:
    assert plaintext_answer(tried=False) == "unknown"


def test_silence_in_the_open_means_nothing_where_the_service_was_never_seen() -> None:
    made = tape(reached=False, version=None, days_left=None, detail="no answer")
    made.add(records.PlaintextAttempt, address=ADDRESS, asked="a WebSocket", tried=True)
    assert no_plaintext_service()(made.history).state == "unknown"


def test_every_outdated_version_must_have_been_offered() -> None:
    made = tape()
    made.add(records.TlsOffer, address=ADDRESS, version="TLS 1.0", accepted=False)
    assert no_outdated_encryption()(made.history).state == "unknown"
    made.add(records.TlsOffer, address=ADDRESS, version="TLS 1.1", accepted=False)
    assert no_outdated_encryption()(made.history).state == "passed"


def test_an_outdated_version_that_is_agreed_on_by_itself_fails() -> None:
    assert no_outdated_encryption()(tape(version="TLSv1.1").history).state == "failed"


def test_one_bad_address_is_enough() -> None:
    made = tape()
    made.add(
        records.TlsCertificate,
        address="auth.example.test:443",
        reached=True,
        version="TLSv1.3",
        days_left=13.9,
    )
    assert certificate_trusted()(made.history).state == "passed"
    found = certificate_lasts(14)(made.history)
    assert found.summary == "the certificate at auth.example.test:443 runs out in 13.9 days"


def test_a_line_nobody_reached_is_neither_trusted_nor_not() -> None:
    made = tape(reached=False, version=None, days_left=None, detail="no answer")
    assert certificate_trusted()(made.history).state == "unknown"
    assert certificate_lasts(14)(made.history).state == "unknown"
