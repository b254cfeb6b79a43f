"""Every site is another than the allowed one, and like it in one respect."""

from __future__ import annotations

import pytest

from support.attacks.origin import SITES, origin_of
from support.config import NotOffered

ALLOWED = "https://chat.example.test"


@pytest.mark.parametrize("site", SITES)
def test_no_site_is_the_allowed_one(site: str) -> None:
    for allowed in (ALLOWED, f"{ALLOWED}:8443"):
        assert origin_of(site, allowed) != allowed


@pytest.mark.parametrize(
    ("site", "origin"),
    [
        ("a site whose name starts with the allowed name", f"{ALLOWED}.evil.example"),
        ("a site whose name ends with the allowed name", "https://evilchat.example.test"),
        (
            "a site whose name ends with the allowed name after a hyphen",
            "https://evil-chat.example.test",
        ),
        ("a subdomain of the allowed site", "https://evil.chat.example.test"),
        ("the allowed site on another port", f"{ALLOWED}:8443"),
        ("the allowed site over plain HTTP", "http://chat.example.test"),
        ("a page with a null origin", "null"),
    ],
)
def test_a_site_is_made_of_the_allowed_one(site: str, origin: str) -> None:
    assert origin_of(site, ALLOWED) == origin


def test_another_port_is_another_one_whatever_the_port() -> None:
    assert origin_of("the allowed site on another port", f"{ALLOWED}:8443") == f"{ALLOWED}:9443"


def test_an_unencrypted_site_has_no_unencrypted_twin() -> None:
    with pytest.raises(NotOffered, match="not encrypted itself"):
        origin_of("the allowed site over plain HTTP", "http://localhost:3000")
