"""Stopping, starting and killing the chat backend, where we were given the means."""

from __future__ import annotations

import subprocess
from typing import Protocol

from support.target.environment import Control
from support.target.errors import TargetError
from support.target.reference import ReferenceService


class Controller(Protocol):
    """What a scenario may do to the chat backend. Each call blocks until it is done."""

    def stop(self) -> None:
        """Shut it down gracefully."""

    def start(self) -> None:
        """Start it again, at the same address."""

    def kill(self) -> None:
        """End it without any warning."""


class ShellController:
    """Runs the commands of the environment's `[control]` table."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def stop(self) -> None:
        """Run `control.stop`."""
        self._run("stop", self._control.stop)

    def start(self) -> None:
        """Run `control.start`."""
        self._run("start", self._control.start)

    def kill(self) -> None:
        """Run `control.kill`."""
        self._run("kill", self._control.kill)

    def _run(self, name: str, command: str | None) -> None:
        if command is None:
            raise TargetError(f"control.{name} is not set")
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
            raise TargetError(
                f"control.{name} did not end within {self._control.timeout_s:g} s"
            ) from None
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip().splitlines()
            cause = words[-1] if words else "no output"
            raise TargetError(f"control.{name} failed with {done.returncode}: {cause}")


class ReferenceController:
    """Controls the bundled reference service."""

    def __init__(self, service: ReferenceService) -> None:
        self._service = service

    def stop(self) -> None:
        """Shut the chat backend down gracefully."""
        self._service.command("stop chat")

    def start(self) -> None:
        """Start it again, on the same port."""
        self._service.command("start chat")

    def kill(self) -> None:
        """End it without any warning."""
        self._service.command("kill chat")
