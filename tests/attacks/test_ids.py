"""Ids that an attacker without one would try."""

from __future__ import annotations

import re
import uuid

import pytest

from support.attacks.ids import made_up, neighbours

IDS = [
    "r-8f3a0c11d2e4b596",
    "550E8400-E29B-41D4-A716-446655440000",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "t-1000007",
    "42",
    "e-abc",
    "run_äöü",
    "x",
]


@pytest.mark.parametrize("like", IDS)
def test_what_is_made_up_is_another_of_the_same_form(like: str) -> None:
    for _ in range(50):
        other = made_up(like)
        assert other != like
        assert len(other) == len(like)
        assert re.sub(r"\w", "x", other) == re.sub(r"\w", "x", like)


def test_what_is_made_up_like_a_uuid_is_one_of_the_same_kind() -> None:
    like = uuid.uuid4()
    assert uuid.UUID(made_up(str(like))).version == 4


def test_what_is_made_up_uses_no_letter_that_ids_of_its_kind_may_not_have() -> None:
    like = "01ARZ3NDEKTSV4RRFFQ69G5FAV"  # Crockford's alphabet has neither I, L, O nor U
    assert all(set(made_up(like)) <= set(like) for _ in range(50))


def test_a_counter_is_set_far_ahead() -> None:
    assert int(made_up("r-1000007")[2:]) > 9_000_000 - 1


@pytest.mark.parametrize(
    ("of", "found"),
    [
        ("r-17", ["r-15", "r-16", "r-18", "r-19"]),
        ("r-0099", ["r-0097", "r-0098", "r-0100", "r-0101"]),
        ("r-00ff", ["r-00fd", "r-00fe", "r-0100", "r-0101"]),
        ("r-00FF", ["r-00FD", "r-00FE", "r-0100", "r-0101"]),
        ("r-1", ["r-0", "r-2", "r-3"]),
        ("nothing", []),
    ],
)
def test_neighbours_are_one_and_two_away(of: str, found: list[str]) -> None:
    assert neighbours(of) == found
