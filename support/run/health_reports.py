"""What the service's health endpoint reports of its parts, by the names that features use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from support.checks.finding import Check
from support.checks.outage import outage_reported, recovered_from_outage
from support.deployment.control import Part
from support.run.session import Session


class HealthReport(Protocol):
    """What is reported of a part of the service."""

    async def check(self, session: Session, part: Part, limit_s: float) -> Check:
        """The question whether it was reported in time."""


class Outage:
    """That the service is not healthy while the part is down; asked until it is reported."""

    async def check(self, session: Session, part: Part, limit_s: float) -> Check:
        await session.probes.health_becomes(False, limit_s)
        return outage_reported(part, limit_s)


class Recovery:
    """That the service is healthy again after the part has come back."""

    async def check(self, session: Session, part: Part, limit_s: float) -> Check:
        return recovered_from_outage(part, limit_s)


HEALTH_REPORTS: Mapping[str, HealthReport] = {"an outage": Outage(), "the recovery": Recovery()}
