"""The parts that are pure: arithmetic, plans, the rate limit, settings."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.reference.config import AuthConfig, ChatConfig, ConfigError, variables
from support.reference.limits import RateLimit
from support.reference.plan import plan
from support.reference.tools import ARITHMETIC, ToolError, calculate, search

NUMBERS = st.integers(0, 10**15 - 1)


@given(NUMBERS, st.lists(st.tuples(st.sampled_from("+-*"), NUMBERS), min_size=1, max_size=5))
def test_whole_numbers_are_calculated_exactly(first: int, rest: list[tuple[str, int]]) -> None:
    expression = f"{first} " + " ".join(f"{operator} {number}" for operator, number in rest)
    assert ARITHMETIC.fullmatch(expression)
    assert calculate(expression) == str(eval(expression))


@pytest.mark.parametrize(
    ("expression", "value"),
    [("7 / 2", "3.5"), ("0.1 + 0.2", "0.3"), ("10 / 5", "2"), ("2 + 3 × 4 - 1", "13")],
)
def test_fractions_read_as_people_write_them(expression: str, value: str) -> None:
    assert calculate(expression) == value


def test_what_has_no_value_is_an_error() -> None:
    with pytest.raises(ToolError):
        calculate("1 / 0")
    with pytest.raises(ToolError):
        calculate(" * ".join(["999999999999999"] * 20) + " * 999999999999999 * 0.3 / 7")


@given(st.text())
def test_any_message_leads_to_a_plan_with_something_to_do(content: str) -> None:
    intent = plan(content)
    assert intent.calls or intent.failure
    assert [call.number for call in intent.calls] == list(range(len(intent.calls)))


@given(st.text())
def test_a_search_always_has_a_result(query: str) -> None:
    assert search(query)


def test_a_message_is_taken_apart_by_what_it_asks() -> None:
    calls = plan("please search for shipping, then remember that my hat is red and 2 * 3").calls
    assert [(call.tool, call.arguments) for call in calls] == [
        ("knowledge_search", {"query": "shipping"}),
        ("notebook", {"action": "remember", "note": "my hat is red and 2 * 3"}),
    ]


def test_the_rate_limit_lets_a_steady_client_through_for_ever() -> None:
    now = [0.0]
    limit = RateLimit(100, lambda: now[0])
    for _ in range(1_000):
        now[0] += 0.0101
        assert limit.admits()


def test_the_rate_limit_opens_half_a_second_after_a_burst() -> None:
    now = [0.0]
    limit = RateLimit(100, lambda: now[0])
    assert [limit.admits() for _ in range(201)] == [True] * 200 + [False]
    now[0] += 0.49
    assert not limit.admits()
    now[0] += 0.02
    assert limit.admits()
    assert limit.refused_in_a_row == 0


def test_settings_become_variables_of_their_service() -> None:
    assert variables({"chat.heartbeat_s": "2", "auth.issuer": "me"}) == {
        "CHAT_HEARTBEAT_S": "2",
        "AUTH_ISSUER": "me",
    }


def test_a_configuration_is_read_from_its_own_variables() -> None:
    environment = {"CHAT_JWT_SECRET": "s", "CHAT_ORIGINS": "https://a.test, https://b.test"}
    config = ChatConfig.from_environment(environment)
    assert config.allowed_origins == {"https://a.test", "https://b.test"}
    assert config.heartbeat_s == 20
    assert "'s'" not in repr(config)
    with pytest.raises(ConfigError, match="AUTH_JWT_SECRET is not set"):
        AuthConfig.from_environment(environment)


def test_fractions_and_python_agree_on_division() -> None:
    assert calculate("1 / 3") == f"{float(Fraction(1, 3)):.12g}"
