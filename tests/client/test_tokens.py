"""Every flaw of a token is really there, and it is the only one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from support.client import FLAWS, Credentials, Mint
from support.client.tokens import FORGED
from support.target import Environment, NotOffered, Target

SECRET = "the-signing-secret-of-a-test-0123456789"
ALICE = "user-id-of-alice"


def target(**settings: Any) -> Target:
    given = {"chat_url": "http://h", "sign_in": "mint", "jwt_secret": SECRET, **settings}
    return Target(Environment(**given), Path())


TARGET = target()
MINT = Mint(TARGET)
HERS = Credentials(ALICE, MINT.good(ALICE), MINT.refresh(ALICE))


def verified(token: str, **checks: bool) -> dict[str, Any]:
    """What a target sees that verifies everything, but for what `checks` turns off."""
    return jwt.decode(
        token,
        SECRET,
        algorithms=["HS256"],
        issuer="agent-chat-auth",
        audience="agent-chat",
        options=checks,
    )


def unverified(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def flawed(flaw: str, credentials: Credentials = HERS) -> str:
    token = FLAWS[flaw](credentials, TARGET)
    assert token is not None
    return token


def in_order(claims: dict[str, Any]) -> bool:
    """The claims that PyJWT does not judge are those of a good access token of Alice."""
    return (claims["sub"], claims["typ"], claims["scope"]) == (ALICE, "access", "chat")


# --- good ones


def test_a_good_token_is_good() -> None:
    claims = verified(HERS.access)
    assert in_order(claims)
    assert claims["exp"] - claims["iat"] == 900
    assert abs(claims["iat"] - time.time()) < 60


def test_a_refresh_token_is_good_for_refreshing() -> None:
    assert HERS.refresh is not None
    assert verified(HERS.refresh)["typ"] == "refresh"


def test_no_two_tokens_are_the_same() -> None:
    assert len({unverified(MINT.good(ALICE))["jti"] for _ in range(20)}) == 20


def test_the_environment_may_say_what_tokens_look_like() -> None:
    tokens = {"issuer": "me", "audience": "you", "scope": "talk", "lifetime_s": 60}
    claims = unverified(Mint(target(tokens=tokens)).good(ALICE))
    assert (claims["iss"], claims["aud"], claims["scope"]) == ("me", "you", "talk")
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_the_secret_nothing_can_be_minted(nothing: str | None) -> None:
    with pytest.raises(NotOffered, match="the signing secret is not known"):
        Mint(target(sign_in="static", jwt_secret=nothing))


# --- flaws


def test_no_token_is_none() -> None:
    assert FLAWS["no token"](HERS, TARGET) is None


def test_a_garbled_token_is_no_token_at_all() -> None:
    with pytest.raises(jwt.DecodeError):
        unverified(flawed("a garbled token"))


def test_a_truncated_token_lacks_the_end_of_its_signature() -> None:
    token = flawed("a truncated token")
    whole, cut = HERS.access.split("."), token.split(".")
    assert cut[:2] == whole[:2]
    assert whole[2].startswith(cut[2])
    assert 0 < len(cut[2]) < len(whole[2])
    with pytest.raises(jwt.DecodeError):
        verified(token)


def test_an_expired_token_is_expired_and_nothing_else() -> None:
    token = flawed("an expired token")
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(token)
    claims = verified(token, verify_exp=False)
    assert in_order(claims)
    assert claims["iat"] < claims["exp"] < time.time() - 600


def test_a_premature_token_is_premature_and_nothing_else() -> None:
    token = flawed("a token that is not valid yet")
    with pytest.raises(jwt.ImmatureSignatureError):
        verified(token)
    claims = verified(token, verify_nbf=False)
    assert in_order(claims)
    assert claims["exp"] > claims["nbf"] > time.time() + 600


def test_a_token_of_another_issuer_is_that_and_nothing_else() -> None:
    token = flawed("a token of another issuer")
    with pytest.raises(jwt.InvalidIssuerError):
        verified(token)
    assert in_order(verified(token, verify_iss=False))


def test_a_token_for_another_audience_is_that_and_nothing_else() -> None:
    token = flawed("a token for another audience")
    with pytest.raises(jwt.InvalidAudienceError):
        verified(token)
    assert in_order(verified(token, verify_aud=False))


def test_a_token_signed_with_another_secret_says_the_same_as_the_good_one() -> None:
    token = flawed("a token signed with another secret")
    with pytest.raises(jwt.InvalidSignatureError):
        verified(token)
    assert unverified(token) == unverified(HERS.access)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"


def test_a_token_without_a_signature_says_the_same_as_the_good_one() -> None:
    token = flawed("a token without a signature")
    assert jwt.get_unverified_header(token)["alg"] == "none"
    assert token.endswith(".")
    assert unverified(token) == unverified(HERS.access)


def test_an_edited_token_names_somebody_else_under_the_old_signature() -> None:
    token = flawed("a token edited after it was signed")
    with pytest.raises(jwt.InvalidSignatureError):
        verified(token)
    assert token.split(".")[::2] == HERS.access.split(".")[::2]
    before, after = unverified(HERS.access), unverified(token)
    assert {key for key in before if before[key] != after[key]} == {"sub"}


def test_a_refresh_token_is_good_but_for_its_kind() -> None:
    token = flawed("a refresh token")
    assert token == HERS.refresh
    assert not in_order(verified(token))
    assert in_order({**verified(token), "typ": "access"})


@pytest.mark.parametrize("flaw", [name for name in FLAWS if name != "no token"])
def test_no_flawed_token_is_the_good_one(flaw: str) -> None:
    assert flawed(flaw) != HERS.access


def test_what_only_the_holder_of_the_secret_can_make_is_known_as_such() -> None:
    assert set(FORGED) <= set(FLAWS)
    stranger = target(sign_in="static", jwt_secret=None)
    for flaw in FORGED:
        with pytest.raises(NotOffered):
            FLAWS[flaw](HERS, stranger)


def test_everything_else_can_be_made_without_the_secret() -> None:
    stranger = target(sign_in="static", jwt_secret=None)
    for flaw in set(FLAWS) - set(FORGED):
        FLAWS[flaw](HERS, stranger)


def test_where_no_refresh_tokens_are_issued_none_is_tried() -> None:
    with pytest.raises(NotOffered, match="no refresh tokens"):
        flawed("a refresh token", Credentials(ALICE, HERS.access))


@pytest.mark.parametrize(
    "flaw",
    [
        "a token signed with another secret",
        "a token without a signature",
        "a token edited after it was signed",
    ],
)
def test_a_token_that_is_no_jwt_can_not_be_edited(flaw: str) -> None:
    with pytest.raises(NotOffered, match="no JSON Web Tokens"):
        flawed(flaw, Credentials(ALICE, "opaque-token"))


def test_an_asymmetric_token_is_signed_anew_with_a_secret() -> None:
    header = jwt.utils.base64url_encode(b'{"alg":"RS256","typ":"JWT"}').decode()
    token = flawed(
        "a token signed with another secret",
        Credentials(ALICE, ".".join([header, *HERS.access.split(".")[1:]])),
    )
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
