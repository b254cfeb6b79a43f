"""Stopping, killing and starting parts of the deployment during a scenario."""

from __future__ import annotations

import asyncio

from support.client import announce
from support.config import NotOffered
from support.deployment.control import Action, Part
from support.journal import Journal, records
from support.run.polling import POLL_S, until
from support.run.probes import Probes
from support.run.under_test import UnderTest

RESTART_S = 30.0


class PartControl:
    """What an operator does to the deployment; every action is recorded."""

    def __init__(self, journal: Journal, under_test: UnderTest, probes: Probes) -> None:
        self._journal = journal
        self._under_test = under_test
        self._probes = probes
        self._down: set[Part] = set()

    async def switch(self, action: Action, part: Part) -> None:
        """Stop, start or kill `part`; returns once it is done.

        Raises `NotOffered` where there are no commands for it, `DeploymentError` where they fail.
        """
        await asyncio.to_thread(self._carry_out, action, part)

    async def take_down(self, part: Part) -> None:
        """Stop `part`; where there is health, what it says about the outage is recorded."""
        await self.switch("stop", part)
        if part != "chat" and self._under_test.deployment.lacking("health") is None:
            await asyncio.to_thread(self._probes.health)

    async def start_again(self, part: Part) -> None:
        """Start `part`; returns as `recovered`."""
        await self.switch("start", part)
        await self.recovered()

    async def recovered(self) -> str:
        """Empty once everything can be reached and, where there is health, is healthy; or why not.

        It waits up to `RESTART_S` for each of the two.
        """
        gone = await self.reachable()
        if gone or self._under_test.deployment.lacking("health") is not None:
            return gone
        healthy = await self._probes.health_becomes(True, RESTART_S)
        return "" if healthy else f"the service was not healthy within {RESTART_S:g} s"

    async def reachable(self) -> str:
        """Empty once everything can be reached again; after `RESTART_S`, why it cannot."""
        deployment = self._under_test.deployment
        poll_s = deployment.safety.poll_s(POLL_S)
        gone = ""

        def answers() -> bool:
            nonlocal gone
            gone = deployment.unreachable()
            return not gone

        await until(answers, RESTART_S, poll_s)
        return gone

    async def announce(self, message: str) -> int | None:
        """Send an announcement to everyone, as an operator; returns the HTTP status."""
        deployment = self._under_test.deployment
        status = await asyncio.to_thread(announce, deployment, message)
        call = deployment.dialect.data.http.announce
        self._journal.record(
            records.Announcing,
            user="Operator",
            means="as an operator",
            words=message,
            status=status,
            allowed=True,
            agreed=call is not None and call.succeeded(status),
        )
        return status

    def start_stopped_parts(self) -> bool:
        """Start again what a scenario left stopped; True if any was. Raises as `switch`."""
        stopped = sorted(self._down)
        for part in stopped:
            self._carry_out("start", part)
        return bool(stopped)

    def _carry_out(self, action: Action, part: Part) -> None:
        deployment = self._under_test.deployment
        controller = deployment.controller
        if controller is None or part not in controller.parts:
            raise NotOffered(f"no control commands were given for the {part} service")
        unannounced = action == "stop" and "restart_notice" not in deployment.capabilities
        began = self._journal.record(
            records.Control, action=action, part=part, unannounced=unannounced
        ).t
        self._down.discard(part)
        if action != "start":
            self._down.add(part)
        controller.carry_out(action, part)
        took_ms = (self._journal.now() - began) * 1000
        self._journal.record(records.Control, action=action, part=part, done=True, took_ms=took_ms)
