"""How long a token lasts, read from what a sign-in service has issued."""

from __future__ import annotations

import jwt
import pytest
from reconnect_bench import Bench

from support.client.account import _gained, _lifetime_s


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


@pytest.mark.parametrize(
    ("scope", "earlier", "expected"),
    [
        ("chat", "chat", ()),
        ("operator chat", "chat", ("operator",)),
        ("chat", "chat operator", ()),
        (["chat"], "chat", ()),
        (["chat", "operator"], ["chat"], ("operator",)),
        ("chat \ud800", "chat", ("?",)),
        ("a b c d e", "", ("a", "b", "c", "d", "e")),
        ([7, {}, "chat"], ["chat"], ()),
        (None, "chat", None),
        ("chat", None, None),
        (7, 7, None),
    ],
)
def test_a_token_gains_the_scopes_that_the_earlier_one_had_not(
    scope: object, earlier: object, expected: tuple[str, ...] | None
) -> None:
    token, held = (jwt.encode({"scope": s}, "x" * 32) for s in (scope, earlier))
    assert _gained(token, held) == expected


def test_what_an_opaque_token_gains_is_not_known() -> None:
    assert _gained("opaque", jwt.encode({"scope": "chat"}, "x" * 32)) is None


def test_a_browser_returns_as_a_browser_with_a_token_that_is_about_to_expire(bench: Bench) -> None:
    alice = bench.person()

    async def scene() -> None:
        assert await alice.connect_with_expiring_token("subprotocol")
        assert alice.connect_options["way"] == "subprotocol"
        await alice.close()

    bench.play(scene)
