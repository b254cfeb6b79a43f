"""A deployment that is already there: its addresses, and what it can do as far as we were told."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.config import DeploymentError, Environment
from support.deployment import Deployment
from support.deployment.http import Answer, health_status, is_healthy, metric

HTTP = Deployment(Environment(chat_url="http://h"), Path()).dialect.data.http


def deployment(chat_url: str, **more: object) -> Deployment:
    return Deployment(Environment(chat_url=chat_url, **more), Path())


@pytest.mark.parametrize(
    ("chat_url", "base", "socket_url"),
    [
        ("http://h:8080", "http://h:8080", "ws://h:8080/ws"),
        ("https://h", "https://h", "wss://h/ws"),
        ("https://h/chat", "https://h/chat", "wss://h/chat/ws"),
        ("https://h/chat/", "https://h/chat", "wss://h/chat/ws"),
        ("ws://h:8080", "http://h:8080", "ws://h:8080/ws"),
        ("ws://h/socket/v2", "http://h", "ws://h/socket/v2"),
        ("wss://h/socket", "https://h", "wss://h/socket"),
        ("wss://[::1]:8443/socket", "https://[::1]:8443", "wss://[::1]:8443/socket"),
    ],
)
def test_both_addresses_come_from_the_one_that_is_given(
    chat_url: str, base: str, socket_url: str
) -> None:
    found = deployment(chat_url)
    assert (found.chat_base, found.socket_url) == (base, socket_url)


def test_what_was_not_configured_is_not_offered() -> None:
    users = [{"token": "t"}]
    offered = deployment("http://h", sign_in="static", users=users).capabilities
    assert not offered & {"issue_tokens", "forge_tokens", "restart", "announcements"}
    assert {"streams", "resume", "application_ping", "health", "metrics"} <= offered


def test_users_are_demanded_where_the_dialect_uses_a_token() -> None:
    with pytest.raises(DeploymentError, match="static needs at least one entry in users"):
        deployment("http://h", sign_in="static")
    assert deployment("http://h", sign_in="static", dialect="dagster").name == "http://h"


def test_what_only_an_environment_can_know_has_to_be_said() -> None:
    given = {"sign_in": "static", "users": [{"token": "t"}], "dialect": "openhands"}
    with pytest.raises(DeploymentError, match=r"openhands needs model_url \(the address of the"):
        deployment("http://h", **given)
    variables = {"model_url": "http://m"}
    assert deployment("http://h", **given, variables=variables).name == "http://h"


def test_anyone_who_gives_the_secret_lets_tokens_be_forged() -> None:
    assert "forge_tokens" in deployment("http://h", jwt_secret="s" * 32).capabilities
    assert "forge_tokens" not in deployment("http://h", jwt_secret="").capabilities


def test_anyone_who_gives_the_commands_lets_it_be_restarted() -> None:
    control = {"stop": "true", "start": "true", "kill": "true"}
    assert "restart" in deployment("http://h", control=control).capabilities


def test_an_address_where_nobody_listens_is_reported_in_plain_words() -> None:
    found = deployment("http://127.0.0.1:9").unreachable()
    assert found == (
        "the chat backend at http://127.0.0.1:9 cannot be reached:"
        " the connection was refused (is it running?)"
    )


# --- what HTTP answers say


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        (Answer(200, body={"status": "healthy"}), True),
        (Answer(200, body={"status": "degraded"}), False),
        (Answer(503, body={"status": "healthy"}), False),
        (Answer(200, body="healthy"), False),
        (Answer(200, body=None), False),
        (Answer(None), False),
    ],
    ids=str,
)
def test_healthy_is_the_agreed_word_under_the_agreed_status(answer: Answer, healthy: bool) -> None:
    assert is_healthy(HTTP, answer) is healthy


def test_the_word_it_used_is_kept_when_it_is_one() -> None:
    assert health_status(HTTP, Answer(503, body={"status": "draining"})) == "draining"
    assert health_status(HTTP, Answer(503, body={"status": 7})) is None


METRICS = """\
# HELP memory Resident memory.
# TYPE memory gauge
memory 1.5e+06
memory_peak 9e9
connections{pool="a"} 3
connections{pool="b"} 4 1395066363000
braces{path="/users/{id}",note="a \\"quoted\\" }"} 5
\tspaced {pool="a"}\t6e+00 1395066363000
tight{pool="a"}7
"""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory", 1.5e6),
        ("connections", 7.0),
        ("braces", 5.0),
        ("spaced", 6.0),
        ("tight", 7.0),
        ("nothing", None),
    ],
)
def test_a_metric_is_the_sum_of_its_samples(name: str, value: float | None) -> None:
    assert metric(METRICS, name) == value


@pytest.mark.parametrize("value", ["lots", "NaN", "+Inf"])
def test_a_metric_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(DeploymentError, match="the metric memory is no number"):
        metric(f"memory {value}\n", "memory")
