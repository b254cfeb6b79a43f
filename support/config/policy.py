"""What approval demands of this environment: the criteria's limits, and which are left out."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from support.config.written import Texts

#: What no environment can leave out: a scenario that failed has failed everywhere, and another
#: build is another build.
UNTOUCHABLE = ("user_isolation", "categories", "build")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class AcceptedFailure(BaseModel):
    """A failure that is known: the scenario's name, who answers for it, why, and until which day.

    `feature` tells scenarios of one name apart. The day of `expires` (UTC) still counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: Text
    feature: str = ""
    owner: Text
    reason: Text
    expires: date


class LeastAssessed(BaseModel):
    """How many critical scenarios of each category must have passed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    functional: int = Field(default=6, ge=1, le=10_000)
    integration: int = Field(default=6, ge=1, le=10_000)
    security: int = Field(default=20, ge=1, le=10_000)
    resilience: int = Field(default=3, ge=1, le=10_000)
    performance: int = Field(default=2, ge=1, le=10_000)
    stress: int = Field(default=1, ge=1, le=10_000)


class Policy(BaseModel):
    """Limits (milliseconds, megabytes of 10^6 bytes, shares between 0 and 1) and what to leave out.

    `throughput_per_s` is how many messages a second must be answered while a group of users chats,
    each waiting for one answer before the next question.

    `accepted_failures` fail and are accepted, never for isolation or authentication.

    An approval is good for `approval_hours` after the end of the run.

    `must` names rows of the requirements that must have been assessed, H1 only where the deployment
    can resume; `least_assessed` how many critical scenarios of each required category must have
    passed. A scenario that was skipped, or is about the suite's own client, counts for neither.

    `leave_out` names criteria that this environment can give no evidence for; the report lists
    them as not required here. Which there are is known to `support.approval`, which refuses others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    required_categories: Texts = (
        "functional",
        "integration",
        "security",
        "resilience",
        "performance",
    )
    must: Texts = ("A1", "A2", "B1", "C1", "E1", "F1", "F2", "H1")
    least_assessed: LeastAssessed = LeastAssessed()
    recovery_s: float = Field(default=5, gt=0, le=600)
    event_completion: float = Field(default=0.90, gt=0, le=1)
    operation_success: float = Field(default=0.95, gt=0, le=1)
    connection_success: float = Field(default=0.95, gt=0, le=1)
    average_latency_ms: float = Field(default=100, gt=0, le=600_000)
    p95_latency_ms: float = Field(default=500, gt=0, le=600_000)
    p99_latency_ms: float = Field(default=1000, gt=0, le=600_000)
    memory_growth_mb: float = Field(default=500, gt=0, le=1_000_000)
    throughput_per_s: float = Field(default=10, gt=0, le=1_000_000)
    ping_answer_ms: float = Field(default=1000, gt=0, le=600_000)
    certificate_days: float = Field(default=14, gt=0, le=3650)
    bomb_growth_mb: float = Field(default=32, gt=0, le=1_000_000)
    memory_per_1000_runs_mb: float = Field(default=50, gt=0, le=1_000_000)
    unread_growth_mb: float = Field(default=16, gt=0, le=1_000_000)
    leave_out: Texts = ()
    accepted_failures: tuple[AcceptedFailure, ...] = ()
    approval_hours: float = Field(default=24, gt=0, le=8760)

    @field_validator("must", "required_categories")
    @classmethod
    def _something(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("cannot be emptied: something must have been assessed")
        return names

    @field_validator("must")
    @classmethod
    def _rows(cls, rows: tuple[str, ...]) -> tuple[str, ...]:
        for row in rows:
            if not re.fullmatch(r"[A-Z]\d{1,2}", row):
                raise ValueError(f"{row!r} is no row of the requirements, such as H1")
        return rows

    @field_validator("leave_out")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name in UNTOUCHABLE:
                raise ValueError(f"{name} can never be left out")
        return names
