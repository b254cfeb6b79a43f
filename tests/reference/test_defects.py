"""The catalogue of defects: complete, well named, and startable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
import requests
from reference_service import Service
from websockets.exceptions import InvalidStatus

from support.reference.agent import Agent
from support.reference.auth import AuthParts
from support.reference.chat import ChatParts
from support.reference.config import AuthConfig, ChatConfig, ConfigError
from support.reference.defects import Defect, apply, catalogue
from support.reference.streams import Streams


def _module(defect: Defect) -> str:
    return str(defect.part.__module__).rpartition(".")[2]


# How many rows each section of the requirements has.
REQUIREMENTS = {
    "A": 7,
    "B": 5,
    "C": 5,
    "D": 3,
    "E": 9,
    "F": 8,
    "G": 5,
    "H": 10,
    "I": 5,
    "J": 3,
    "K": 6,
    "L": 6,
    "M": 4,
    "N": 6,
    "O": 6,
    "P": 5,
    "Q": 8,
    "R": 3,
    "S": 3,
}
EVENTS = ("agent-started", "agent-thinking", "tool-executing", "tool-completed", "agent-completed")


def test_every_defect_has_a_name_of_its_own() -> None:
    names = [defect.name for defect in catalogue()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_every_defect_is_told_apart_in_a_sentence() -> None:
    summaries = [defect.summary for defect in catalogue()]
    assert len(summaries) == len(set(summaries))
    for summary in summaries:
        assert summary[0].isupper()
        assert not summary.endswith(".")
        assert 20 < len(summary) < 120
        assert "\n" not in summary


def test_every_defect_names_requirements() -> None:
    for defect in catalogue():
        assert defect.rows
        assert len(defect.rows) == len(set(defect.rows))
        for row in defect.rows:
            assert 1 <= int(row[1:]) <= REQUIREMENTS[row[0]]


def test_every_event_can_be_missing_and_incomplete() -> None:
    names = {defect.name for defect in catalogue()}
    for event in EVENTS:
        assert {f"{event}-never-sent", f"{event}-missing-field"} <= names


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for stores that nobody uses."""
    return tmp_path_factory.mktemp("stores")


@pytest.mark.parametrize("defect", catalogue(), ids=lambda defect: defect.name)
def test_every_defect_replaces_exactly_one_part(defect: Defect, stores: Path) -> None:
    wiring = apply([defect.name])
    replaced = [
        spec.name
        for parts in (wiring.auth, wiring.chat)
        for spec in fields(parts)
        if defect.part in getattr(parts, spec.name).__mro__
    ]
    assert len(replaced) == 1
    chat = ChatConfig(jwt_secret="x" * 32, run_dir=str(stores))
    auth = AuthConfig(jwt_secret="x" * 32, run_dir=str(stores))
    wiring.chat.chat(chat, wiring.chat).store.close()
    wiring.auth.auth(auth, wiring.auth).users.close()


@pytest.mark.parametrize("module", sorted({_module(defect) for defect in catalogue()}))
def test_all_defects_of_a_module_start_together(start: Callable[..., Service], module: str) -> None:
    start(*(defect.name for defect in catalogue() if _module(defect) == module))


def test_without_defects_everything_is_healthy() -> None:
    wiring = apply([])
    for healthy, parts in ((AuthParts(), wiring.auth), (ChatParts(), wiring.chat)):
        for spec in fields(parts):
            assert getattr(parts, spec.name).__mro__[1] is getattr(healthy, spec.name)


def test_several_defects_of_one_part_work_together() -> None:
    agent = apply(["agent-started-twice", "answer-ignores-tools", "event-id-gap"]).chat
    assert len(agent.agent.__mro__) > len(Agent.__mro__) + 2
    assert issubclass(agent.streams, Streams)


def test_an_unknown_defect_is_an_error() -> None:
    with pytest.raises(ConfigError, match="unknown defect 'nonsense'"):
        apply(["nonsense"])


def test_a_defect_shows_and_leaves_the_rest_alone(start: Callable[..., Service]) -> None:
    service = start("tool-completed-missing-field", "event-id-gap")
    with service.connect(service.sign_up()) as chatter:
        events = chatter.run("12 * 7") + chatter.run("2 + 2")
    assert [event["event_id"] for event in events] == [1, 2, 3, 4, 5, 6, 7, 8, 10, 11]
    assert [set(event["data"]) for event in events if event["type"] == "tool_completed"] == [
        {"tool", "call_id", "ok", "duration_ms"}
    ] * 2


def test_a_defect_of_the_auth_service_shows(start: Callable[..., Service]) -> None:
    service = start("refresh-fails", "valid-token-refused")
    user = service.sign_up()
    body = {"refresh_token": user.tokens["refresh_token"]}
    answer = requests.post(f"{service.auth_url}/token/refresh", json=body, timeout=5)
    assert answer.status_code == 500
    with pytest.raises(InvalidStatus) as refused:
        service.open(user.token)
    assert refused.value.response.status_code == 403
