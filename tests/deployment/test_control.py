"""The operator's own commands stop, start and kill the chat backend, or say why they could not."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.config import DeploymentError
from support.config.environment import Control
from support.deployment.control import Action, ShellController

ACTIONS: tuple[Action, ...] = ("stop", "start", "kill")


def controller(path: Path, **commands: str) -> ShellController:
    """A controller whose commands write their own name to `path`."""
    given = {name: f"echo {name} >> {path}" for name in ACTIONS} | commands
    return ShellController(Control(**given, timeout_s=0.5))


def test_each_command_is_run(tmp_path: Path) -> None:
    said = tmp_path / "said"
    control = controller(said)
    for action in ACTIONS:
        control.carry_out(action, "chat")
    assert said.read_text().split() == ["stop", "start", "kill"]


def test_a_command_that_fails_is_reported_with_its_last_word(tmp_path: Path) -> None:
    control = controller(tmp_path / "said", stop="echo no such service >&2; exit 3")
    with pytest.raises(DeploymentError, match=r"control\.stop failed with 3: no such service"):
        control.carry_out("stop", "chat")


def test_a_command_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    control = controller(tmp_path / "said", kill="exec tail -f /dev/null")
    with pytest.raises(DeploymentError, match=r"control\.kill did not end within 0\.5 s"):
        control.carry_out("kill", "chat")


def test_parts_without_commands_cannot_be_controlled(tmp_path: Path) -> None:
    assert controller(tmp_path / "said").parts == {"chat"}
    both = controller(tmp_path / "said", stop_store="true", start_store="true")
    assert both.parts == {"chat", "store"}
    with pytest.raises(DeploymentError, match=r"control\.stop_auth is not set"):
        both.carry_out("stop", "auth")
