"""What approval demands of this environment: the criteria's limits, and which are left out."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

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


class Policy(BaseModel):
    """Limits (milliseconds, megabytes of 10^6 bytes, shares between 0 and 1) and what to leave out.

    `throughput_per_s` is how many messages a second must be answered while a group of users chats,
    each waiting for one answer before the next question.

    `accepted_failures` fail and are accepted, never for isolation or authentication.

    An approval is good for `approval_hours` after the end of the run.

    `leave_out` names criteria that this environment can give no evidence for; the report lists
    them as not required here. Which there are is known to `support.approval`, which refuses others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    required_categories: tuple[str, ...] = (
        "functional",
        "integration",
        "security",
        "resilience",
        "performance",
    )
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
    leave_out: tuple[str, ...] = ()
    accepted_failures: tuple[AcceptedFailure, ...] = ()
    approval_hours: float = Field(default=24, gt=0, le=8760)

    @field_validator("leave_out", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [v for v in value.split(",") if v] if isinstance(value, str) else value

    @field_validator("leave_out")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name in UNTOUCHABLE:
                raise ValueError(f"{name} can never be left out")
        return names
