"""How long a token lasts, read from what a sign-in service has issued."""

from __future__ import annotations

import jwt
import pytest

from support.client.account import _lifetime_s


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iat": 100, "exp": 1000}, 900.0),
        ({"exp": 1000}, None),
        ({"iat": "100", "exp": 1000}, None),
        ({"iat": 0, "exp": 10**400}, None),
    ],
)
def test_the_lifetime_is_from_issue_to_end(claims: dict[str, object], expected: object) -> None:
    assert _lifetime_s(jwt.encode(claims, "x" * 32)) == expected


def test_what_is_no_jwt_has_no_known_lifetime() -> None:
    assert _lifetime_s("opaque") is None
