"""The environment's variables stand in every address that is asked, not only in that of users."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.client import SignIn
from support.client.operator import post_announcement
from support.client.preflight import admitted
from support.client.tokens import Mint
from support.config import Environment
from support.config.errors import DeploymentError
from support.deployment import Deployment
from support.dialects.loading import DIALECTS

PLACES = {"ws": "chat", "users": "sign_up", "announcements": "announce"}


def test_signing_in_announcing_and_asking_for_admission_fill_them_in(tmp_path: Path) -> None:
    text = (DIALECTS / "agent-chat-v1.toml").read_text("utf-8")
    for place, name in PLACES.items():
        assert f"/{place}" in text
        text = text.replace(f'"/{place}', f'"/{{{name}}}')
    ours = tmp_path / "ours.toml"
    kept = "".join(f'{name} = "elsewhere"\n' for name in PLACES.values())
    ours.write_text(f"{text}\n[variables]\n{kept}", "utf-8")
    variables = {name: place for place, name in PLACES.items()}
    environment = Environment(dialect=str(ours), variables=variables)
    deployment = Deployment(environment, tmp_path)
    sign_in = SignIn(deployment, lambda secret, label: None)
    try:
        user = sign_in.next_person()()
        assert admitted(deployment, user.access)
        operator = Mint(deployment).operator()
        assert post_announcement(deployment, "hello", operator) in range(200, 300)
    finally:
        deployment.close()


def test_a_rule_cannot_look_for_what_is_left_out_of_every_message(tmp_path: Path) -> None:
    text = (DIALECTS / "agent-chat-v1.toml").read_text("utf-8")
    ours = tmp_path / "ours.toml"
    ours.write_text(f'{text}\n[variables]\nsession_key = "agent_completed"\n', "utf-8")
    with pytest.raises(DeploymentError, match="session_key is a secret by its name"):
        Deployment(Environment(dialect=str(ours)), tmp_path)
