"""What the prober finds at fronts of every quality, and what the checks say of it."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from tls_front import GOOD, MANNERS, Authority, Behind, Manner, front

from support.checks.finding import Check, Finding
from support.checks.tls import (
    certificate_lasts,
    certificate_trusted,
    no_outdated_encryption,
    no_plaintext_service,
)
from support.config import Environment
from support.deployment import Deployment, tls
from support.journal import History, records

CHECKS: dict[str, Check] = {
    "trusted": certificate_trusted(),
    "lasts": certificate_lasts(14),
    "current": no_outdated_encryption(),
    "closed": no_plaintext_service(),
}
FINE = dict.fromkeys(CHECKS, "passed")
#: Manner → what is not passed there. Without a handshake nobody can say more.
UNSEEN = {"current": "unknown", "closed": "unknown"}
EXPECTED = {
    "good": {},
    "expired": {"trusted": "failed", "lasts": "failed", **UNSEEN},
    "wrong host": {"trusted": "failed"},
    "of a stranger": {"trusted": "failed", "lasts": "failed", **UNSEEN},
    "10 days left": {"lasts": "failed"},
    "old protocol": {"current": "failed"},
    "served in the open": {"closed": "failed"},
    "sent to safety": {},
    "sent elsewhere in the open": {"closed": "failed"},
}


def deployment(chat_url: str, authority: Authority, **more: object) -> Deployment:
    """A deployment at that address."""
    given = {"sign_in": "mint", "jwt_secret": "x" * 32, "ca_file": authority.file, **more}
    return Deployment(Environment(chat_url=chat_url, **given), Path())  # type: ignore[arg-type]


def look(at: Deployment) -> History:
    """The records of everything that the prober finds."""
    seen = (
        (records.TlsCertificate, at.inspect_certificates()),
        (records.TlsOffer, at.try_outdated_tls()),
        (records.PlaintextAttempt, at.try_plaintext()),
    )
    return History([kind(t=0.0, **vars(one)) for kind, found in seen for one in found])


def findings(history: History) -> dict[str, Finding]:
    """What every check says."""
    return {name: check(history) for name, check in CHECKS.items()}


@pytest.mark.parametrize("manner", MANNERS)
def test_each_front_is_found_out(manner: str, authority: Authority, behind: Behind) -> None:
    with front(authority, behind.chat, MANNERS[manner]) as address:
        found = findings(look(deployment(f"wss://{address}", authority)))
    assert {name: f.state for name, f in found.items()} == FINE | EXPECTED[manner], found


@pytest.mark.parametrize(
    ("manner", "check", "words"),
    [
        ("expired", "trusted", "has expired"),
        ("wrong host", "trusted", "is for another host"),
        ("of a stranger", "trusted", "authority that is not trusted"),
        ("10 days left", "lasts", r"runs out in (10\.0|9\.9) days"),
        ("old protocol", "current", "accepts TLS 1.1"),
        ("served in the open", "closed", r"for a WebSocket: answered HTTP 401"),
    ],
)
def test_the_reason_is_reported(
    manner: str, check: str, words: str, authority: Authority, behind: Behind
) -> None:
    with front(authority, behind.chat, MANNERS[manner]) as address:
        found = findings(look(deployment(f"wss://{address}", authority)))
    assert re.search(words, found[check].summary), found[check]


def test_a_bad_name_does_not_hide_a_bad_date(authority: Authority, behind: Behind) -> None:
    both = Manner(host="elsewhere.example.test", days_left=-1.0)
    with front(authority, behind.chat, both) as address:
        seen = tls.certificate(f"https://{address}", authority.file, 5)
    assert seen.problems == (
        "its certificate is for another host",
        "its certificate has expired",
    )


def test_a_private_authority_is_trusted_by_nobody_who_was_not_told(
    authority: Authority, behind: Behind
) -> None:
    with front(authority, behind.chat) as address:
        seen = tls.certificate(f"https://{address}", None, 5)
    assert seen.problems == ("its certificate comes from an authority that is not trusted",)


def test_a_version_that_this_machine_cannot_speak_is_unknown(
    authority: Authority, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = dict.fromkeys(tls.OUTDATED, (ssl.TLSVersion.TLSv1_1, False))
    monkeypatch.setattr(tls, "OUTDATED", never)
    with front(authority, behind.chat) as address:
        found = findings(look(deployment(f"wss://{address}", authority)))
    assert found["current"].state == "unknown"
    assert "was built without TLS 1.0" in found["current"].summary


@contextlib.contextmanager
def silent() -> Iterator[str]:
    """Listens, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_anyone_who_never_answers_is_unknown(authority: Authority) -> None:
    with silent() as address:
        at = deployment(f"wss://{address}", authority, patience={"connect_s": 0.2})
        found = findings(look(at))
    assert {f.state for f in found.values()} == {"unknown"}, found


def test_a_port_that_is_closed_serves_nobody_in_the_open() -> None:
    with silent() as address:
        pass
    attempts = tls.plaintext_request(f"http://{address}", "/ws", "/health", 1)
    assert [(k.status, k.detail) for k in attempts] == [(None, "nobody listens there")] * 2


def test_a_host_that_nobody_knows_could_not_be_tried() -> None:
    attempts = tls.plaintext_request("http://nowhere.invalid", "/ws", None, 1)
    assert [attempt.tried for attempt in attempts] == [False]


def test_a_further_address_is_tried_in_the_open(authority: Authority, behind: Behind) -> None:
    with front(authority, behind.chat, GOOD) as address:
        at = deployment(f"wss://{address}", authority, plain_url=f"http://{behind.chat}")
        found = findings(look(at))
    assert found["closed"].state == "failed"
    assert behind.chat in found["closed"].summary


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\xfe"])
def test_an_authority_file_that_is_no_good_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "mine.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(tls.DeploymentError, match=r"^ca_file: .*mine\.pem"):
        tls.client_context(file)
