"""The auth service."""

from __future__ import annotations

import secrets
import time

import jwt
import pytest
import requests
from reference_service import SECRET, Service


def post(service: Service, path: str, body: object) -> requests.Response:
    """Post JSON to the auth service."""
    return requests.post(service.auth_url + path, json=body, timeout=5)


def fresh() -> dict[str, str]:
    """Return the credentials of nobody yet."""
    return {"email": f"{secrets.token_hex(6)}@example.test", "password": "correct horse"}


def test_it_is_healthy(service: Service) -> None:
    answer = requests.get(f"{service.auth_url}/health", timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})


def test_a_user_signs_up_once(service: Service) -> None:
    person = fresh()
    made = post(service, "/users", person)
    assert made.status_code == 201
    assert set(made.json()) == {"user_id", "email"}
    assert post(service, "/users", person).status_code == 409
    assert post(service, "/users", {**person, "email": person["email"].upper()}).status_code == 409


@pytest.mark.parametrize(
    "body", [[], {}, {"email": "x@y.z"}, {"email": "x", "password": "y"}, {"email": 1}, "x"]
)
def test_a_malformed_sign_up_is_refused(service: Service, body: object) -> None:
    assert post(service, "/users", body).status_code == 422


def test_tokens_carry_what_the_contract_says(service: Service) -> None:
    person = fresh()
    user_id = post(service, "/users", person).json()["user_id"]
    answer = post(service, "/token", person).json()
    assert set(answer) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert answer["token_type"] == "bearer"
    for kind in ("access", "refresh"):
        claims = jwt.decode(
            answer[f"{kind}_token"], SECRET, algorithms=["HS256"], audience="agent-chat"
        )
        wanted = {"sub", "email", "iss", "aud", "iat", "exp", "jti", "typ", "scope"}
        assert set(claims) == wanted
        assert (claims["sub"], claims["typ"], claims["scope"]) == (user_id, kind, "chat")
        assert claims["iss"] == "agent-chat-auth"
        assert claims["exp"] > time.time()
    assert answer["expires_in"] == 900


def test_a_wrong_password_and_an_unknown_user_look_the_same(service: Service) -> None:
    person = fresh()
    post(service, "/users", person)
    wrong = post(service, "/token", {**person, "password": "wrong"})
    unknown = post(service, "/token", fresh())
    assert (wrong.status_code, wrong.text) == (unknown.status_code, unknown.text)
    assert wrong.status_code == 401


def test_a_refresh_gives_a_token_that_works(service: Service) -> None:
    user = service.sign_up()
    answer = post(service, "/token/refresh", {"refresh_token": user.tokens["refresh_token"]})
    assert answer.status_code == 200
    renewed = answer.json()["access_token"]
    assert renewed != user.token
    with service.connect(renewed) as chatter:
        assert chatter.ready["user_id"] == user.user_id


def test_only_a_good_refresh_token_refreshes(service: Service) -> None:
    nobody = service.forge(typ="refresh")
    for token in (service.sign_up().token, nobody, "garbage", 7, None):
        assert post(service, "/token/refresh", {"refresh_token": token}).status_code == 401


def test_users_of_the_configuration_exist_with_their_scopes(service: Service) -> None:
    for who, scope in (("operator", "chat operator"), ("reader", "chat:read")):
        person = service.addresses[who]
        token = service.sign_in(person["email"], person["password"]).token
        assert jwt.decode(token, options={"verify_signature": False})["scope"] == scope


def test_no_password_is_stored(service: Service) -> None:
    stored = b"".join(path.read_bytes() for path in service.run_dir.glob("auth.db*"))
    service.sign_up()
    assert b"correct horse" not in stored
