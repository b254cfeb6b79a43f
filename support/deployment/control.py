"""Stopping, starting and killing parts of the deployment, where we were given the means."""

from __future__ import annotations

import subprocess
from typing import Literal, Protocol

from support.config.environment import Control
from support.config.errors import DeploymentError
from support.deployment.reference import ReferenceService

Action = Literal["stop", "start", "kill"]
Part = Literal["chat", "auth", "store"]


class Controller(Protocol):
    """What a scenario may do to the parts of the deployment that are in `parts`."""

    @property
    def parts(self) -> frozenset[Part]:
        """The parts that can be stopped and started again (the chat backend also killed)."""

    def carry_out(self, action: Action, part: Part) -> None:
        """Stop `part` in good order, start it again, or kill it; blocks until it is done."""


class ShellController:
    """Runs the commands of the environment's `[control]` table."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def parts(self) -> frozenset[Part]:
        """Those with commands of their own."""
        given: dict[Part, str | None] = {
            "chat": self._control.stop,
            "auth": self._control.stop_auth,
            "store": self._control.stop_store,
        }
        return frozenset(part for part, command in given.items() if command)

    def carry_out(self, action: Action, part: Part) -> None:
        """Run `control.stop`, `control.stop_auth`, … Raises `DeploymentError` if it fails."""
        name = action if part == "chat" else f"{action}_{part}"
        command: str | None = getattr(self._control, name, None)
        if command is None:
            raise DeploymentError(f"control.{name} is not set")
        try:
            done = subprocess.run(
                command,
                shell=True,  # the operator's own command line, from the operator's own file
                capture_output=True,
                text=True,
                timeout=self._control.timeout_s,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise DeploymentError(
                f"control.{name} did not end within {self._control.timeout_s:g} s"
            ) from None
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip().splitlines()
            cause = words[-1] if words else "no output"
            raise DeploymentError(f"control.{name} failed with {done.returncode}: {cause}")


class ReferenceController:
    """Controls the bundled reference service."""

    parts: frozenset[Part] = frozenset({"chat", "auth", "store"})

    def __init__(self, service: ReferenceService) -> None:
        self._service = service

    def carry_out(self, action: Action, part: Part) -> None:
        """Stop, start (on the same port) or kill one of its processes, or take its store away."""
        self._service.command(f"{action} {part}")
