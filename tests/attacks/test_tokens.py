"""Every flaw of a token is really there, and it is the only one."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest

from support.attacks.keys import KeyPair, public_pem
from support.attacks.scopes import like_an_operator
from support.attacks.tokens import FETCHED, FLAWS, FORGED
from support.client import Credentials, Mint
from support.config import Environment, NotOffered
from support.deployment import Deployment
from support.dialects import Dialect
from support.dialects.loading import dialect_path, problems_of

USERS = [{"token": "a-token-of-alice"}]
SECRET = "the-signing-secret-of-a-test-0123456789"
ALICE = "user-id-of-alice"


def deployment(**settings: Any) -> Deployment:
    given = {"chat_url": "http://h", "sign_in": "mint", "jwt_secret": SECRET, **settings}
    return Deployment(Environment(**given), Path())


TARGET = deployment()
MINT = Mint(TARGET)
ALICES = Credentials(ALICE, MINT.good(ALICE), MINT.refresh(ALICE))


def verified(token: str, **checks: bool) -> dict[str, Any]:
    """What a deployment sees that verifies everything, but for what `checks` turns off."""
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


def flawed(flaw: str, credentials: Credentials = ALICES) -> str:
    token = FLAWS[flaw](credentials, TARGET)
    assert token is not None
    return token


def in_order(claims: dict[str, Any]) -> bool:
    """The claims that PyJWT does not judge are those of a good access token of Alice."""
    return (claims["sub"], claims["typ"], claims["scope"]) == (ALICE, "access", "chat")


def header(token: str) -> dict[str, Any]:
    return json.loads(jwt.utils.base64url_decode(token.partition(".")[0]))  # type: ignore[no-any-return]


def made_with(token: str, secret: bytes) -> bool:
    """The token bears the HS256 signature that `secret` makes."""
    content, _, signature = token.rpartition(".")
    made = hmac.new(secret, content.encode(), hashlib.sha256).digest()
    return jwt.utils.base64url_decode(signature) == made


# --- good ones


def test_a_good_token_is_good() -> None:
    claims = verified(MINT.good(ALICE))
    assert in_order(claims)
    assert claims["exp"] - claims["iat"] == 900
    assert abs(claims["iat"] - time.time()) < 60


def test_a_refresh_token_is_good_for_refreshing() -> None:
    assert ALICES.refresh is not None
    assert verified(ALICES.refresh)["typ"] == "refresh"


def test_no_two_tokens_are_the_same() -> None:
    assert len({unverified(MINT.good(ALICE))["jti"] for _ in range(20)}) == 20


def test_the_environment_may_say_what_tokens_look_like() -> None:
    tokens = {"issuer": "me", "audience": "you", "scope": "talk", "lifetime_s": 60}
    claims = unverified(Mint(deployment(tokens=tokens)).good(ALICE))
    assert (claims["iss"], claims["aud"], claims["scope"]) == ("me", "you", "talk")
    assert claims["exp"] - claims["iat"] == 60


def test_the_environment_may_give_lists() -> None:
    tokens = {"audience": ["you", "them"], "scope": ["talk", "read"]}
    claims = unverified(Mint(deployment(tokens=tokens)).good(ALICE))
    assert (claims["aud"], claims["scope"]) == (["you", "them"], ["talk", "read"])


@pytest.mark.parametrize(
    ("own", "operator", "made"),
    [
        ("talk read", "chat:operator", "talk read xchat:operator chat:operatorx"),
        (["talk"], ["chat:operator"], ["talk", "xchat:operator", "chat:operatorx"]),
        (None, "chat:operator", "chat xchat:operator chat:operatorx"),
        ("talk", ["chat:operator"], ["talk", "xchat:operator", "chat:operatorx"]),
    ],
)
def test_a_scope_like_an_operators_is_beside_the_one_that_users_have(
    own: str | list[str] | None, operator: str | list[str], made: str | list[str]
) -> None:
    service = shaped(operator_scope=operator)
    service.environment.tokens.scope = own
    assert unverified(like_an_operator(Mint(service), ALICE))["scope"] == made


def shaped(**shape: Any) -> Deployment:
    """A deployment whose dialect says so of its tokens."""
    found = deployment(dialect="reference-cursors")
    data = found.dialect.data
    assert data.tokens is not None
    tokens = msgspec.structs.replace(data.tokens, **shape)
    found.dialect = Dialect(msgspec.structs.replace(data, tokens=tokens))
    return found


def test_without_a_type_of_refresh_tokens_there_is_none_to_sign() -> None:
    opaque = shaped(access_type="Bearer", refresh_type=None)
    assert Mint(opaque).refresh(ALICE) is None
    assert unverified(Mint(opaque).good(ALICE))["typ"] == "Bearer"
    assert unverified(Mint(shaped()).refresh(ALICE) or "")["typ"] == "refresh"


def test_claims_can_be_lists_and_tables() -> None:
    more = {"roles": ["user", "for {user_id}"], "realm_access": {"roles": ["user"], "level": 2}}
    service = shaped(audience=["chat", "api"], scope=["talk", "read"], claims=more)
    token = Mint(service).good(ALICE)
    claims = jwt.decode(
        token, SECRET, algorithms=["HS256"], audience="api", issuer="agent-chat-auth"
    )
    assert (claims["aud"], claims["scope"]) == (["chat", "api"], ["talk", "read"])
    assert claims["roles"] == ["user", f"for {ALICE}"]
    assert claims["realm_access"] == {"roles": ["user"], "level": 2}
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(token, SECRET, algorithms=["HS256"], audience="others")


def test_another_audience_than_a_list_is_a_list_without_a_valid_one() -> None:
    service = shaped(audience=["chat", "api"])
    other = FLAWS["a token for another audience"](ALICES, service) or ""
    assert unverified(other)["aud"] == ["chat.evil.example", "api.evil.example"]
    for audience in ("chat", "api"):
        with pytest.raises(jwt.InvalidAudienceError):
            jwt.decode(other, SECRET, algorithms=["HS256"], audience=audience)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("audience = []", "tokens.audience: an empty list names nothing: leave the key out"),
        ("scope = [1]", "tokens.scope[0]: expected `str`, got `int`"),
        ('claims.aud = ["chat"]', "tokens.claims.aud: it is set already: write audience in"),
        ('claims.typ = "access"', "tokens.claims.typ: it is set already: type_claim"),
        ('claims.roles = ["{role}"]', "tokens.claims.roles: {role} is not known when a token"),
        ("claims.since = 2026-11-23", "tokens.claims.since: a claim is JSON, which has no date"),
        ("claims.most = inf", "tokens.claims.most: a claim is JSON, which has no date, inf"),
    ],
)
def test_a_claim_that_no_token_can_hold_is_refused_with_its_line(written: str, told: str) -> None:
    own = dialect_path("agent-chat-v1").read_text("utf-8")
    key = re.escape(written.partition(" ")[0])
    kept = re.sub(rf"(?m)^{key} = .*\n", "", own)
    (problem,) = problems_of(kept.replace("[tokens]\n", f"[tokens]\n{written}\n"))
    assert told in problem
    assert problem.startswith(f"line {kept.splitlines().index('[tokens]') + 2},")


@pytest.mark.parametrize("written", ["nbf = 0", 'email = "{user_id}@chat.example"'])
def test_a_claim_that_nothing_else_sets_may_be_given(written: str) -> None:
    own = dialect_path("agent-chat-v1").read_text("utf-8")
    assert problems_of(own.replace("[tokens]\n", f"[tokens]\nclaims.{written}\n")) == []


def test_a_claim_that_every_token_gets_may_be_another() -> None:
    service = shaped(claims={"nbf": 0, "email": "{user_id}@chat.example"})
    claims = unverified(Mint(service).good(ALICE))
    assert (claims["nbf"], claims["email"]) == (0, f"{ALICE}@chat.example")
    early = FLAWS["a token that is not valid yet"](ALICES, service) or ""
    assert unverified(early)["nbf"] > time.time()


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_the_secret_nothing_can_be_minted(nothing: str | None) -> None:
    with pytest.raises(NotOffered, match="the signing secret is not known"):
        Mint(deployment(sign_in="static", users=USERS, jwt_secret=nothing))


def test_without_the_shape_of_a_token_the_reason_is_the_dialect() -> None:
    shapeless = deployment(dialect="jupyter-server", sign_in="static", users=USERS)
    assert shapeless.signing_secret
    with pytest.raises(NotOffered, match=r"what tokens look like \(\[tokens\]\)"):
        Mint(shapeless)
    assert "[tokens]" in str(shapeless.lacking("forge_tokens"))


@pytest.mark.parametrize(
    ("name", "flaw"),
    [("iss", "a token from another issuer"), ("aud", "a token for another audience")],
)
def test_what_valid_tokens_do_not_say_is_not_forged(name: str, flaw: str) -> None:
    """A backend whose tokens name no issuer has none to compare with."""
    silent = shaped(issuer=None, audience=None)
    with pytest.raises(NotOffered, match=f"valid tokens have no {name} here"):
        FLAWS[flaw](ALICES, silent)
    assert unverified(FLAWS[flaw](ALICES, TARGET) or "")[name] != unverified(ALICES.access)[name]


# --- flaws


def test_no_token_is_none() -> None:
    assert FLAWS["no token"](ALICES, TARGET) is None


def test_a_garbled_token_is_no_token_at_all() -> None:
    with pytest.raises(jwt.DecodeError):
        unverified(flawed("a garbled token"))


def test_a_truncated_token_lacks_the_end_of_its_signature() -> None:
    token = flawed("a truncated token")
    whole, cut = ALICES.access.split("."), token.split(".")
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


def test_a_token_that_expired_seconds_ago_is_beyond_what_the_dialect_grants() -> None:
    token = flawed("a token that expired seconds ago")
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(token)
    claims = verified(token, verify_exp=False)
    assert in_order(claims)
    assert 10 <= time.time() - claims["exp"] < 30


def test_a_premature_token_is_premature_and_nothing_else() -> None:
    token = flawed("a token that is not valid yet")
    with pytest.raises(jwt.ImmatureSignatureError):
        verified(token)
    claims = verified(token, verify_nbf=False)
    assert in_order(claims)
    assert claims["exp"] > claims["nbf"] > time.time() + 600


def test_a_token_of_another_issuer_is_that_and_nothing_else() -> None:
    token = flawed("a token from another issuer")
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
    assert unverified(token) == unverified(ALICES.access)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"


def test_a_token_without_a_signature_says_the_same_as_the_good_one() -> None:
    token = flawed("an unsigned token")
    assert jwt.get_unverified_header(token)["alg"] == "none"
    assert token.endswith(".")
    assert unverified(token) == unverified(ALICES.access)


def test_an_edited_token_names_somebody_else_under_the_old_signature() -> None:
    token = flawed("a token edited after it was signed")
    with pytest.raises(jwt.InvalidSignatureError):
        verified(token)
    assert token.split(".")[::2] == ALICES.access.split(".")[::2]
    before, after = unverified(ALICES.access), unverified(token)
    assert {key for key in before if before[key] != after[key]} == {"sub"}


def test_a_refresh_token_is_good_but_for_its_kind() -> None:
    token = flawed("a refresh token")
    assert token == ALICES.refresh
    assert not in_order(verified(token))
    assert in_order({**verified(token), "typ": "access"})


@pytest.mark.parametrize("flaw", [name for name in FLAWS if name != "no token"])
def test_no_flawed_token_is_the_good_one(flaw: str) -> None:
    assert flawed(flaw) != ALICES.access


def test_what_only_the_holder_of_the_secret_can_make_is_known_as_such() -> None:
    assert set(FORGED) <= set(FLAWS)
    stranger = deployment(sign_in="static", users=USERS, jwt_secret=None)
    for flaw in FORGED:
        with pytest.raises(NotOffered):
            FLAWS[flaw](ALICES, stranger)


def test_everything_else_can_be_made_without_the_secret() -> None:
    stranger = deployment(sign_in="static", users=USERS, jwt_secret=None)
    for flaw in set(FLAWS) - set(FORGED):
        FLAWS[flaw](ALICES, stranger)


def test_where_no_refresh_tokens_are_issued_none_is_tried() -> None:
    with pytest.raises(NotOffered, match="no refresh tokens"):
        flawed("a refresh token", Credentials(ALICE, ALICES.access))


@pytest.mark.parametrize(
    "flaw",
    [
        "a token signed with another secret",
        "an unsigned token",
        "a token edited after it was signed",
    ],
)
def test_a_token_that_is_no_jwt_cannot_be_edited(flaw: str) -> None:
    with pytest.raises(NotOffered, match="no JSON Web Tokens"):
        flawed(flaw, Credentials(ALICE, "opaque-token"))


def test_an_asymmetric_token_is_signed_anew_with_a_secret() -> None:
    header = jwt.utils.base64url_encode(b'{"alg":"RS256","typ":"JWT"}').decode()
    token = flawed(
        "a token signed with another secret",
        Credentials(ALICE, ".".join([header, *ALICES.access.split(".")[1:]])),
    )
    assert jwt.get_unverified_header(token)["alg"] == "HS256"


# --- tokens put together by hand


@pytest.mark.parametrize("spelling", ["None", "NONE", "nOnE"])
def test_a_token_can_spell_in_many_ways_that_it_is_not_signed(spelling: str) -> None:
    token = flawed(f"an unsigned token with algorithm {spelling}")
    assert header(token)["alg"] == spelling
    assert token.endswith(".")
    assert unverified(token) == unverified(ALICES.access)


def test_a_cut_off_signature_leaves_an_honest_header() -> None:
    assert flawed("a token with an empty signature") == ALICES.access.rpartition(".")[0] + "."


def test_an_attackers_own_key_pair_signs_the_same_claims() -> None:
    token = flawed("a token signed with the attacker's key pair")
    assert header(token) == {"alg": "RS256", "typ": "JWT"}
    assert unverified(token) == unverified(ALICES.access)


def test_a_public_key_taken_for_the_secret_stands_in_the_header_where_none_is_published() -> None:
    token = flawed("a token signed with a public key as the secret")
    public = jwt.PyJWK(header(token)["jwk"]).key
    assert header(token)["alg"] == "HS256"
    assert made_with(token, public_pem(public))


def test_a_published_public_key_is_the_one_to_be_taken_for_the_secret() -> None:
    pair = KeyPair()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/.well-known/jwks.json"
            body = json.dumps({"keys": [pair.jwk()] if found else []}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Keys) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        publishing = deployment(chat_url=f"http://127.0.0.1:{server.server_address[1]}")
        token = FLAWS["a token signed with a public key as the secret"](ALICES, publishing)
        server.shutdown()
    assert token is not None
    assert "jwk" not in header(token)
    assert made_with(token, pair.pem())


def test_a_token_that_brings_its_own_secret_is_signed_with_it() -> None:
    token = flawed("a token that contains its own secret")
    assert made_with(token, jwt.PyJWK(header(token)["jwk"]).key)


def test_a_token_that_brings_its_own_public_key_is_signed_by_its_other_half() -> None:
    token = flawed("a token that contains its own public key")
    key = jwt.PyJWK(header(token)["jwk"]).key
    assert in_order(jwt.decode(token, key, algorithms=["RS256"], audience="agent-chat"))


def test_a_key_name_leads_to_an_empty_file_and_the_empty_secret() -> None:
    token = flawed("a token whose key ID is the path of an empty file")
    assert header(token)["kid"].startswith("../")
    assert (Path("/a/b/c") / header(token)["kid"]).resolve() == Path("/dev/null")
    assert made_with(token, b"")


def test_a_key_name_can_be_a_query_that_gives_the_attackers_own_key() -> None:
    token = flawed("a token whose key ID is an SQL injection")
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE keys (name TEXT, secret TEXT)")
    query = f"SELECT secret FROM keys WHERE name = '{header(token)['kid']}'"
    (key,) = db.execute(query).fetchone()
    db.close()
    assert made_with(token, key.encode())


@pytest.mark.parametrize("flaw", FETCHED)
def test_a_token_can_say_where_its_key_is(flaw: str) -> None:
    pair = KeyPair()
    token = FETCHED[flaw](ALICES, pair, "http://127.0.0.1:1")
    named = [value for name, value in header(token).items() if name in ("jku", "x5u")]
    assert [place.startswith("http://127.0.0.1:1/") for place in named] == [True]
    public = jwt.PyJWK(pair.jwk()).key
    assert in_order(jwt.decode(token, public, algorithms=["RS256"], audience="agent-chat"))


def test_a_token_of_sixteen_kilobytes_is_no_longer_than_that() -> None:
    assert len(flawed("a token of 16 KB")) == 16 * 1024


def test_without_its_control_characters_a_token_would_be_the_good_one() -> None:
    token = flawed("a token with control characters")
    assert "".join(c for c in token if c.isprintable()) == ALICES.access
    assert token != ALICES.access
