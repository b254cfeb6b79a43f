"""Where a run goes is never guessed: what is empty, incomplete or mistyped is refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.config import DeploymentError, load_environment

LABEL = "a" * 64


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes in from the shell that runs the tests."""
    for name in os.environ:
        if name.upper().startswith("GREENLIGHT") or name == "WEBSOCKET_TEST_URL":
            monkeypatch.delenv(name)


def refused(**flags: str) -> str:
    with pytest.raises(DeploymentError) as raised:
        load_environment({key.replace("__", "."): value for key, value in flags.items()})
    return str(raised.value)


# --- addresses


@pytest.mark.parametrize("name", ["CHAT_URL", "AUTH_URL", "PLAIN_URL", "CA_FILE", "ENVIRONMENT"])
def test_an_empty_variable_that_says_where_a_run_goes_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unset CI secret expands to nothing."""
    monkeypatch.setenv("GREENLIGHT_JWT_SECRET", "s" * 32)
    monkeypatch.setenv(f"GREENLIGHT_{name}", "")
    assert f"GREENLIGHT_{name} is set, but empty" in refused()


def test_an_empty_flag_is_refused() -> None:
    assert "chat_url: it is empty" in refused(chat_url="")
    assert "environment is empty" in refused(environment="")


@pytest.mark.parametrize(
    "address",
    [
        "https://",
        "https:///ws",
        "https://:8443",
        "https://chat.example.test:",
        "https://.example.test",
        "https://chat..example.test",
        "https://${HOST}",
        "https://$HOST/ws",
        "https://<host>",
        "https://chat example.test",
        "https://chat.example.test\n.evil.test",
        "http://http://chat.example.test",
        "https://chat.example.test#x",
        f"https://{LABEL}.example.test",
        f"https://{'ü' * 60}.example.test",
        "https://" + ".".join(["a" * 50] * 6),
        "//chat.example.test",
    ],
)
def test_an_incomplete_or_impossible_address_is_refused(address: str) -> None:
    message = refused(chat_url=address, auth_url="https://auth.example.test")
    assert message.startswith("the environment local is wrong: chat_url: ")
    assert message.count("\n") == 0


@pytest.mark.parametrize(
    "address",
    [
        "https://chat",
        "https://chat.example.test.",
        "https://chat_1.example.test:8443/prefix",
        "wss://bücher.example.test/ws",
        "http://127.0.0.1:80",
        "ws://[::1]:8080",
        f"https://{'a' * 63}.example.test",
    ],
)
def test_an_address_that_can_exist_is_taken(address: str) -> None:
    assert load_environment({"chat_url": address, "auth_url": "http://a"}).chat_url == address


# --- variables


@pytest.mark.parametrize(
    "name",
    [
        "GREENLIGT_CHAT_URL",
        "GRENLIGHT_CHAT_URL",
        "GREENLIGTH_CHAT_URL",
        "GREEN_LIGHT_CHAT_URL",
        "GREENLIGHTS_CHAT_URL",
        "GREENLIT_CHAT_URL",
        "GREENLIGHTCHAT_URL",
        "greenligt_chat_url",
    ],
)
def test_a_mistyped_prefix_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "https://chat.example.test")
    assert f"the environment variable {name}" in refused()


@pytest.mark.parametrize("name", ["GREEN_CHAT_URL", "GREETING_URL", "NIGHTLIGHT_X", "G", "LIGHT_"])
def test_variables_of_other_tools_are_left_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    assert load_environment().name == "local"


@pytest.mark.parametrize(
    "name", ["GREENLIGHT_CHAT_URL__X", "greenlight_chat_ulr", "GREENLIGHT_ENVIRONMENT__X"]
)
def test_what_is_no_setting_is_refused_however_it_is_written(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    assert f"the environment variable {name} is no setting" in refused()


# --- the bundled reference


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auth_url", "https://auth.example.test"),
        ("plain_url", "http://chat.example.test"),
        ("jwt_secret", "s" * 32),
        ("ca_file", "authority.pem"),
        ("allowed_origin", "https://chat.example.test"),
        ("sign_in", "mint"),
        ("sign_in", "static"),
        ("tokens__issuer", "somebody"),
        ("control__timeout_s", "5"),
    ],
)
def test_the_reference_is_never_tested_in_the_place_of_a_deployment(name: str, value: str) -> None:
    message = refused(**{name: value})
    assert message.startswith(f"{name.split('__')[0]} given, but no chat_url")
    assert "GREENLIGHT_CHAT_URL" in message


def test_users_without_a_chat_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_USERS", '[{"user_id": "u", "token": "t"}]')
    assert refused().startswith("users given, but no chat_url")


@pytest.mark.parametrize("name", ["GREENLIGHT_JWT_SECRET", "WEBSOCKET_TEST_URL"])
def test_a_variable_that_was_to_say_something_does_not_lead_to_the_reference(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "")
    assert f"{name} given, but no chat_url" in refused()


@pytest.mark.parametrize("name", ["local", "ci", "mine"])
def test_a_file_of_ones_own_means_the_reference_only_where_it_says_so(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.toml"
    path.write_text("[sizes]\ngroup = 3\n", "utf-8")
    assert f"the environment {name} names no address" in refused(environment=str(path))
    path.write_text("[reference]\nbundled = true\n", "utf-8")
    assert load_environment({"environment": str(path)}).uses_reference


def test_the_reference_is_called_what_it_is() -> None:
    assert load_environment().target_name == "bundled reference – not your deployment"
