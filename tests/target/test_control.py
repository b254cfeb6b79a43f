"""The operator's own commands stop, start and kill the chat backend, or say why they could not."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.target import TargetError
from support.target.control import ShellController
from support.target.environment import Control


def controller(path: Path, **commands: str) -> ShellController:
    """A controller whose commands write their own name to `path`."""
    given = {name: f"echo {name} >> {path}" for name in ("stop", "start", "kill")} | commands
    return ShellController(Control(**given, timeout_s=0.5))


def test_each_command_is_run(tmp_path: Path) -> None:
    said = tmp_path / "said"
    control = controller(said)
    control.stop()
    control.start()
    control.kill()
    assert said.read_text().split() == ["stop", "start", "kill"]


def test_a_command_that_fails_is_told_with_its_last_word(tmp_path: Path) -> None:
    control = controller(tmp_path / "said", stop="echo no such service >&2; exit 3")
    with pytest.raises(TargetError, match=r"control\.stop failed with 3: no such service"):
        control.stop()


def test_a_command_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    control = controller(tmp_path / "said", kill="exec tail -f /dev/null")
    with pytest.raises(TargetError, match=r"control\.kill did not end within 0\.5 s"):
        control.kill()
